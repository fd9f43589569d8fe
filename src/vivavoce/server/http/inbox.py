"""What a WebSocket's client sends, read ahead of whoever works on it.

A client that leaves is noticed at once, however much it has sent before; that is dropped then.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from starlette.websockets import WebSocket

from vivavoce.config.server_settings import LimitSettings
from vivavoce.server.access.byte_budget import Account
from vivavoce.server.errors import Problem

from .outbox import Data, messages

_OVERHEAD = 200
"""Bytes that a message takes beside its content."""


class Inbox:
    """One client's messages, to be iterated; `run` reads them, as a task beside.

    account: what waits is charged to it; while it is full, the client waits.
    left: whether the client is gone. What it sent before is of no use any more.
    """

    def __init__(self, websocket: WebSocket, limits: LimitSettings, account: Account) -> None:
        self.left = False
        self._websocket = websocket
        self._limits = limits
        self._account = account
        self._waiting: deque[Data] = deque()
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._problem: Problem | None = None

    async def run(self) -> None:
        """Read until the client leaves, or does what it may not."""
        received = messages(
            self._websocket,
            self._limits.message_mb * 1e6,
            idle_s=self._limits.idle_s,
            busy=lambda: bool(self._waiting),
        )
        try:
            async for message in received:
                await self._keep(message)
        except Problem as problem:
            self._problem = problem
        else:
            self.left = True
            self._drop()
        self._news.set()

    async def __aiter__(self) -> AsyncIterator[Data]:
        """The messages, until the client leaves; empty ones are left out.

        Raises Problem past a bound, once what came before it was taken.
        """
        while True:
            while self._waiting:
                message = self._waiting.popleft()
                self._account.release(_size(message))
                self._room.set()
                yield message
            if self._problem is not None:
                raise self._problem
            if self.left:
                return
            self._news.clear()
            await self._news.wait()

    async def _keep(self, message: Data) -> None:
        if not message:
            return
        size = _size(message)
        while self._waiting and not self._account.fits(size):
            self._room.clear()
            await self._room.wait()
        self._account.charge(size)
        self._waiting.append(message)
        self._news.set()

    def _drop(self) -> None:
        while self._waiting:
            self._account.release(_size(self._waiting.popleft()))


def _size(message: Data) -> int:
    return len(message) + _OVERHEAD
