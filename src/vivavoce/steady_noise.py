"""Whether noise is worth suppressing: what that takes of a voice costs words, too. Pure."""

from __future__ import annotations

import math
from collections import deque

import numpy as np

_BLOCKS = 5
"""Of 10 ms; their mean power is one level. Shorter ones vary in steady noise, too."""

_WINDOW, _SECOND = 60, 20
_EVERY = 2
_LEAST = 30
"""In levels: what is looked at, how often, and how much there must be."""

_SPREAD_DB = 2.0
"""Between the quietest 5 % and 25 % of steady noise; talk and music spread further."""

_VOICE_DB = 2.5
"""What rises so far above the noise is a voice. Until one was heard nothing is known of it."""

_FORGET_DB = 0.02
"""By how much the voice's level counts for less with each look: 10 dB in 50 s."""

_ON_DB, _OFF_DB = 8.0, 9.0
"""The loudest moments above the noise: below the first it is loud beside a voice, and from the
second on it is not any more. `vivavoce bench enhance` tells what that does to words."""

_FAINT_DB = -60.0
"""Noise below this, in dB of full scale, disturbs nobody."""


class SteadyNoise:
    """Watches the levels of one microphone: its noise in the last three seconds, and its voice.

    audible: whether there may be any, as until the microphone was silent once in the last second.
    loud: whether it is steady, and loud beside the voice.
    """

    def __init__(self) -> None:
        self.audible = True
        self.loud = False
        self._levels: deque[float] = deque(maxlen=_WINDOW)
        self._power = 0.0
        self._blocks = 0
        self._peak = -100.0

    def hear(self, power: float) -> None:
        """Take the mean square of the next 10 ms."""
        self._power += power / _BLOCKS
        self._blocks += 1
        if self._blocks % _BLOCKS == 0:
            self._levels.append(10 * math.log10(max(self._power, 1e-10)))
            self._power = 0.0
            if self._blocks % (_BLOCKS * _EVERY) == 0 and len(self._levels) >= _LEAST:
                self._look()

    def _look(self) -> None:
        lowest, floor, low, peak = np.quantile(self._levels, (0.05, 0.1, 0.25, 0.95)).tolist()
        self.audible = min(list(self._levels)[-_SECOND:]) > _FAINT_DB
        steady = floor > _FAINT_DB and low - lowest < _SPREAD_DB
        self._peak = max(peak, self._peak - _FORGET_DB)
        contrast = self._peak - floor
        self.loud = steady and _VOICE_DB < contrast < (_OFF_DB if self.loud else _ON_DB)
