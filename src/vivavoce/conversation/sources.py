"""Audio for a session that comes from no microphone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Generic, TypeVar

from vivavoce.audio import Audio, Lapse

T = TypeVar("T")

CHUNK_S = 0.02
TICK_S = 0.05
"""How often a feed without audio tells that time passes."""


class Feed(Generic[T]):
    """What a network client sends, in order, with the time that passes between.

    Iterate it for pairs: the seconds since the last pair, and the next item, or None when
    nothing has come for `TICK_S`. Ends when it is closed and empty.
    bound: items kept; `put` waits while there are as many.
    """

    def __init__(self, bound: int = 64, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._items: asyncio.Queue[T] = asyncio.Queue(bound)
        self._news: asyncio.Future[None] | None = None
        self._closed = asyncio.Event()
        self._clock = clock

    @property
    def empty(self) -> bool:
        """Whether all that came was taken."""
        return self._items.empty()

    async def put(self, item: T) -> None:
        """Add the next item; waits while there are too many, and forgets it once closed."""
        if not self._closed.is_set():
            await self._items.put(item)
            _fire(self._news)

    def close(self) -> None:
        """No more will come: the client is gone."""
        self._closed.set()
        if self._items.full():
            self._items.get_nowait()  # lets a waiting `put` go
        _fire(self._news)

    async def __aiter__(self) -> AsyncIterator[tuple[float, T | None]]:
        last = self._clock()
        while not (self._closed.is_set() and self._items.empty()):
            item = await self._next()
            now = self._clock()
            yield now - last, item
            last = now

    async def _next(self) -> T | None:
        if self._items.empty():
            # Once for each item of each caller: `asyncio.timeout` costs twice a plain timer.
            loop = asyncio.get_running_loop()
            self._news = loop.create_future()
            timer = loop.call_later(TICK_S, _fire, self._news)
            try:
                await self._news
            finally:
                timer.cancel()
                self._news = None
        return None if self._items.empty() else self._items.get_nowait()


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
