"""From a conversation to a request that fits the loaded model: its template and its context."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from vivavoce.engines import LlmOptions, Message, Thought, ToolSpec, Usage
from vivavoce.errors import EngineError

from . import prompt, templateless_tools
from .prompt import Json
from .server import LlamaServer

log = logging.getLogger(__name__)

_REPEATED = 4
"""Tokens that may come again in the same order; `dry` is about more."""

_NO_END = -1
"""llama.cpp then writes until the context is full."""

_PROBE = ToolSpec("probe", "Look.", {"type": "object", "properties": {}})


@dataclass(frozen=True, slots=True)
class CompletionDefaults:
    """What a reply is written with unless its options say otherwise; see LlamaCpp."""

    max_tokens: int | None
    temperature: float
    top_p: float
    seed: int
    repeat_penalty: float
    dry: float


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """body: of a chat completion, less its slot. read: the thoughts in each chunk it brings.

    cut: what it cost, where it is not read to its end.
    """

    body: Json
    read: Callable[[str], Iterator[Thought]]
    cut: Callable[[], Usage]


class CompletionRequests:
    """Makes requests for one loaded model. Its methods block: counting tokens asks the model."""

    def __init__(
        self, server: LlamaServer, name: str, context: int, defaults: CompletionDefaults
    ) -> None:
        """Try what the model's chat template can do. context: tokens that a slot holds."""
        self._server = server
        self._name = name
        self._context = context
        self._defaults = defaults
        self._alternating = not self._takes_any_order()
        self._native_tools = self._takes_tools()

    def make(self, messages: Sequence[Message], options: LlmOptions) -> CompletionRequest:
        """A request with as much of the conversation as fits.

        Raises BadRequest for a `tool_choice` that is not offered.
        """
        tools, must = prompt.choice(options)
        max_tokens = options.max_tokens or self._defaults.max_tokens
        offer = prompt.offer(tools, must=must) if self._native_tools else {}

        def shaped(some: Sequence[Message]) -> Json:
            return {"messages": self._shaped(some, tools), **offer}

        # A long reply may be cut short by the context's end, a prompt must not be for its sake.
        room = self._context - min(max_tokens or self._context, self._context // 4)

        def count(some: Sequence[Message]) -> int:
            at_most = prompt.most(some)
            return at_most if at_most <= room and not tools else self._server.count(shaped(some))

        kept = prompt.fit(messages, room, count)
        self._say_what_was_left_out(messages, kept)
        body = {**shaped(kept), **self._sampling(options), "max_tokens": max_tokens or _NO_END}
        if must and not self._native_tools:
            body |= templateless_tools.forced(tools)
        reader = prompt.ReplyParser()
        return CompletionRequest(body, self._reading(reader, tools, must=must), reader.cut)

    def _shaped(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> list[Json]:
        if not self._native_tools:
            messages = templateless_tools.explained(messages, tools)
        if self._alternating:
            messages = prompt.alternating(messages)
        return prompt.written(messages)

    def _sampling(self, options: LlmOptions) -> Json:
        defaults = self._defaults
        return {
            "temperature": _or(options.temperature, defaults.temperature),
            "top_p": _or(options.top_p, defaults.top_p),
            "seed": _or(options.seed, defaults.seed),
            "stop": list(options.stop),
            "repeat_penalty": defaults.repeat_penalty,
            "dry_multiplier": defaults.dry,
            "dry_allowed_length": _REPEATED,
            "cache_prompt": True,
            "stream": True,
            "stream_options": {"include_usage": True},
            # A chunk for each batch of the prompt, so that reading it can be stopped.
            "return_progress": True,
        }

    def _reading(
        self, reader: prompt.ReplyParser, tools: Sequence[ToolSpec], *, must: bool
    ) -> Callable[[str], Iterator[Thought]]:
        if self._native_tools or not tools:
            return reader.read
        spotter = templateless_tools.ToolCallSpotter(
            tools, must=must, unspoken=templateless_tools.unspoken(tools)
        )
        return lambda chunk: (
            seen for thought in reader.read(chunk) for seen in spotter.see(thought)
        )

    def _say_what_was_left_out(self, messages: Sequence[Message], kept: Sequence[Message]) -> None:
        lost = len(messages) - len(kept)
        if kept and kept[-1] != messages[-1]:
            log.warning("%s: the last message is longer than the context; shortened it", self._name)
        elif lost:
            log.info("%s: %d old messages outgrow the context; left out", self._name, lost)

    def _takes_any_order(self) -> bool:
        """Whether the template takes an assistant's greeting and two questions in a row."""
        order = [Message("assistant", "a"), Message("user", "b"), Message("user", "c")]
        try:
            self._server.count({"messages": prompt.written(order)})
        except EngineError:
            return False
        return True

    def _takes_tools(self) -> bool:
        """Whether the template writes tools into the prompt; llama.cpp does not tell."""
        body: Json = {"messages": prompt.written([Message("user", "a")])}
        try:
            with_tools = self._server.count({**body, **prompt.offer([_PROBE], must=False)})
        except EngineError:
            return False
        return with_tools > self._server.count(body)


def _or(value: float | None, default: float) -> float:
    return default if value is None else value
