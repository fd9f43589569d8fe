"""When a request is tried again, and how long before."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from vivavoce.errors import VivavoceError

T = TypeVar("T")

MAY_PASS = frozenset((408, 429, 502, 503, 504))
"""Statuses of what may be gone at the next attempt."""
NOTHING_DONE = frozenset((408, 429, 503))
"""Those of them that tell for sure that nothing was done."""
_LONGEST_S = 1e9


class TransientFailure(Exception):
    """An attempt failed, and another may not. after: seconds, where the server asks for them."""

    def __init__(self, error: VivavoceError, after: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.after = after


@dataclass(frozen=True, slots=True)
class Retries:
    """How often what may pass is tried again: lost connections, and statuses of MAY_PASS.

    times: at most. first_s: before the first, twice as long before each further one; all of them
    spread at random. A server that names a wait gets it, if it is `longest_s` at most.
    """

    times: int = 3
    first_s: float = 0.5
    longest_s: float = 30.0

    def pause(self, tried: int, asked: float | None) -> float | None:
        """Seconds before another attempt; None if there is to be none.

        tried: how often it was tried again. asked: what the server asks for.
        """
        if tried >= self.times or (asked or 0.0) > self.longest_s:
            return None
        # Spread, so that those who were refused together do not come back together.
        spread = random.uniform(0.5, 1.0)  # noqa: S311
        if asked is not None:
            return asked + self.first_s * spread
        return min(self.longest_s, self.first_s * 2.0**tried) * spread

    async def first_of(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """What the first attempt gives that does not raise TransientFailure."""
        tried = 0
        while True:
            try:
                return await attempt()
            except TransientFailure as failure:
                pause = self.pause(tried, failure.after)
                if pause is None:
                    raise failure.error from failure.__cause__
            await asyncio.sleep(pause)
            tried += 1

    async def items_of(
        self, attempt: Callable[[], AsyncGenerator[T, None]]
    ) -> AsyncGenerator[T, None]:
        """What an attempt yields; another is made while one fails before its first item."""
        tried, began = 0, False
        while True:
            try:
                async with aclosing(attempt()) as items:
                    async for item in items:
                        began = True
                        yield item
                return
            except TransientFailure as failure:
                pause = None if began else self.pause(tried, failure.after)
                if pause is None:
                    raise failure.error from failure.__cause__
            await asyncio.sleep(pause)
            tried += 1


async def within(work: Awaitable[T], seconds: float, late: Callable[[], VivavoceError]) -> T:
    """What the work gives; after so long, it is cancelled and what `late` makes is raised."""
    try:
        async with asyncio.timeout(seconds) as limit:
            return await work
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise late() from error


def retry_after(header: str | None) -> float | None:
    """The seconds that a Retry-After header asks for, as a number or a date (RFC 9110)."""
    try:
        seconds = float(header or "")
    except ValueError:
        return _until(header or "")
    return seconds if 0 <= seconds < _LONGEST_S else None


def _until(date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (moment - datetime.now(UTC)).total_seconds())
    except (ValueError, OverflowError):
        return None
