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

_SPREAD_DB = 1.5
"""Between the quietest 5 % and 25 % of steady noise; talk and music spread further."""

_PAUSE, _ALONE_DB = 10, 5.0
"""So many levels in a row, no further above the noise, are nothing but noise. Suppression begins
only then: what begins in the middle of an utterance costs words."""

_GONE_DB = 6.0
"""A level so far below the noise shows that it is gone. Nothing else ends it while somebody speaks:
suppression that comes and goes in an utterance costs more words than none."""

_USUAL_DB = -22.0
"""The loudest moments of a voice of which nothing is known yet, in dB of full scale: those that
gain control aims at."""

_FORGET_DB = 0.004
"""By how much the voice's level counts for less with each look: 10 dB in four minutes."""

_ON_DB, _OFF_DB = 12.0, 14.0
"""The voice's loudest moments above the noise, with which it disturbs, and from which on it does
not any more; in noise 5 dB below a voice they are 10, in noise 10 dB below it 14. `vivavoce bench
enhance` tells what that does to words."""

_FAINT_DB = -55.0
"""Noise below this, in dB of full scale, disturbs nobody."""


class NoiseGate:
    """Watches the levels of one microphone: its noise in the last three seconds, and its voice.

    audible: whether there may be any, as until the microphone was silent once in the last second.
    loud: whether it is steady, and loud enough to disturb.
    """

    def __init__(self) -> None:
        self.audible = True
        self.loud = False
        self._levels: deque[float] = deque(maxlen=_WINDOW)
        self._power = 0.0
        self._blocks = 0
        self._peak, self._floor = _USUAL_DB, -100.0

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
        levels = list(self._levels)
        lowest, floor, low, peak = np.quantile(levels, (0.05, 0.1, 0.25, 0.95)).tolist()
        self.audible = min(levels[-_SECOND:]) > _FAINT_DB
        self._peak = max(peak, self._peak - _FORGET_DB)
        steady = low - lowest < _SPREAD_DB
        if steady:
            self._floor = floor
        alone = max(levels[-_PAUSE:]) - floor < _ALONE_DB
        there = lowest > self._floor - _GONE_DB if self.loud else steady and alone
        contrast = self._peak - self._floor
        disturbs = contrast < _OFF_DB if self.loud else contrast < _ON_DB
        self.loud = there and disturbs and self._floor > _FAINT_DB
