"""Raw audio from a pipe, in whatever tempo it comes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import BinaryIO, Literal, TypeAlias

import numpy as np

from vivavoce.audio import Audio, Samples

Encoding: TypeAlias = Literal["s16le", "f32le"]

_CHUNK = 8192
_WIDTHS: dict[Encoding, int] = {"s16le": 2, "f32le": 4}


class PcmInput:
    """Mono PCM from a stream of bytes, read no faster than it is taken.

    A thread reads, for a read that waits cannot be cancelled.
    """

    def __init__(self, stream: BinaryIO, rate: int, encoding: Encoding) -> None:
        self._stream = stream
        self._rate = rate
        self._encoding = encoding
        self._chunks: asyncio.Queue[bytes] = asyncio.Queue(2)
        self._room = threading.Semaphore(1)
        self._closed = False

    def close(self) -> None:
        """End the source, after what was read already."""
        if not self._closed:
            self._closed = True
            self._chunks.put_nowait(b"")

    async def source(self) -> AsyncGenerator[Audio, None]:
        """The audio, until the stream's end or `close`. Bytes that make no sample are left out."""
        loop = asyncio.get_running_loop()
        threading.Thread(
            target=self._read, args=(loop,), name="vivavoce-stdin", daemon=True
        ).start()
        width, rest = _WIDTHS[self._encoding], b""
        while data := await self._chunks.get():
            self._room.release()
            data = rest + data
            whole = len(data) - len(data) % width
            rest = data[whole:]
            if whole:
                yield Audio(_samples(data[:whole], self._encoding), self._rate)

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        # a thread that waits in a buffered read would abort the interpreter's shutdown
        raw = getattr(self._stream, "raw", self._stream)
        read = getattr(raw, "read1", raw.read)
        data = b"."
        with suppress(RuntimeError):  # the loop has ended
            while data:
                self._room.acquire()
                try:
                    data = read(_CHUNK)
                except (OSError, ValueError):  # closed under our hands
                    data = b""
                loop.call_soon_threadsafe(self._chunks.put_nowait, data)


def _samples(data: bytes, encoding: Encoding) -> Samples:
    if encoding == "f32le":
        return np.frombuffer(data, "<f4").astype(np.float32)
    return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32768)
