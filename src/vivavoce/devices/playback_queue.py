"""The last few samples before the loudspeaker, which a flush drops without a click."""

from __future__ import annotations

from collections import deque

import numpy as np

from vivavoce.audio import Samples


class PlaybackQueue:
    """Samples on their way to the loudspeaker. Not safe for threads by itself.

    fade: over how many samples a flush fades out, and what comes after it fades in.
    """

    def __init__(self, fade: int) -> None:
        self._fade = fade
        self._queue: deque[Samples] = deque()
        self._queued = 0
        self._flushed = False

    def __len__(self) -> int:
        """How many wait."""
        return self._queued

    def put(self, samples: Samples) -> None:
        """Queue these; faded in where they come after a flush."""
        if not len(samples):
            return
        if self._flushed:
            self._flushed = False
            samples = samples.copy()
            count = min(self._fade, len(samples))
            samples[:count] *= _ramp(count)
        self._append(samples)

    def pop(self, count: int) -> Samples:
        """The next `count` samples; silence follows where there are fewer."""
        taken = np.zeros(count, np.float32)
        filled = 0
        while filled < count and self._queue:
            head = self._queue.popleft()
            part = head[: count - filled]
            taken[filled : filled + len(part)] = part
            filled += len(part)
            if len(part) < len(head):
                self._queue.appendleft(head[len(part) :])
        self._queued -= filled
        return taken

    def flush(self) -> int:
        """Drop all but what fades out; how many samples that is."""
        if self._flushed:
            return 0
        queued = self._queued
        kept = self.pop(min(self._fade, queued))
        self._queue.clear()
        self._queued = 0
        self._append(kept * _ramp(len(kept))[::-1])
        self._flushed = True
        return queued - len(kept)

    def _append(self, samples: Samples) -> None:
        if len(samples):
            self._queue.append(samples)
            self._queued += len(samples)


def _ramp(count: int) -> Samples:
    """From 0 to 1, without corners."""
    rise: Samples = (0.5 - 0.5 * np.cos(np.pi * (np.arange(count) + 0.5) / max(count, 1))).astype(
        np.float32
    )
    return rise
