"""Bodies that are sent while they are made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack

import pytest
from starlette.types import Message

from vivavoce.server.http.event_stream import EventStream, Streamed, while_connected
from vivavoce.server.http.outbox import Gone


class Source:
    """Endless pieces; knows how many were taken, and whether all was closed in order."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.taken = 0
        self.closed: list[str] = []
        self._failure = failure

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        try:
            while True:
                self.taken += 1
                yield b"piece"
                if self._failure is not None:
                    raise self._failure
        finally:
            self.closed.append("pieces")

    def answer(self, *, stall_s: float = 60.0) -> Streamed:
        resources = AsyncExitStack()
        resources.callback(self.closed.append, "resources")
        return Streamed(self.pieces(), resources, "audio/mpeg", stall_s=stall_s)


async def never() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


async def test_a_client_that_reads_nothing_is_dropped_and_all_is_closed() -> None:
    source = Source()

    async def stuck(message: Message) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    await source.answer(stall_s=0.01)({"type": "http"}, never, stuck)
    assert source.taken == 1
    assert source.closed == ["pieces", "resources"]


async def test_a_client_that_leaves_ends_the_work_at_once() -> None:
    source = Source()
    left, sent = asyncio.Event(), []

    async def receive() -> Message:
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)
        if len(sent) == 3:
            left.set()
            await asyncio.Event().wait()

    await source.answer()({"type": "http"}, receive, send)
    assert source.taken == 2
    assert source.closed == ["pieces", "resources"]


@pytest.mark.parametrize("error", [Gone("it cannot be finished"), BrokenPipeError()])
async def test_what_breaks_off_never_looks_finished(error: Exception) -> None:
    source = Source(error)
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    if isinstance(error, Gone):
        await source.answer()({"type": "http"}, never, send)
    else:
        with pytest.raises(BrokenPipeError):
            await source.answer()({"type": "http"}, never, send)
    assert all(message.get("more_body", True) for message in sent)
    assert source.closed == ["pieces", "resources"]


async def test_events_are_sent_as_they_come_and_end() -> None:
    sent: list[Message] = []

    async def events() -> AsyncGenerator[str, None]:
        yield "data: ü\n\n"

    async def send(message: Message) -> None:
        sent.append(message)

    await EventStream(events(), AsyncExitStack())({"type": "http"}, never, send)
    headers = dict(sent[0]["headers"])
    assert headers[b"content-type"].startswith(b"text/event-stream")
    assert [message["body"] for message in sent[1:]] == ["data: ü\n\n".encode(), b""]
    assert [message["more_body"] for message in sent[1:]] == [True, False]


async def test_work_is_cancelled_when_the_client_leaves_and_its_errors_come_through() -> None:
    cancelled = asyncio.Event()

    async def gone() -> Message:
        return {"type": "http.disconnect"}

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async def broken() -> None:
        raise ValueError("broken")

    with pytest.raises(Gone):
        await while_connected(gone, work)
    assert cancelled.is_set()
    with pytest.raises(ValueError, match="broken"):
        await while_connected(never, broken)
