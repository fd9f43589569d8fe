"""A sound file that is handed out while it is being made."""

from __future__ import annotations

import io
from contextlib import ExitStack
from typing import TYPE_CHECKING, BinaryIO, cast

from vivavoce.audio import Resampler, Samples, to_pcm16
from vivavoce.media.decode import Writer

if TYPE_CHECKING:
    from typing_extensions import Buffer

PCM = "pcm"
"""Signed 16-bit, little-endian, without a header."""


class FileEncoder:
    """Makes a mono sound file; what `feed` and `finish` give, joined, is the file.

    source_rate: of the samples, rate: of the file; in Hz. form: PCM or one of `media.FORMATS`.
    Blocks for about 5 ms a second of sound: call it in a thread.
    """

    def __init__(self, source_rate: int, rate: int, form: str) -> None:
        self._resampler = Resampler(source_rate, rate)
        self._made = _EncodedBytes()
        self._stack = ExitStack()
        self._writer = None
        if form != PCM:
            writer = Writer(cast("BinaryIO", self._made), rate, format=form)
            self._writer = self._stack.enter_context(writer)

    def feed(self, samples: Samples) -> bytes:
        """Take the next samples; give what they make ready."""
        return self._encoded(self._resampler.feed(samples))

    def finish(self) -> bytes:
        """The file's end; nothing may follow."""
        last = self._encoded(self._resampler.flush())
        self._stack.close()
        return last + self._made.drain()

    def close(self) -> None:
        """Give the file up, if it is not finished."""
        self._made.discard = True
        self._stack.close()

    def _encoded(self, samples: Samples) -> bytes:
        if self._writer is None:
            return to_pcm16(samples)
        self._writer.write(samples)
        return self._made.drain()


class _EncodedBytes(io.RawIOBase):
    """What has been written, and was not taken yet."""

    def __init__(self) -> None:
        self.discard = False
        self._pieces: list[bytes] = []

    def write(self, data: Buffer) -> int:
        """As of a file that cannot be sought in."""
        piece = bytes(data)
        if not self.discard:
            self._pieces.append(piece)
        return len(piece)

    def drain(self) -> bytes:
        """All of it."""
        made, self._pieces = b"".join(self._pieces), []
        return made
