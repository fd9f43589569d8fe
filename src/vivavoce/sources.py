"""Audio for a session that comes from no microphone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

from .audio import Audio

CHUNK_S = 0.02


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
    step = max(1, round(chunk_s * audio.rate))
    for start in range(0, len(audio.samples), step):
        yield Audio(audio.samples[start : start + step], audio.rate)
    silence = Audio.silence(chunk_s, audio.rate)
    while True:
        yield silence
