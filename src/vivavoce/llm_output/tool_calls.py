"""Tool calls in a reply's text, found as it comes, so that they are made and not read out."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, Literal, TypeAlias

from vivavoce.engines import Thought, Token, ToolCall, ToolSpec, Usage
from vivavoce.errors import EngineError

from .text_calls import (
    KEYS,
    FoundCalls,
    calls_in,
    json_end,
    named_call,
    python_calls,
    repaired,
    tagged_call,
    value_of,
)

log = logging.getLogger(__name__)

_TAGS = "tool_calls?|toolcalls?|function_calls?|functioncalls?|functions?|tools?"
_OPENS = re.compile(rf"<(?:{_TAGS})>|\[TOOL_CALLS\]|\[TOOL_CALL\]|\[ARGS\]", re.IGNORECASE)
_CLOSES = re.compile(rf"</(?:{_TAGS})>|\[/TOOL_CALLS?\]", re.IGNORECASE)
_TAGGED = re.compile(
    r"<(?P<tag>function|invoke)(?:=|\s+name=)[\"']?([\w.-]+)[\"']?>(.*?)(?:</(?P=tag)>|\Z)",
    re.DOTALL,
)
_LITERALS = (
    *(f"<{slash}{name}>" for slash in ("", "/") for name in (
        "tool_call", "tool_calls", "function_call", "function_calls", "functioncall", "function",
        "functions", "tool", "tools", "toolcall",
    )),
    "[TOOL_CALLS]", "[TOOL_CALL]", "[/TOOL_CALLS]", "[/TOOL_CALL]", "[ARGS]", "<function=",
    "<function name=", "<invoke name=",
)  # fmt: skip
_FENCE = re.compile(r"```(\w*)[ \t]*\n?\s*")
_KEY = re.compile(r"\{\s*(?:[\"'](\w*)([\"']?))?")
_FILLERS = ("Action Input:", "Arguments:", "[ARGS]", "```json", "```")
"""What may stand between a tool's name and its arguments."""

_MOST_HELD = 20_000

WAIT: Final = "wait"
Reading: TypeAlias = FoundCalls | Literal["wait"] | None
"""The calls at the beginning of a text; `wait` for more of it; None where there is no call."""


