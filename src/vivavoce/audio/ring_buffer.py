"""The last stretch of a stream of audio, by sample number."""

from __future__ import annotations

import numpy as np

from .samples import Samples


class RingBuffer:
    """Keeps the last `seconds` of what was recorded.

    end: the number of samples recorded so far, which is the next sample's number.
    """

    def __init__(self, seconds: float, rate: int) -> None:
        self._keep = round(seconds * rate)
        self._store = np.zeros(2 * self._keep, np.float32)
        self._fill = 0
        self.end = 0

    def record(self, samples: Samples) -> None:
        """Take the next samples."""
        n = len(samples)
        self.end += n
        if n >= self._keep:
            self._store[: self._keep] = samples[n - self._keep :]
            self._fill = self._keep
            return
        if self._fill + n > len(self._store):
            kept = self._keep - n
            self._store[:kept] = self._store[self._fill - kept : self._fill].copy()
            self._fill = kept
        self._store[self._fill : self._fill + n] = samples
        self._fill += n

    def since(self, sample: int) -> Samples:
        """A copy of everything from that sample number on, as far back as is kept."""
        n = min(max(self.end - sample, 0), self._fill, self._keep)
        return self._store[self._fill - n : self._fill].copy()
