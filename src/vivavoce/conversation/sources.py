"""Audio for a session that comes from no microphone."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Generic, Protocol, TypeVar

from vivavoce.audio import Audio, Lapse

T = TypeVar("T")

CHUNK_S = 0.02
TICK_S = 0.05
"""How often a feed without audio tells that time passes."""


class Ledger(Protocol):
    """Where the bytes are counted that a feed keeps."""

    def fits(self, size: int) -> bool:
        """Whether so much more may be kept."""
        ...

    def charge(self, size: int) -> None:
        """Count so much more. May raise, and counts nothing then."""
        ...

    def release(self, size: int) -> None:
        """So much is kept no more."""
        ...


class Feed(Generic[T]):
    """What a network client sends, in order, with the time that passes between.

    Iterate it for pairs: the seconds since the last pair, and the next item, or None when
    nothing has come for `TICK_S`. Ends when it is closed and empty.
    bound: items kept. ledger: counts their bytes. `put` waits while there is no room for one more.
    """

    def __init__(
        self,
        bound: int = 64,
        *,
        ledger: Ledger | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._items: deque[tuple[T, int]] = deque()
        self._bound = bound
        self._ledger = ledger
        self._news: asyncio.Future[None] | None = None
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed = False
        self._gone: asyncio.Future[None] | None = None
        self._clock = clock

    @property
    def empty(self) -> bool:
        """Whether all that came was taken."""
        return not self._items

    @property
    def abandoned(self) -> bool:
        """Whether the client is gone."""
        return self._gone is not None and self._gone.done()

    @property
    def left(self) -> asyncio.Future[None]:
        """Done once the client is gone, and what waited with it."""
        if self._gone is None:
            self._gone = asyncio.get_running_loop().create_future()
        return self._gone

    async def put(self, item: T, size: int = 0) -> None:
        """Add the next item; waits while there are too many, and forgets it once closed.

        size: its bytes. Raises what the ledger does where they may not be kept.
        """
        while not self._closed and self._items and self._is_full(size):
            room = asyncio.get_running_loop().create_future()
            self._waiting.append(room)
            await room
        if self._closed:
            return
        if self._ledger is not None:
            self._ledger.charge(size)
        self._items.append((item, size))
        _fire(self._news)

    def close(self) -> None:
        """No more will come. What waits is still given."""
        self._closed = True
        self._let_in()
        _fire(self._news)

    def abandon(self) -> None:
        """The client is gone: close, and drop what waits."""
        while self._items:
            self._take()
        _fire(self.left)
        self.close()

    def _is_full(self, size: int) -> bool:
        if len(self._items) >= self._bound:
            return True
        return self._ledger is not None and not self._ledger.fits(size)

    def _take(self) -> T:
        item, size = self._items.popleft()
        if self._ledger is not None:
            self._ledger.release(size)
        self._let_in()
        return item

    def _let_in(self) -> None:
        while self._waiting:
            _fire(self._waiting.popleft())

    async def __aiter__(self) -> AsyncIterator[tuple[float, T | None]]:
        last = self._clock()
        while not (self._closed and self.empty):
            item = await self._next()
            now = self._clock()
            yield now - last, item
            last = now

    async def _next(self) -> T | None:
        if self.empty and not self._closed:
            # Once for each item of each caller: `asyncio.timeout` costs twice a plain timer.
            loop = asyncio.get_running_loop()
            self._news = loop.create_future()
            timer = loop.call_later(TICK_S, _fire, self._news)
            try:
                await self._news
            finally:
                timer.cancel()
                self._news = None
        return None if self.empty else self._take()


def _fire(news: asyncio.Future[None] | None) -> None:
    if news is not None and not news.done():
        news.set_result(None)


async def as_lapses(feed: Feed[Audio]) -> AsyncIterator[Audio | Lapse]:
    """A session's source out of a client's audio: time passes by the clock, whatever comes."""
    async for seconds, audio in feed:
        yield Lapse(seconds, audio)


async def at_speed_of_speech(
    audio: Audio, until: Callable[[], bool], *, chunk_s: float = CHUNK_S
) -> AsyncIterator[Audio]:
    """The audio in real time, then silence until `until()` is true."""
    begun = time.perf_counter()
    for number, chunk in enumerate(_endless(audio, chunk_s), start=1):
        if number * chunk_s > audio.seconds and until():
            return
        await asyncio.sleep(begun + number * chunk_s - time.perf_counter())
        yield chunk


async def in_lockstep(
    audio: Audio,
    settled: Callable[[], Awaitable[None]],
    until: Callable[[], bool],
    *,
    chunk_s: float = CHUNK_S,
) -> AsyncIterator[Audio]:
    """The audio as fast as the session computes, then silence until `until()` is true.

    settled: `Session.settled`.
    """
    played = 0.0
    for chunk in _endless(audio, chunk_s):
        if played >= audio.seconds and until():
            return
        yield chunk
        played += chunk.seconds
        await settled()


def _endless(audio: Audio, chunk_s: float) -> Iterator[Audio]:
    yield from audio.slices(chunk_s)
    silence = Audio.silence(chunk_s, audio.rate)
    while True:
        yield silence
