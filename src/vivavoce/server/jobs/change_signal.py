"""That something has changed, for all who wait for it."""

from __future__ import annotations

import asyncio


class NextChange:
    """The first change after this was made."""

    def __init__(self) -> None:
        self.event = asyncio.Event()

    async def within(self, seconds: float) -> bool:
        """Wait for it; whether it came in time."""
        try:
            async with asyncio.timeout(seconds):
                await self.event.wait()
        except TimeoutError:
            return False
        return True


class ChangeSignal:
    """Changes as they come. Take `next` before you look, and nothing is missed."""

    def __init__(self) -> None:
        self._next = NextChange()

    def next(self) -> NextChange:
        """The next change."""
        return self._next

    def tell(self) -> None:
        """Something has changed."""
        told, self._next = self._next, NextChange()
        told.event.set()
