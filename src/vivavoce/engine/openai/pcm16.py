"""16-bit sound from a server, in pieces of any size: bare PCM, or a WAV file's."""

from __future__ import annotations

import struct

import numpy as np

from vivavoce.audio import Resampler, Samples, from_pcm16

_PCM, _EXTENSIBLE = 1, 0xFFFE
_LONGEST_HEADER = 64 * 1024


class Pcm16Stream:
    """Makes samples at `rate` of bytes: mono 16-bit PCM at that rate, or a 16-bit WAV file.

    Bytes that make no whole sample wait for the next piece.
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._rest = b""
        self._channels: int | None = None
        self._resampler: Resampler | None = None

    def feed(self, data: bytes) -> Samples:
        """Take the next bytes. Raises ValueError for a WAV file of another kind."""
        self._rest += data
        if self._channels is None and not self._start():
            return np.zeros(0, np.float32)
        assert self._channels is not None
        whole = len(self._rest) - len(self._rest) % (2 * self._channels)
        sound, self._rest = self._rest[:whole], self._rest[whole:]
        samples = from_pcm16(sound).reshape(-1, self._channels).mean(axis=1)
        return self._resampler.feed(samples) if self._resampler else samples

    def flush(self) -> Samples:
        """What is still inside; half a sample at the end is dropped."""
        if self._channels is None:  # too short for a header
            self._channels, rest, self._rest = 1, self._rest, b""
            return self.feed(rest)
        return self._resampler.flush() if self._resampler else np.zeros(0, np.float32)

    def _start(self) -> bool:
        """Find out what it is; false while there is too little to tell."""
        if not b"RIFF".startswith(self._rest[:4]) and self._rest[:4] != b"RIFF":
            self._channels = 1
            return True
        header = _header(self._rest)
        if header is None:
            if len(self._rest) > _LONGEST_HEADER:
                raise ValueError("a WAV file without sound")
            return False
        self._channels, rate, sound = header
        self._rest = self._rest[sound:]
        if rate != self.rate:
            self._resampler = Resampler(rate, self.rate)
        return True


def _header(data: bytes) -> tuple[int, int, int] | None:
    """A WAV file's channels and rate, and where its sound begins; None until that is there.

    Lengths are not looked at: who streams does not know them.
    """
    at, found = 12, (0, 0)
    while len(data) >= at + 8:
        name, size = struct.unpack_from("<4sI", data, at)
        at += 8
        if name == b"data":
            if 0 in found:
                raise ValueError("a WAV file without a format")
            return *found, at
        if name == b"fmt " and len(data) >= at + 16:
            kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", data, at)
            if kind not in {_PCM, _EXTENSIBLE} or bits != 16 or not channels:
                raise ValueError(f"a WAV file of format {kind} with {bits} bits")
            found = channels, rate
        at += size + size % 2
    return None
