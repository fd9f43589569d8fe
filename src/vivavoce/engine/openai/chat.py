"""Chat completions on the wire: chunks of a reply, and how they make thoughts; pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel

from vivavoce.engines import Reasoning, Thought, Token, ToolCall, Usage


class _Function(BaseModel):
    name: str | None = None
    arguments: str | None = None


class _Fragment(BaseModel):
    index: int | None = None
    id: str | None = None
    function: _Function = _Function()


class _Delta(BaseModel):
    content: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[_Fragment] | None = None


class _Choice(BaseModel):
    delta: _Delta | None = None
    message: _Delta | None = None
    finish_reason: str | None = None


class _Details(BaseModel):
    cached_tokens: int | None = None


class _Usage(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0
    prompt_tokens_details: _Details | None = None


class Chunk(BaseModel):
    """One event of a stream; or a whole completion, which has `message` for `delta`."""

    choices: list[_Choice] = []
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
    _latest: dict[int | None, _CallFragments] = field(default_factory=dict)

    def take(self, chunk: Chunk) -> list[Token | Reasoning]:
        """Take the next chunk; give the text and the thoughts that it brings."""
        self.finished = self.finished or chunk.done
        self._usage = chunk.usage or self._usage
        found: list[Token | Reasoning] = []
        for choice in chunk.choices[:1]:
            said = choice.delta or choice.message or _Delta()
            if thought := said.reasoning_content or said.reasoning:
                found.append(Reasoning(thought))
            if text := said.content or said.refusal:
                found.append(Token(text))
            for fragment in said.tool_calls or ():
                self._join(fragment)
            if choice.finish_reason:
                self.finished = True
                self._reason = choice.finish_reason
        return found

    def end(self) -> list[Thought]:
        """The tools called, and the usage if the server told it."""
        calls: list[Thought] = [
            ToolCall(call.id or f"call_{at}", call.name, call.arguments or "{}")
            for at, call in enumerate(self._calls)
        ]
        return [*calls, self._spent(self._usage)] if self._usage else calls

    def _spent(self, usage: _Usage) -> Usage:
        details = usage.prompt_tokens_details or _Details()
        finish: Literal["stop", "length", "tool_calls"] = "stop"
        if self._calls:
            finish = "tool_calls"
        elif self._reason == "length":
            finish = "length"
        return Usage(
            usage.prompt_tokens, details.cached_tokens or 0, usage.completion_tokens, finish
        )

    def _join(self, fragment: _Fragment) -> None:
        call = self._latest.get(fragment.index)
        # Some servers give every parallel call the same index, and some give none.
        if call is None or (fragment.id and call.id and fragment.id != call.id):
            call = self._latest[fragment.index] = _CallFragments()
            self._calls.append(call)
        function = fragment.function
        call.id = call.id or fragment.id or ""
        call.name = call.name or function.name or ""
        call.arguments += function.arguments or ""


def _says(said: _Delta | None) -> bool:
    return said is not None and bool(
        said.content or said.refusal or said.tool_calls or said.reasoning_content or said.reasoning
    )
