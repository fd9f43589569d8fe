"""A microphone and what a program saw, shared by the programs; needs nothing but Python."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable

RATE = 24_000
CHUNK_S = 0.02
CHUNK_BYTES = round(CHUNK_S * RATE) * 2


async def spoken(recording: bytes, when: Callable[[], bool] = lambda: True) -> AsyncIterator[bytes]:
    """PCM at 24 kHz in real time, 20 ms at a time, without end: silence, and the recording.

    recording: raw PCM. when: the recording begins once this is true.
    """
    left = recording
    began = time.monotonic()
    count = 0
    while True:
        chunk = b""
        if when():
            chunk, left = left[:CHUNK_BYTES], left[CHUNK_BYTES:]
        yield chunk.ljust(CHUNK_BYTES, b"\0")
        count += 1
        await asyncio.sleep(began + count * CHUNK_S - time.monotonic())


def tell(**seen: object) -> None:
    """Tell the test what a user would have seen and heard."""
    print(json.dumps(seen), flush=True)
