"""What is sent to and read from WebSockets, with clients that behave and some that do not."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from base64 import b64encode
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI, WebSocket
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from vivavoce.server.errors import Problem
from vivavoce.server.http.outbox import Gone, Outbox, messages

if TYPE_CHECKING:
    from tests.server.conftest import Served, Serving

MB = 1_000_000


def at(work: Callable[[WebSocket], Coroutine[None, None, None]]) -> Callable[[FastAPI], None]:
    """An application with this route."""

    def routes(app: FastAPI) -> None:
        app.add_api_websocket_route("/ws", work)

    return routes


def knock(server: Served) -> socket.socket:
    """A raw connection with an accepted WebSocket and a small window, at whose mercy we are."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(30)
    client.connect(server.address)
    client.sendall(
        b"GET /ws HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n\r\n"
        % (server.url.removeprefix("http://").encode(), b64encode(os.urandom(16)))
    )
    assert client.recv(12) == b"HTTP/1.1 101"
    return client


async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    outbox = Outbox(websocket, MB)
    async with asyncio.TaskGroup() as group:
        group.create_task(outbox.run())
        async for message in messages(websocket, MB):
            match message:
                case "bye":
                    outbox.send_json({"last": "wörds"})
                    await outbox.close(4000, "as you wish " * 20)
                case str():
                    outbox.send_text(message)
                case bytes():
                    outbox.send_bytes(message)
        await outbox.close()


async def test_messages_arrive_whole_and_in_order(serving: Serving) -> None:
    sent = [b"", "", *(("é" * i if i % 2 else b"x" * i) for i in range(300))]
    async with serving(routes=at(echo)) as server, connect(f"{server.ws_url}/ws") as client:
        for message in sent:
            await client.send(message)
        assert [await client.recv() for _ in sent] == sent


async def test_closing_sends_what_still_waits_and_a_reason_that_fits(serving: Serving) -> None:
    async with serving(routes=at(echo)) as server, connect(f"{server.ws_url}/ws") as client:
        await client.send("bye")
        assert await client.recv() == '{"last":"wörds"}'
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4000
    assert closed.value.rcvd.reason.startswith("as you wish as you wish")


async def test_a_client_that_never_reads_is_dropped_past_the_bound(serving: Serving) -> None:
    seen: asyncio.Future[tuple[Gone, int]] = asyncio.get_running_loop().create_future()

    async def flood(websocket: WebSocket) -> None:
        await websocket.accept()
        outbox = Outbox(websocket, MB)
        most = 0
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(outbox.run())
                while True:
                    outbox.send_bytes(bytes(10_000))
                    most = max(most, outbox.unsent_bytes)
                    await asyncio.sleep(0)
        except* Gone as gone:
            error = gone.exceptions[0]
            assert isinstance(error, Gone)
            seen.set_result((error, most))
        assert outbox.gone
        outbox.send_bytes(b"goes nowhere")
        assert outbox.unsent_bytes == 0
        await outbox.close()

    async with serving(routes=at(flood)) as server:
        client = await asyncio.to_thread(knock, server)
        gone, most = await seen
        assert "bytes unread" in str(gone)
        assert MB * 0.9 < most <= MB
        with client:
            await asyncio.to_thread(_read_to_the_end, client)


async def test_a_client_that_reads_nothing_for_long_is_dropped_below_the_bound(
    serving: Serving,
) -> None:
    seen: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def stall(websocket: WebSocket) -> None:
        await websocket.accept()
        outbox = Outbox(websocket, 100 * MB, stall_s=0.2)
        for _ in range(160):
            outbox.send_bytes(bytes(100_000))
        try:
            await outbox.run()
        except Gone as gone:
            seen.set_result(str(gone))

    async with serving(routes=at(stall)) as server:
        with await asyncio.to_thread(knock, server):
            assert await seen == "the client was dropped: it read nothing for 0.2 s"


async def test_a_client_that_does_not_read_cannot_hold_up_closing(serving: Serving) -> None:
    ended = asyncio.Event()

    async def close(websocket: WebSocket) -> None:
        await websocket.accept()
        outbox = Outbox(websocket, 100 * MB)
        for _ in range(160):
            outbox.send_bytes(bytes(100_000))
        await outbox.close(flush_s=0.2)
        assert outbox.gone
        ended.set()

    async with serving(routes=at(close)) as server:
        with await asyncio.to_thread(knock, server):
            await ended.wait()


@pytest.mark.parametrize("reset", [True, False])
async def test_a_client_that_vanishes_ends_reading_and_writing(
    serving: Serving, reset: bool
) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def listen(websocket: WebSocket) -> None:
        await websocket.accept()
        outbox = Outbox(websocket, MB)
        async with asyncio.TaskGroup() as group:
            group.create_task(outbox.run())
            begun.set()
            async for _ in messages(websocket, MB):
                pass
            outbox.send_text("too late")
            await outbox.close()
        assert outbox.gone
        ended.set()

    async with serving(routes=at(listen)) as server:
        client = await asyncio.to_thread(knock, server)
        await begun.wait()
        if reset:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        await ended.wait()


async def test_one_message_may_be_larger_than_the_bound(serving: Serving) -> None:
    async def send(websocket: WebSocket) -> None:
        await websocket.accept()
        outbox = Outbox(websocket, 10)
        outbox.send_text("longer than ten bytes")
        await outbox.close()

    async with serving(routes=at(send)) as server, connect(f"{server.ws_url}/ws") as client:
        assert await client.recv() == "longer than ten bytes"


async def test_a_message_past_the_limit_is_refused(serving: Serving) -> None:
    seen: asyncio.Future[Problem] = asyncio.get_running_loop().create_future()

    async def read(websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            async for _ in messages(websocket, 10):
                pass
        except Problem as problem:
            seen.set_result(problem)
            raise

    async with serving(routes=at(read)) as server, connect(f"{server.ws_url}/ws") as client:
        await client.send("0123456789")
        await client.send("0123456789a")
        with pytest.raises(ConnectionClosed, match="11 bytes, over the limit of 10"):
            await client.recv()
    assert (await seen).status == 413


async def test_a_silent_client_is_told_so(serving: Serving) -> None:
    async def read(websocket: WebSocket) -> None:
        await websocket.accept()
        async for _ in messages(websocket, 10, idle_s=0.05):
            pass

    async with serving(routes=at(read)) as server, connect(f"{server.ws_url}/ws") as client:
        with pytest.raises(ConnectionClosed, match=r"no message arrived for 0\.05 s"):
            await client.recv()


def _read_to_the_end(client: socket.socket) -> None:
    while client.recv(1 << 16):
        pass


async def test_other_clients_go_on_while_one_does_not_read(serving: Serving) -> None:
    async def flood(websocket: WebSocket) -> None:
        await websocket.accept()
        outbox = Outbox(websocket, 100 * MB)
        for _ in range(160):
            outbox.send_bytes(bytes(100_000))
        async with asyncio.TaskGroup() as group:
            group.create_task(outbox.run())
            async for _ in messages(websocket, MB):
                pass
            await outbox.close(flush_s=0.1)

    def routes(app: FastAPI) -> None:
        at(flood)(app)
        app.add_api_websocket_route("/echo", echo)

    async with serving(routes=routes) as server:
        with await asyncio.to_thread(knock, server):
            async with connect(f"{server.ws_url}/echo") as client:
                for number in range(100):
                    await client.send(str(number))
                    assert await client.recv() == str(number)
