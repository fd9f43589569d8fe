"""The data channel's texts, both ways within bounds."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable

from aiortc import RTCDataChannel

LABEL = "oai-events"
_MOST_TEXTS = 1_000
"""Texts of the peer that may wait to be read."""


class DataChannel:
    """One call's data channel.

    limit_bytes: what may wait in each direction. close: called with why, when that is passed, or
    the channel is misused or closed.
    """

    def __init__(self, limit_bytes: float, close: Callable[[str], None]) -> None:
        self._limit_bytes = limit_bytes
        self._close = close
        self._channel: RTCDataChannel | None = None
        self._outgoing: deque[str] = deque()
        self._outgoing_bytes = 0
        self._incoming: deque[str] = deque()
        self._incoming_bytes = 0
        self._news = asyncio.Event()
        self._closed = False

    @property
    def open(self) -> bool:
        """Whether the peer has opened the channel."""
        return self._channel is not None

    def attach(self, channel: RTCDataChannel) -> None:
        """The peer has opened a channel; only the first of the right name is used."""
        if channel.label != LABEL or self._channel is not None or self._closed:
            channel.close()
            return
        self._channel = channel
        channel.on("message", self._receive)
        channel.on("close", lambda: self._close("the peer closed the data channel"))
        while self._outgoing and not self._closed:
            self._pass(self._outgoing.popleft())
        self._outgoing_bytes = 0

    def send(self, text: str) -> None:
        """Send it, or keep it until the channel is open; it is nothing once the call is over."""
        if self._closed:
            return
        waiting = self._channel.bufferedAmount if self._channel else self._outgoing_bytes
        size = len(text) if text.isascii() else len(text.encode())
        if waiting + size > self._limit_bytes:
            self._close(f"the peer left {waiting:,} bytes unread")
        elif self._channel is not None:
            self._pass(text)
        else:
            self._outgoing.append(text)
            self._outgoing_bytes += size

    async def messages(self) -> AsyncGenerator[str, None]:
        """The peer's texts, until the call is over; those that came before are still given."""
        while True:
            while self._incoming:
                text = self._incoming.popleft()
                self._incoming_bytes -= len(text)
                yield text
            if self._closed:
                return
            self._news.clear()
            await self._news.wait()

    def close(self) -> None:
        """End the texts; what was not sent is forgotten."""
        self._closed = True
        self._outgoing.clear()
        self._news.set()

    def _pass(self, text: str) -> None:
        assert self._channel is not None
        if self._channel.readyState != "open":
            return
        try:
            self._channel.send(text)
        except ValueError as error:
            self._close(f"a message is too large for the peer: {error}")

    def _receive(self, message: str | bytes) -> None:
        if self._closed:
            return
        if isinstance(message, bytes):
            self._close("the peer sent binary data; send text")
            return
        self._incoming.append(message)
        self._incoming_bytes += len(message)
        if len(self._incoming) > _MOST_TEXTS or self._incoming_bytes > self._limit_bytes:
            self._close("the peer sends messages faster than they can be handled")
        self._news.set()
