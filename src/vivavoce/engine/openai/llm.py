"""Replies from any server with /v1/chat/completions."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import httpx
from pydantic import Field

from vivavoce.engines import LlmOptions, Message, Thought, ToolSpec
from vivavoce.errors import BadRequest, EngineError, ModelServerRefusal
from vivavoce.hints import nearest
from vivavoce.options import Endpoint

from .chat import Chunk, Joiner
from .http import OPENAI, ModelServer

_OVERFLOW = re.compile(
    r"context|too (?:long|many tokens)|exceed\w* .*(?:length|tokens)", re.IGNORECASE
)
_USAGE_WAIT_S = 1.0
"""How long the usage may lag the end of the reply."""


@dataclass(frozen=True, slots=True)
class OpenAiLlmOptions:
    """What may be set."""

    model: Annotated[str, Field(description="as the server calls it")] = "gpt-4o-mini"
    endpoint: Endpoint = Endpoint(OPENAI)


class OpenAiLlm:
    """A language model behind an OpenAI-compatible server."""

    local = False

    def __init__(self, options: OpenAiLlmOptions | None = None) -> None:
        options = options or OpenAiLlmOptions()
        self.model = options.model
        self._first_timeout = options.endpoint.first_timeout
        self._next_timeout = options.endpoint.next_timeout
        self._renamed: dict[str, str | None] = {}
        self._server = ModelServer(self.name, self.model, options.endpoint)

    @property
    def name(self) -> str:
        """Its name and model."""
        return f"openai:{self.model}"

    async def load(self) -> None:
        """See that the server is there and takes the key."""
        await self._server.load()

    async def aclose(self) -> None:
        """Close the connections; replies under way fail."""
        await self._server.aclose()

    async def warm(self, messages: Sequence[Message], options: LlmOptions) -> None:
        """Nothing: such servers fill their caches themselves."""

    async def reply(
        self, messages: Sequence[Message], options: LlmOptions
    ) -> AsyncGenerator[Thought, None]:
        """The reply, piece by piece; closing it closes the connection at once.

        It ends with the `Usage` where the server tells it. A server that refuses a field which it
        need not know, or finds the messages too long, is asked again.
        """
        kept = list(messages)
        while True:
            attempt = partial(self._attempt, self._request(kept, options))
            try:
                async with aclosing(self._server.persistently(attempt)) as thoughts:
                    async for thought in thoughts:
                        yield thought
                return
            except ModelServerRefusal as refusal:
                if self._learn(refusal.said):
                    continue
                shorter = without_oldest_turn(kept) if _OVERFLOW.search(refusal.said) else kept
                if len(shorter) == len(kept):
                    raise
                kept = shorter

    async def _attempt(self, request: dict[str, object]) -> AsyncGenerator[Thought, None]:
        joiner = Joiner()
        opened = self._server.post("chat/completions", timeout=self._first_timeout, json=request)
        async with opened as response, aclosing(self._chunks(response)) as chunks:
            patience = self._first_timeout
            while True:
                chunk, waited = await self._next(chunks, patience, joiner.finished)
                if chunk is None:
                    break
                patience = self._next_timeout if chunk.progress else patience - waited
                for thought in joiner.feed(chunk):
                    yield thought
                if joiner.finished:
                    patience = _USAGE_WAIT_S
            if not joiner.finished:
                raise self._server.broken_off()
            for ending in joiner.end():
                yield ending

    async def _next(
        self, chunks: AsyncGenerator[Chunk, None], patience: float, finished: bool
    ) -> tuple[Chunk | None, float]:
        """The next chunk, if any, and how long it took. A finished reply no longer fails."""
        clock = asyncio.get_running_loop().time
        asked = clock()
        try:
            chunk = await self._server.within(anext(chunks, None), patience)
        except (EngineError, httpx.HTTPError):
            if not finished:
                raise
            chunk = None
        return chunk, clock() - asked

    async def _chunks(self, response: httpx.Response) -> AsyncGenerator[Chunk, None]:
        """What the server sends, as events or, from one that cannot stream, in one go."""
        kind = response.headers.get("content-type", "")
        if "json" in kind or "html" in kind:
            yield self._checked(await response.aread())
            return
        async with aclosing(self._server.events(response)) as events:
            async for data in events:
                # Read on after the end, or the connection could not be used again.
                yield Chunk(done=True) if data.strip() == "[DONE]" else self._checked(data)

    def _checked(self, data: str | bytes) -> Chunk:
        chunk = self._server.read(Chunk, data)
        if chunk.error is not None:
            raise self._server.failed(str(chunk.error))
        if not chunk.choices and chunk.usage is None and "choices" not in chunk.model_fields_set:
            raise self._server.nonsense("", data)
        return chunk

    def _request(self, messages: Sequence[Message], options: LlmOptions) -> dict[str, object]:
        wanted: dict[str, object] = {
            "model": self.model,
            "messages": [_message(message) for message in messages],
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_tokens": options.max_tokens,
            "temperature": options.temperature,
            "top_p": options.top_p,
            "seed": options.seed,
            "stop": list(options.stop) or None,
        }
        if options.tools:
            wanted["tools"] = [_tool(tool) for tool in options.tools]
            wanted["tool_choice"] = _choice(options)
        renamed = {self._renamed.get(field, field): value for field, value in wanted.items()}
        return {field: it for field, it in renamed.items() if field and it is not None}

    def _learn(self, said: str) -> bool:
        """Whether the refusal tells of a field that this server lacks or calls otherwise."""
        for field, other, sign in (
            ("stream_options", None, "stream_options"),
            ("max_tokens", "max_completion_tokens", "max_completion_tokens"),
        ):
            if sign in said and field not in self._renamed:
                self._renamed[field] = other
                return True
        return False


def without_oldest_turn(messages: Sequence[Message]) -> list[Message]:
    """The messages less the oldest turn: a user's message and all up to the next one.

    System messages at the beginning and the last turn stay.
    """
    first = next((at for at, it in enumerate(messages) if it.role != "system"), len(messages))
    turns = [at for at, it in enumerate(messages) if it.role == "user" and at > first]
    return [*messages[:first], *messages[turns[0] :]] if turns else list(messages)


def _message(message: Message) -> dict[str, object]:
    wire: dict[str, object] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        wire["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        wire["tool_call_id"] = message.tool_call_id
    return wire


def _tool(tool: ToolSpec) -> dict[str, object]:
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters),
    }
    return {"type": "function", "function": function}


def _choice(options: LlmOptions) -> object:
    """Raises BadRequest for a tool that is not offered."""
    choice, offered = options.tool_choice, [tool.name for tool in options.tools]
    if choice in {"auto", "none", "required"}:
        return choice
    if choice not in offered:
        raise BadRequest(f"tool_choice: unknown tool {choice!r}; {nearest(choice, offered)}")
    return {"type": "function", "function": {"name": choice}}
