"""Knowing when a session has nothing left to compute, so that it can run in lockstep."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from typing import TypeVar

from vivavoce.errors import EngineTimeout

T = TypeVar("T")

_ROUNDS = 32
"""Turns of the event loop without work under way after which a session counts as settled:
more than the longest chain of hand-overs between its tasks."""


class PendingCalls:
    """Counts the engine calls under way in one session."""

    def __init__(self) -> None:
        self._under_way = 0
        self._ended = asyncio.Event()

    async def wait(self, call: Awaitable[T], timeout: float | None = None) -> T:
        """What the call returns. Raises EngineTimeout after `timeout` seconds."""
        self._under_way += 1
        try:
            async with asyncio.timeout(timeout) as limit:
                return await call
        except TimeoutError as error:
            if limit.expired():
                raise EngineTimeout(f"no answer within {timeout:g} s") from error
            raise
        finally:
            self._under_way -= 1
            self._ended.set()

    async def each(
        self, items: AsyncGenerator[T, None], timeout: float | None = None
    ) -> AsyncGenerator[T, None]:
        """The items, closed at the end. timeout: how long to wait for each, in seconds."""
        async with aclosing(items):
            while True:
                try:
                    item = await self.wait(anext(items), timeout)
                except StopAsyncIteration:
                    return
                yield item

    async def settled(self) -> None:
        """Wait until no call is under way and none follows from what has happened."""
        quiet = 0
        while quiet < _ROUNDS:
            if self._under_way:
                quiet = 0
                self._ended.clear()
                await self._ended.wait()
            else:
                quiet += 1
                await asyncio.sleep(0)
