"""Sinks that are no transport: for files, demonstrations and measurements."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from vivavoce.audio import Audio, Samples

from .playout import AUDIBLE


class MemorySink:
    """Keeps what it was given, and when the first audible sample came.

    rate: Hz. lead_s: how far ahead of the ear it is filled.
    first_sound: on `clock`, since the last `listen`; None until then.
    """

    def __init__(
        self,
        rate: int,
        lead_s: float = 0.02,
        *,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.rate = rate
        self.lead_s = lead_s
        self.first_sound: float | None = None
        self.last_write: float | None = None
        self.flushes = 0
        self._clock = clock
        self._writes: list[Samples] = []

    def write(self, samples: Samples) -> None:
        """Keep it."""
        self.last_write = self._clock()
        if self.first_sound is None:
            audible = np.flatnonzero(np.abs(samples) > AUDIBLE)
            if len(audible):
                self.first_sound = self.last_write + float(audible[0]) / self.rate
        self._writes.append(samples)

    def flush(self) -> int | None:
        """What was heard is left to the session's clock."""
        self.flushes += 1
        return None

    def listen(self) -> None:
        """Wait for a first sound again."""
        self.first_sound = None

    @property
    def audio(self) -> Audio:
        """Everything written so far."""
        return Audio(np.concatenate([np.zeros(0, np.float32), *self._writes]), self.rate)
