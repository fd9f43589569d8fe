"""Each channel of a recording heard by itself, and what is said merged by time."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace

import numpy as np

from vivavoce.audio import Samples

from .segment import Segment

Hear = Callable[[AsyncGenerator[Samples, None]], AsyncGenerator[Segment, None]]

_AHEAD = 2
"""Chunks that one channel may be behind another."""


async def heard_separately(
    chunks: AsyncIterator[Samples], count: int, hear: Hear
) -> AsyncGenerator[Segment, None]:
    """What `hear` makes of each channel, by start, with `channel 1` and so on as the speaker.

    chunks: (channels, n). A segment comes once no channel can have an earlier one, at the latest
    in the end: each channel's own come in order. Consume under `aclosing`.
    Raises what hearing or reading raises.
    """
    audio: list[asyncio.Queue[Samples | None]] = [asyncio.Queue(_AHEAD) for _ in range(count)]
    # Not bounded: a channel that waits for the others' words would keep them from coming.
    found: asyncio.Queue[tuple[int, Segment | None]] = asyncio.Queue()

    async def deal() -> None:
        async for chunk in chunks:
            for channel, queue in zip(np.ascontiguousarray(chunk), audio, strict=True):
                await queue.put(channel)
        for queue in audio:
            await queue.put(None)

    async def channel(number: int) -> None:
        async with aclosing(hear(_taken(audio[number]))) as segments:
            async for segment in segments:
                found.put_nowait((number, _spoken_on(segment, number)))
        while await audio[number].get() is not None:
            pass  # what the engine did not ask for must not hold up the others
        found.put_nowait((number, None))

    jobs = [deal(), *(channel(number) for number in range(count))]
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        async with aclosing(_merged(found, tasks, count)) as segments:
            async for segment in segments:
                yield segment
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _merged(
    found: asyncio.Queue[tuple[int, Segment | None]], tasks: list[asyncio.Task[None]], count: int
) -> AsyncGenerator[Segment, None]:
    """The segments by start. Raises the first error of a task."""
    reached = [0.0] * count
    waiting: list[tuple[float, int, int, Segment]] = []
    order = 0
    while min(reached) < float("inf"):
        getting = asyncio.ensure_future(found.get())
        try:
            while not getting.done():
                running = {task for task in tasks if not task.done()}
                await asyncio.wait({getting, *running}, return_when=asyncio.FIRST_COMPLETED)
                for task in tasks:
                    if task.done():
                        task.result()
        finally:
            getting.cancel()
        number, segment = getting.result()
        reached[number] = float("inf") if segment is None else segment.start
        if segment is not None:
            heapq.heappush(waiting, (segment.start, number, order := order + 1, segment))
        while waiting and waiting[0][0] <= min(reached):
            yield heapq.heappop(waiting)[-1]


async def _taken(queue: asyncio.Queue[Samples | None]) -> AsyncGenerator[Samples, None]:
    while (chunk := await queue.get()) is not None:
        yield chunk
    queue.put_nowait(None)


def _spoken_on(segment: Segment, number: int) -> Segment:
    speaker = f"channel {number + 1}"
    said = segment.transcript
    words = tuple(replace(word, speaker=word.speaker or speaker) for word in said.words)
    return replace(segment, transcript=replace(said, words=words), speaker=speaker)
