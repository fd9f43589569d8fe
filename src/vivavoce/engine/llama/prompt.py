"""Conversations as llama.cpp takes them, and its answers as thoughts. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias, cast

from vivavoce.engines import (
    LlmOptions,
    Message,
    Reasoning,
    Thought,
    Token,
    ToolCall,
    ToolSpec,
    Usage,
)
from vivavoce.errors import BadRequest, EngineError
from vivavoce.hints import nearest

Json: TypeAlias = dict[str, object]
Count: TypeAlias = Callable[[Sequence[Message]], int]
"""The tokens of a prompt, by the model's own template and vocabulary."""


# --- the prompt ----------------------------------------------------------------------------------


def written(messages: Sequence[Message]) -> list[Json]:
    """The messages in the form of a chat completion request."""
    return [_written(message) for message in messages]


def _written(message: Message) -> Json:
    body: Json = {"role": message.role, "content": message.content}
    if message.tool_calls:
        body["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        body["tool_call_id"] = message.tool_call_id
    return body


def choice(options: LlmOptions) -> tuple[tuple[ToolSpec, ...], bool]:
    """The tools on offer, and whether one of them must be called.

    Raises BadRequest for a choice that is not offered.
    """
    offered, wanted = options.tools, options.tool_choice
    if wanted == "none":
        return (), False
    if wanted in {"auto", "required"}:
        return offered, wanted == "required" and bool(offered)
    known = [tool.name for tool in offered]
    if wanted not in known:
        raise BadRequest(f"unknown tool_choice {wanted!r}; {nearest(wanted, known)}")
    return tuple(tool for tool in offered if tool.name == wanted), True


def offer(tools: Sequence[ToolSpec], *, must: bool) -> Json:
    """The part of a request that offers tools."""
    if not tools:
        return {}
    chosen = "required" if must else "auto"
    return {"tools": [_offered(tool) for tool in tools], "tool_choice": chosen}


def _offered(tool: ToolSpec) -> Json:
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": dict(tool.parameters),
        },
    }


def alternating(messages: Sequence[Message]) -> list[Message]:
    """The same conversation for templates that insist on user and assistant in turns.

    Neighbours of one role become one message, and an opening by the assistant follows an empty
    user message.
    """
    result: list[Message] = []
    for message in messages:
        last = result[-1] if result else None
        plain = not message.tool_calls and message.role != "tool"
        if message.role == "assistant" and (last is None or last.role == "system"):
            result.append(Message("user", ""))
        elif last and plain and last.role == message.role and not last.tool_calls:
            result[-1] = replace(last, content=f"{last.content}\n{message.content}")
            continue
        result.append(message)
    return result


# --- what fits -----------------------------------------------------------------------------------


def fit(messages: Sequence[Message], room: int, count: Count) -> Sequence[Message]:
    """The messages less as many of the oldest turns as it takes to need `room` tokens at most.

    A turn is a user's message and all up to the next one. System messages and the last turn
    stay; where those alone are too long, the last user message loses its beginning. Where even
    that does not help, they are given as they are.
    """
    if count(messages) <= room:
        return messages
    system = [message for message in messages if message.role == "system"]
    turns = _turns([message for message in messages if message.role != "system"])
    while len(turns) > 1:
        turns.pop(0)
        kept = system + [message for turn in turns for message in turn]
        if count(kept) <= room:
            return kept
    kept = system + (turns[0] if turns else [])
    return _with_shorter_question(kept, room, count)


def most(messages: Sequence[Message]) -> int:
    """More tokens than these messages can be, without asking the model.

    No tokenizer makes more tokens than bytes; 64 is more than templates add to a message, 512
    more than they begin with. Does not hold where tools are offered.
    """
    return 512 + sum(64 + len(str(_written(message)).encode()) for message in messages)


def _turns(messages: Sequence[Message]) -> list[list[Message]]:
    turns: list[list[Message]] = []
    for message in messages:
        if message.role == "user" or not turns:
            turns.append([])
        turns[-1].append(message)
    return turns


def _with_shorter_question(messages: list[Message], room: int, count: Count) -> list[Message]:
    """The longest end of the last user message with which all fits, found by bisection."""
    asked = [index for index, message in enumerate(messages) if message.role == "user"]
    if not asked:
        return messages
    question = messages[asked[-1]]

    def shortened(length: int) -> list[Message]:
        end = question.content[len(question.content) - length :]
        return [replace(m, content=end) if m is question else m for m in messages]

    fits, too_long = 0, len(question.content)
    if count(shortened(fits)) > room:
        return messages
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if count(shortened(middle)) <= room:
            fits = middle
        else:
            too_long = middle
    return shortened(fits)


# --- the answer ----------------------------------------------------------------------------------


@dataclass(slots=True)
class _ParsedCall:
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(slots=True)
class ReplyParser:
    """Makes thoughts of a stream's chunks."""

    _calls: dict[int, _ParsedCall] = field(default_factory=dict)
    _finish: Literal["stop", "length", "tool_calls"] = "stop"
    _prompt: dict[str, int] = field(default_factory=dict)
    _tokens: int = 0

    def read(self, chunk: str) -> Iterator[Thought]:
        """What this chunk says; nothing for progress.

        Raises EngineError when it is an error.
        """
        body = cast("Json", json.loads(chunk))
        if "error" in body:
            raise error(cast("Json", body["error"]))
        self._prompt = cast("dict[str, int]", body.get("prompt_progress") or self._prompt)
        for choice in cast("list[Json]", body.get("choices", ())):
            delta = cast("Json", choice.get("delta") or {})
            if thought := delta.get("reasoning_content"):
                yield Reasoning(str(thought))
            if content := delta.get("content"):
                self._tokens += 1
                yield Token(str(content))
            for piece in cast("list[Json]", delta.get("tool_calls") or ()):
                self._collect(piece)
            if finish := choice.get("finish_reason"):
                yield from self._complete()
                self._finish = cast("Literal['stop', 'length', 'tool_calls']", finish)
        if usage := cast("Json", body.get("usage")):
            details = cast("dict[str, int]", usage.get("prompt_tokens_details") or {})
            yield Usage(
                prompt_tokens=cast("int", usage["prompt_tokens"]),
                cached_tokens=details.get("cached_tokens", 0),
                reply_tokens=cast("int", usage["completion_tokens"]),
                finish=self._finish,
            )

    def cut(self) -> Usage:
        """What it cost until now, for a reply that is not read to its end."""
        total, cached = self._prompt.get("total", 0), self._prompt.get("cache", 0)
        return Usage(total, cached, self._tokens, "length")

    def _collect(self, piece: Json) -> None:
        call = self._calls.setdefault(cast("int", piece.get("index", 0)), _ParsedCall())
        function = cast("dict[str, str]", piece.get("function") or {})
        call.id = call.id or str(piece.get("id") or "")
        call.name += function.get("name") or ""
        call.arguments += function.get("arguments") or ""

    def _complete(self) -> Iterator[ToolCall]:
        for index, call in sorted(self._calls.items()):
            yield ToolCall(call.id or f"call-{index}", call.name, call.arguments or "{}")
        self._calls.clear()


def error(body: Json) -> EngineError | BadRequest:
    """llama.cpp's error as ours."""
    message = str(body.get("message", body))
    if body.get("type") == "exceed_context_size_error":
        return BadRequest(
            f"the prompt has {body.get('n_prompt_tokens')} tokens but the context only "
            f"{body.get('n_ctx')}; raise the engine's `context` or shorten the system prompt"
        )
    return EngineError(f"llama.cpp: {message}")