class ToolCallSpotter:
    """Finds the calls in a reply's text, token by token.

    Words pass as they come; only what may be a call is held back until that is known. A call of a
    tool that is not offered is left out, and so is what a model writes after its calls, for it
    cannot know their results.
    """

    def __init__(
        self,
        tools: Sequence[ToolSpec],
        *,
        must: bool = False,
        may: bool = True,
        unspoken: Sequence[str] = (),
    ) -> None:
        """must: the reply has to be a call. may: it may be one; if not, calls are left out, and
        what follows them is said. unspoken: texts of the prompt that are never said.
        """
        self._offered = {tool.name: tool for tool in tools}
        self._must = must
        self._may = may
        self._unspoken = [text for text in unspoken if text]
        self._held = ""
        self._inside = False
        self._called = False
        self._words = False
        self._blank = ""
        names = "|".join(sorted(map(re.escape, self._offered), key=len, reverse=True))
        head = rf"(?:Action:\s*)?(?:functions?\.?)?(?P<name>{names})(?::\d+)?\s*"
        self._head = re.compile(head)
        self._whole_name = re.compile(rf"(?:Action: |functions?\.?|\w+\.)?(?:{names})(?::\d*)?\s*")
        self._glm = re.compile(rf"<tool_call>\s*({names})\s*(.*?)(?:</tool_call>|\Z)", re.DOTALL)
        self._named = re.compile(
            rf"{head}(?:Action Input:\s*|Arguments:\s*)?(?:\[ARGS\]\s*)?(?:```(?:json)?\s*)?(?=\{{)"
        )
        self._invoked = re.compile(rf"(?:print\()?(?:\w+\.)?(?:{names})(?:\.call)?\(")
        self._may_begin = re.compile(
            rf"```|[{{\[<]|\bAction:\s*(?:{names})\b|\bprint\((?=\w+\.|{names})"
            rf"|(?<![\w])(?:functions?\.?|\w+\.)?(?:{names})(?=(?::\d+)?\s*(?:[({{\[`]|Action|Arg))"
        )
        self._grows = [
            f"{before}{name}"
            for name in self._offered
            for before in ("", "functions.", "function", "default_api.", "Action: ", "print(")
        ]

        literals = [*self._grows, *self._unspoken]
        self._initials = {"`", *(one[0] for one in literals)}
        self._longest = max(map(len, literals), default=0) + 1

    def see(self, thought: Thought) -> Iterator[Thought]:
        """What comes of the reply's next thought."""
        match thought:
            case Token(text) if self._offered:
                self._held += text
                yield from self._read(last=False)
            case Usage():
                yield from self.end()
                if self._must and not self._called:
                    raise EngineError("the model's tool call was cut off; raise max_tokens")
                yield self._ended(thought)
            case ToolCall():
                yield from self.end()
                yield from self._made([thought])
            case _:
                yield thought

    def end(self) -> Iterator[Thought]:
        """What was held back, at the reply's end."""
        if self._held:
            yield from self._read(last=True)
        if self._blank and not self._called:
            yield Token(self._blank)
        self._blank = ""

    def _made(self, calls: Sequence[ToolCall]) -> Iterator[Thought]:
        if self._may:
            self._called = self._called or bool(calls)
            yield from calls
        elif calls:
            log.info("the model called %s, which it may not now; left out", calls[0].name)

    def _ended(self, usage: Usage) -> Usage:
        if self._called:
            return replace(usage, finish="tool_calls")
        if usage.finish == "tool_calls" and not self._may:
            return replace(usage, finish="stop")
        return usage

    def _read(self, *, last: bool) -> Iterator[Thought]:
        while self._held:
            at = self._beginning()
            begun = None if last else self._unspoken_begun()
            if begun is not None and (at is None or begun < at):
                yield from self._say(begun)
                return
            if at is None:
                at = len(self._held) if last else self._ready()
                yield from self._say(at)
                return
            yield from self._say(at)
            reading = self._reading(last=last)
            if reading == WAIT and (last or len(self._held) > _MOST_HELD):
                reading = self._broken()
            if reading == WAIT:
                return
            if isinstance(reading, FoundCalls):
                self._held = self._held[reading.end :]
                yield from self._made(reading.calls)
            else:
                yield from self._say(3 if self._held.startswith("```") else 1)

    def _say(self, length: int) -> Iterator[Thought]:
        text, self._held = self._held[:length], self._held[length:]
        if not text or self._called or self._inside or self._must:
            return
        text, self._blank = self._blank + text, ""
        if text.isspace() and not self._words:
            self._blank = text  # a call may follow, before which nothing is said
            return
        self._words = True
        yield Token(text)

    def _beginning(self) -> int | None:
        found = self._may_begin.search(self._held)
        places = [found.start()] if found else []
        places += [at for text in self._unspoken if (at := self._held.find(text)) >= 0]
        return min(places, default=None)

    def _unspoken_begun(self) -> int | None:
        """Where what is not to be said may have begun."""
        text = self._held
        for at in range(len(text)) if self._unspoken else ():
            tail = text[at:]
            if any(_grow(tail, one) and one.startswith(tail) for one in self._unspoken):
                return at
        return None

    def _ready(self) -> int:
        """Up to where no call can begin that the next text would complete."""
        text = self._held
        space = len(text) - len(text.rstrip())
        for at in range(max(0, len(text) - self._longest - space), len(text)):
            if text[at] not in self._initials:
                continue
            tail = text[at:]
            fresh = not at or not (text[at - 1].isalnum() or text[at - 1] == "_")
            if tail[0] == "`" and "```".startswith(tail):
                return at
            if fresh and (
                self._whole_name.fullmatch(tail) or any(one.startswith(tail) for one in self._grows)
            ):
                return at
            if any(one.startswith(tail) for one in self._unspoken):
                return at
        return len(text)

    # --- what begins where the held text does ----------------------------------------------------

    def _reading(self, *, last: bool) -> Reading:
        text = self._held
        for unspoken in self._unspoken:
            if text.startswith(unspoken):
                return FoundCalls(len(unspoken), ())
            if _grow(text, unspoken):
                return WAIT
        if mark := _OPENS.match(text):
            if mark.group() == "<tool_call>" and (reading := self._arguments_in_tags(last=last)):
                return reading
            self._inside = True
            return FoundCalls(mark.end(), ())
        if mark := _CLOSES.match(text):
            self._inside = False
            return FoundCalls(mark.end(), ())
        if text[0] == "<":
            return self._tagged(last=last)
        if text.startswith("```"):
            return self._fenced(last=last)
        if text[0] in "{[":
            return self._bracketed()
        return self._by_name(text)

    def _tagged(self, *, last: bool) -> Reading:
        text = self._held
        if found := _TAGGED.match(text):
            if not last and not found.group().endswith(">"):
                return WAIT
            if not last and f"</{found['tag']}>" not in found.group():
                return WAIT
            calls = tagged_call(found.group(2), found.group(3), self._offered)
            return FoundCalls(found.end(), calls)
        grows = any(
            _grow(text, one) or (one[-1] == "=" and text.startswith(one)) for one in _LITERALS
        )
        return WAIT if grows else None

    def _arguments_in_tags(self, *, last: bool) -> Reading:
        """GLM's way: a name, and then each argument's name and value in tags of their own."""
        rest = self._held.removeprefix("<tool_call>").lstrip()
        if not last and (not rest or (rest[0] not in "{[<`" and "</tool_call>" not in rest)):
            return WAIT
        found = self._glm.match(self._held)
        if found is None or "<arg_key>" not in found.group(2):
            return None
        return FoundCalls(found.end(), tagged_call(found.group(1), found.group(2), self._offered))

    def _fenced(self, *, last: bool) -> Reading:
        text = self._held
        fence = _FENCE.match(text)
        assert fence is not None, "asked by the caller"
        rest = text[fence.end() :]
        if not rest:
            return None if last else WAIT
        code = fence.group(1) in {"tool_code", "tool_call", "tool", "python", "json"}
        if rest[0] not in "{[" and not (code and self._may_name(rest)):
            return None
        end = rest.find("```")
        if end < 0:
            if last:
                return self._whole(text, fence.end())
            begun = self._begun(rest) if rest[0] in "{[" else self._may_name(rest)
            return WAIT if begun else None
        return self._whole(text, fence.end(), fence.end() + end, 3)

    def _whole(self, text: str, start: int, end: int | None = None, more: int = 0) -> Reading:
        body = text[start:end].strip()
        value = value_of(body) or (repaired(body) if end is None else None)
        calls = calls_in(value, self._offered) if value is not None else None
        if calls is None:
            calls = python_calls(body, self._offered)
        return None if calls is None else FoundCalls((end or len(text)) + more, calls)

    def _bracketed(self) -> Reading:
        text = self._held
        if any(_grow(text, one) for one in _LITERALS):
            return WAIT
        if not self._begun(text):
            return None
        end = json_end(text, 0)
        if end is None:
            return WAIT
        part = text[:end]
        calls = calls_in(value_of(part), self._offered)
        if calls is None:
            calls = python_calls(part, self._offered)
        return None if calls is None else FoundCalls(end, calls)

    def _begun(self, text: str) -> bool:
        """Whether what begins with a bracket may be a call."""
        inner = text[1:].lstrip() if text[0] == "[" else text
        if not inner:
            return True
        if inner[0] != "{":
            return text[0] == "[" and self._may_name(inner)
        key = _KEY.match(inner)
        assert key is not None, "it begins with a brace"
        if key.group(1) is None:
            return key.end() == len(inner)
        if key.group(2):
            return key.group(1) in KEYS or key.group(1) in self._offered
        known = (*KEYS, *self._offered)
        return key.end() == len(inner) and any(one.startswith(key.group(1)) for one in known)

    def _may_name(self, text: str) -> bool:
        return any(_grow(text, one) or text.startswith(one) for one in self._grows)

    def _by_name(self, text: str) -> Reading:
        if found := self._named.match(text):
            end = json_end(text, found.end())
            if end is None:
                return WAIT
            arguments = value_of(text[found.end() : end])
            if not isinstance(arguments, dict):
                return None
            after = re.match(r"\s*```", text[end:]) if "```" in found.group() else None
            end += after.end() if after else 0
            return FoundCalls(end, (named_call(found["name"], arguments),))
        if self._invoked.match(text):
            end = json_end(text, text.index("("))
            if end is None:
                return WAIT
            calls = python_calls(text[:end], self._offered)
            return None if calls is None else FoundCalls(end, calls)
        head = self._head.match(text)
        if head is None:
            return None
        rest = text[head.end() :]
        for filler in _FILLERS:
            if any(_grow(rest, one) for one in _FILLERS):
                return WAIT
            if rest.startswith(filler):
                rest = rest[len(filler) :].lstrip()
        return None if rest else WAIT

    def _broken(self) -> Reading:
        """A call that the end of the reply cut short; what closes it may be all that is missing."""
        text = self._held
        named = self._named.match(text)
        start = named.end() if named else 0
        value = repaired(text[start:])
        if named and isinstance(value, dict):
            return FoundCalls(len(text), (named_call(named["name"], value),))
        calls = calls_in(value, self._offered)
        if calls is not None:
            return FoundCalls(len(text), calls)
        if any(f'"{name}"' in text for name in self._offered):
            log.warning("a tool call that the model did not finish is left out: %.200s", text)
            return FoundCalls(len(text), ())
        return None


def _grow(text: str, literal: str) -> bool:
    return len(text) < len(literal) and literal.lower().startswith(text.lower())
