"""Places to compute in: so many at once, and a queue of so many before them."""

from __future__ import annotations

import asyncio
from collections import deque

from vivavoce.server.errors import Problem


class ComputeSlots:
    """First come, first served. limit: places. waiting: how many may wait for one."""

    def __init__(self, limit: int, waiting: int) -> None:
        self._limit = limit
        self._most_waiting = waiting
        self._taken = 0
        self._queue: deque[asyncio.Future[None]] = deque()

    @property
    def taken(self) -> int:
        """Places that are in use."""
        return self._taken

    @property
    def waiting(self) -> int:
        """Who waits for one."""
        return len(self._queue)

    async def enter(self, patience_s: float | None) -> None:
        """Take a place, to be given back by `leave`.

        Raises Problem (503) when too many wait already, or none is free within `patience_s`.
        """
        if self._taken < self._limit:
            self._taken += 1
            return
        if len(self._queue) >= self._most_waiting:
            raise _busy(f"{self._taken} requests are running and {len(self._queue)} are waiting")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            async with asyncio.timeout(patience_s):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                self.leave()  # the place came at the same moment
            elif turn in self._queue:  # else `leave` has passed it over
                self._queue.remove(turn)
            if isinstance(error, TimeoutError):
                raise _busy(f"no compute slot became free within {patience_s:g} s") from None
            raise

    def leave(self) -> None:
        """Give the place to whoever has waited longest."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._taken -= 1


def _busy(why: str) -> Problem:
    message = f"the server is busy: {why}; try again in a few seconds"
    return Problem(message, status=503, code="busy", retry_after=2.0)
