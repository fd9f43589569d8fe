"""A gain that changes without a click; pure."""

from __future__ import annotations

import numpy as np

from .samples import Samples

RAMP_S = 0.01
"""From silence to full scale; smaller steps take less."""


class GainRamp:
    """Applies a gain to a stream of samples, which is 1 in the beginning. rate: Hz."""

    def __init__(self, rate: int) -> None:
        self._step = 1.0 / max(1, round(RAMP_S * rate))
        self._gain = self._target = 1.0

    def to(self, gain: float) -> None:
        """Change to this gain with the next samples."""
        self._target = gain

    def cut(self) -> None:
        """There was silence: come back from it with the next samples."""
        self._gain = 0.0

    def apply(self, samples: Samples) -> Samples:
        """The next samples with the gain; the same array where that is 1."""
        if self._gain == self._target or not len(samples):
            return samples if self._gain == 1.0 else samples * np.float32(self._gain)
        way = self._target - self._gain
        steps = np.arange(1, len(samples) + 1) * np.copysign(self._step, way)
        gains = self._gain + np.clip(steps, min(way, 0.0), max(way, 0.0))
        done = len(samples) * self._step >= abs(way)
        self._gain = self._target if done else float(gains[-1])
        return np.asarray(samples * gains, np.float32)
