"""Sending to and reading from WebSockets, both within bounds.

A route sends by an `Outbox`, which never blocks it, and reads by `messages`:

    outbox = Outbox(websocket, limit_bytes)
    async with asyncio.TaskGroup() as group:
        group.create_task(outbox.run())
        async for message in messages(websocket, limit_bytes):
            outbox.send_json(...)
        await outbox.close()

A client that is gone, or does not read, ends the group: `run` raises `Gone` in it.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import TypeAlias

from starlette.types import Message
from starlette.websockets import WebSocket

from vivavoce.errors import VivavoceError
from vivavoce.server.errors import Problem

from .transports import FLUSH_S, LEFT, STALL_S, cut, short, transport_of, unsent

Data: TypeAlias = "str | bytes"


class Gone(VivavoceError):
    """The client has left, or was dropped because it did not read."""


class Outbox:
    """What goes to one client of a WebSocket, in order; nothing here blocks but `run` and `close`.

    limit_bytes: how much may wait for the client; past it the connection is cut.
    stall_s: it is also cut when something waits and the client takes none of it for so long.
    """

    def __init__(
        self, websocket: WebSocket, limit_bytes: float, *, stall_s: float = STALL_S
    ) -> None:
        self._websocket = websocket
        self._transport = transport_of(websocket)
        self._limit_bytes = limit_bytes
        self._stall_s = stall_s
        self._waiting: deque[tuple[Message, int]] = deque()
        self._waiting_bytes = 0
        self._news = asyncio.Event()
        self._writing = asyncio.Lock()
        self._why_gone: str | None = None
        self._closed = False

    @property
    def gone(self) -> bool:
        """Whether the client has left or was dropped; what is sent then goes nowhere."""
        return self._why_gone is not None

    @property
    def unsent_bytes(self) -> int:
        """What waits here and in the socket's own buffer."""
        return self._waiting_bytes + self._in_socket()

    def send_json(self, message: Mapping[str, object]) -> None:
        """Send it as a text message."""
        self.send_text(json.dumps(message, ensure_ascii=False, separators=(",", ":")))

    def send_text(self, text: str) -> None:
        """Send a text message."""
        size = len(text) if text.isascii() else len(text.encode())
        self._send({"type": "websocket.send", "text": text}, size)

    def send_bytes(self, data: bytes) -> None:
        """Send a binary message."""
        self._send({"type": "websocket.send", "bytes": data}, len(data))

    async def run(self) -> None:
        """Write what is sent, until `close`. Raises Gone when the client is."""
        while not self._closed:
            await self._write()
            await self._wait()

    async def close(self, code: int = 1000, reason: str = "", *, flush_s: float = FLUSH_S) -> None:
        """Write what still waits, for `flush_s` at most, and close the connection.

        Never raises for a client that is gone; nothing can be sent afterwards.
        """
        if self._closed:
            return
        self._closed = True
        self._news.set()
        try:
            async with asyncio.timeout(flush_s):
                await self._write()
                await self._websocket.close(code, short(reason))
        except TimeoutError:
            self.drop("it did not read the last messages")
        except (Gone, *LEFT):
            self._leave()

    def drop(self, why: str) -> None:
        """Cut the connection now, and forget what waits."""
        if self._why_gone is None:
            self._why_gone = f"the client was dropped: {why}"
            cut(self._websocket.scope)
        self._forget()

    def _send(self, message: Message, size: int) -> None:
        if self.gone or self._closed:
            return
        if self.unsent_bytes + size > self._limit_bytes and self.unsent_bytes:
            self.drop(f"it left {self.unsent_bytes:,} bytes unread")
            return
        self._waiting.append((message, size))
        self._waiting_bytes += size
        self._news.set()

    async def _write(self) -> None:
        """Hand everything that waits to the socket, which takes it as the client reads."""
        async with self._writing:
            while self._waiting:
                message, size = self._waiting[0]
                try:
                    async with asyncio.timeout(self._stall_s):
                        await self._websocket.send(message)
                except TimeoutError:
                    self.drop(f"it read nothing for {self._stall_s:g} s")
                except LEFT:
                    self._leave()
                else:
                    if self._waiting:
                        self._waiting.popleft()
                        self._waiting_bytes -= size
        if self._why_gone is not None:
            raise Gone(self._why_gone)

    async def _wait(self) -> None:
        """Until there is something to write; sees that the socket's buffer moves meanwhile."""
        while not self._news.is_set():
            before = self._in_socket()
            try:
                async with asyncio.timeout(self._stall_s if before else None):
                    await self._news.wait()
            except TimeoutError:
                if self._in_socket() == before:
                    self.drop(f"it read nothing for {self._stall_s:g} s")
        self._news.clear()

    def _leave(self) -> None:
        self._why_gone = self._why_gone or "the client disconnected"
        self._forget()

    def _forget(self) -> None:
        self._waiting.clear()
        self._waiting_bytes = 0
        self._news.set()

    def _in_socket(self) -> int:
        return unsent(self._transport)


async def messages(
    websocket: WebSocket,
    limit_bytes: float,
    *,
    idle_s: float | None = None,
    busy: Callable[[], bool] = lambda: False,
) -> AsyncGenerator[Data, None]:
    """What the client sends, text as str and binary as bytes, until it leaves.

    limit_bytes: of one message. idle_s: how long it may send nothing; None is any time.
    busy: whether it waits for the server itself, and may therefore be silent.
    Raises Problem: 413 for a message that is larger, 408 for a client that is silent.
    """
    while True:
        try:
            async with asyncio.timeout(idle_s):
                received = await websocket.receive()
        except TimeoutError:
            if busy():
                continue
            message = f"no message arrived for {idle_s:g} s; send audio or messages more often"
            raise Problem(message, status=408, code="idle_timeout") from None
        if received["type"] == "websocket.disconnect":
            return
        text: str | None = received.get("text")
        data: Data = received["bytes"] if text is None else text
        if len(data) > limit_bytes:
            raise Problem(
                f"the message has {len(data):,} bytes, over the limit of {limit_bytes:,.0f}; "
                "split it",
                status=413,
                code="message_too_large",
            )
        yield data
