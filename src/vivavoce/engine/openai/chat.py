"""Chat completions on the wire: chunks of a reply, and how they make thoughts; pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeAlias, cast

from pydantic import BaseModel, BeforeValidator

from vivavoce.engines import Reasoning, Thought, Token, ToolCall, Usage
from vivavoce.llm_output.text_calls import arguments_text


def _text(value: object) -> object:
    """Text that may come as a number, or in parts."""
    if isinstance(value, list):
        return "".join(str(_text(part) or "") for part in cast("list[object]", value))
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        return _text(fields.get("text") or fields.get("content") or fields.get("refusal"))
    return value if value is None or isinstance(value, str) else str(value)


def _arguments(value: object) -> object:
    """A piece of JSON text as it is; anything else as whole JSON text."""
    return value if value is None or isinstance(value, str) else arguments_text(value)


def _listed(value: object) -> object:
    """Null is as nothing, and one as a list of one."""
    return [] if value is None else [value] if isinstance(value, dict) else value


def _count(value: object) -> object:
    return int(value) if isinstance(value, int | float) and value >= 0 else 0


Text: TypeAlias = Annotated[str | None, BeforeValidator(_text)]
Count: TypeAlias = Annotated[int, BeforeValidator(_count)]


class _Function(BaseModel):
    name: Text = None
    arguments: Annotated[str | None, BeforeValidator(_arguments)] = None


class _Fragment(BaseModel):
    index: Text = None
    id: Text = None
    function: _Function | None = None


class _Delta(BaseModel):
    content: Text = None
    refusal: Text = None
    reasoning_content: Text = None
    reasoning: Text = None
    tool_calls: Annotated[list[_Fragment], BeforeValidator(_listed)] = []
    function_call: _Function | None = None


class _Choice(BaseModel):
    delta: _Delta | None = None
    message: _Delta | None = None
    text: Text = None
    finish_reason: Text = None


class _Details(BaseModel):
    cached_tokens: Count = 0


class _Usage(BaseModel):
    prompt_tokens: Count = 0
    completion_tokens: Count = 0
    prompt_tokens_details: _Details | None = None


class Chunk(BaseModel):
    """One event of a stream; or a whole completion, which has `message` for `delta`."""

    choices: Annotated[list[_Choice], BeforeValidator(_listed)] = []
    usage: _Usage | None = None
    error: object = None
    done: bool = False

    @property
    def progress(self) -> bool:
        """Whether the model has got on: anything but a first chunk that names the role."""
        return any(choice.finish_reason or _says(choice.delta) for choice in self.choices)


@dataclass(slots=True)
class _CallFragments:
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(slots=True)
class Joiner:
    """Puts the pieces of one reply together.

    finished: whether the model came to an end; false means that the stream was cut.
    """

    finished: bool = False
    _reason: str = "stop"
    _usage: _Usage | None = None
    _calls: list[_CallFragments] = field(default_factory=list)
    _latest: dict[str | None, _CallFragments] = field(default_factory=dict)

    def feed(self, chunk: Chunk) -> list[Token | Reasoning]:
        """Take the next chunk; give the text and the thoughts that it brings."""
        self.finished = self.finished or chunk.done
        self._usage = chunk.usage or self._usage
        found: list[Token | Reasoning] = []
        for choice in chunk.choices[:1]:
            said = choice.delta or choice.message or _Delta(content=choice.text)
            if thought := said.reasoning_content or said.reasoning:
                found.append(Reasoning(thought))
            if text := said.content or said.refusal:
                found.append(Token(text))
            for fragment in said.tool_calls:
                self._join(fragment)
            if said.function_call is not None:
                self._join(_Fragment(index="function", function=said.function_call))
            if choice.finish_reason:
                self.finished = True
                self._reason = choice.finish_reason
        return found

    def end(self) -> list[Thought]:
        """The tools called, and the usage if the server told it."""
        calls: list[Thought] = [
            ToolCall(call.id or f"call_{at}", call.name, arguments_text(call.arguments))
            for at, call in enumerate(self._calls)
            if call.name
        ]
        if self._usage is None and self._reason not in {"length", "content_filter"}:
            return calls
        return [*calls, self._spent(self._usage or _Usage(), counted=self._usage is not None)]

    def _spent(self, usage: _Usage, *, counted: bool) -> Usage:
        details = usage.prompt_tokens_details or _Details()
        finish: Literal["stop", "length", "tool_calls", "content_filter"] = "stop"
        if self._calls:
            finish = "tool_calls"
        elif self._reason == "length":
            finish = "length"
        elif self._reason == "content_filter":
            finish = "content_filter"
        return Usage(
            usage.prompt_tokens, details.cached_tokens, usage.completion_tokens, finish, counted
        )

    def _join(self, fragment: _Fragment) -> None:
        call = self._latest.get(fragment.index)
        # Some servers give every parallel call the same index, and some give none.
        if call is None or (fragment.id and call.id and fragment.id != call.id):
            call = self._latest[fragment.index] = _CallFragments()
            self._calls.append(call)
        function = fragment.function or _Function()
        call.id = call.id or fragment.id or ""
        call.name = call.name or function.name or ""
        call.arguments += function.arguments or ""


def _says(said: _Delta | None) -> bool:
    return said is not None and bool(
        said.content
        or said.refusal
        or said.tool_calls
        or said.function_call
        or said.reasoning_content
        or said.reasoning
    )
