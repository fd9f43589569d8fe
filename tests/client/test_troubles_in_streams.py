"""What a client does about servers that are not well, in the midst of a stream."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from websockets.asyncio.server import ServerConnection, serve

from tests.client.callers import given, question
from vivavoce.audio import Audio
from vivavoce.client import AsyncClient, Timeouts
from vivavoce.conversation.sinks import MemorySink
from vivavoce.errors import EngineBusy, EngineError, EngineTimeout, EngineUnavailable
from vivavoce.testing import hush

if TYPE_CHECKING:
    from tests.client.conftest import Joining
    from tests.server.conftest import Served

STARTED = '{"event": "Started", "session": "s"}'


@asynccontextmanager
async def misbehaving(answer: Callable[[ServerConnection], Awaitable[None]]) -> AsyncIterator[str]:
    """The address of a server whose WebSockets do this."""
    async with serve(answer, "127.0.0.1", 0) as server:
        (listener, *_) = server.sockets
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


async def listened(client: AsyncClient, heard: asyncio.Event | None = None) -> None:
    """Listen to silence until something goes wrong. heard: set once there is a stream."""

    async def endless() -> AsyncIterator[Audio]:
        while True:
            if heard is not None:
                heard.set()
            yield hush(0.02)
            await asyncio.sleep(0)

    async with aclosing(client.listen(endless())) as captions:
        async for _ in captions:
            pass


@pytest.mark.parametrize(
    ("said", "error", "message"),
    [
        ([], EngineUnavailable, "was lost before the end"),
        ([STARTED], EngineUnavailable, "was lost before the end"),
        (["nonsense"], EngineError, "unexpected message"),
        ([b"audio"], EngineError, "unexpected message"),
        (['{"event": "Final"}'], EngineError, "invalid Final event|unexpected message"),
        ([STARTED, "[]"], EngineError, "unexpected message"),
        ([STARTED, '{"event": "Final", "text": 7}'], EngineError, "invalid Final event"),
        (
            [STARTED, '{"event": "Error", "message": "it broke", "code": "engine_failed"}'],
            EngineError,
            "it broke",
        ),
        (
            ['{"event": "Error", "message": "full", "retry_after": 99, "fatal": true}'],
            EngineBusy,
            "full",
        ),
    ],
)
async def test_a_stream_that_goes_wrong_is_told(
    said: list[str | bytes], error: type[Exception], message: str, joining: Joining
) -> None:
    async def answer(connection: ServerConnection) -> None:
        await connection.recv()
        for it in said:
            await connection.send(it)

    async with misbehaving(answer) as url, joining(url) as client:
        with pytest.raises(error, match=message):
            await listened(client)


async def test_a_connection_that_is_cut_is_told(joining: Joining) -> None:
    async def answer(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(STARTED)
        await connection.recv()
        connection.transport.abort()

    async with misbehaving(answer) as url, joining(url) as client:
        with pytest.raises(EngineUnavailable, match="was lost before the end"):
            await listened(client)
        with pytest.raises(EngineUnavailable, match="was lost before the end"):
            await client.converse(given([hush(0.5)] * 9), MemorySink(16_000))


async def test_a_silent_server_is_given_up(joining: Joining) -> None:
    pings: list[str | bytes] = []

    async def answer(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(STARTED)
        pings.extend([message async for message in connection if isinstance(message, str)])

    patience = Timeouts(read_s=0.3)
    async with misbehaving(answer) as url, joining(url, timeouts=patience) as client:
        with pytest.raises(EngineTimeout, match=r"sent nothing for 0\.3 s"):
            await listened(client)
    assert '{"type": "ping"}' in pings


async def test_a_place_is_waited_for_before_a_stream_begins(joining: Joining) -> None:
    tries = 0

    async def answer(connection: ServerConnection) -> None:
        nonlocal tries
        tries += 1
        await connection.recv()
        if tries < 3:
            full = {"event": "Error", "message": "full", "code": "busy", "fatal": True}
            await connection.send(json.dumps({**full, "retry_after": 0.01}))
            return
        await connection.send(STARTED)
        async for message in connection:
            if message == '{"type": "end"}':
                await connection.send('{"event": "Ended", "duration_s": 0}')
                return

    async with misbehaving(answer) as url, joining(url) as client:
        assert [it async for it in client.listen(given(question()))] == []
    assert tries == 3


async def test_events_of_a_newer_server_are_passed_over(joining: Joining) -> None:
    told: list[object] = []

    async def answer(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(STARTED)
        await connection.send('{"event": "Sneezed", "turn": 1}')
        await connection.send('{"event": "Paused", "turn": 1, "at": 0.5, "why": "a new field"}')
        async for message in connection:
            if message == '{"type": "end"}':
                return

    async with misbehaving(answer) as url, joining(url) as client:
        await client.converse(given([hush(0.5)]), MemorySink(16_000), told.append)
    assert [type(event).__name__ for event in told] == ["Paused"]


async def test_a_server_that_shuts_down_in_the_midst_says_so(
    server: Served, joining: Joining
) -> None:
    async with joining(server.url) as client, asyncio.TaskGroup() as tasks:
        listening, heard = listen_in(tasks, client)
        await heard.wait()
        server.service.drain()
        assert "the server is shutting down" in str(await listening)


async def test_closing_the_client_ends_its_streams(server: Served, joining: Joining) -> None:
    client = joining(server.url)
    async with asyncio.TaskGroup() as tasks:
        listening, heard = listen_in(tasks, client)
        await heard.wait()
        await client.aclose()
        assert "the client was closed" in str(await listening)


def listen_in(
    tasks: asyncio.TaskGroup, client: AsyncClient
) -> tuple[asyncio.Task[Exception], asyncio.Event]:
    """How a stream ends that is listened to, and that it is."""
    heard = asyncio.Event()

    async def listen() -> Exception:
        with pytest.raises(EngineUnavailable) as failed:
            await listened(client, heard)
        return failed.value

    return tasks.create_task(listen()), heard
