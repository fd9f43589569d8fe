"""Where a voice falls silent, by its level alone; pure.

A VAD tells of a silence about 0.1 s after it began. By then a recognizer that began to look at
once has half of its work behind it.
"""

from __future__ import annotations

import numpy as np

from vivavoce.audio.levels import Powers

DEPTH_DB = 30.0
"""So far below its loudest moments a voice is silent."""

_FRAMES = 3
"""Of the meter's. The closures of some stop consonants are longer: a look is then begun in vain,
and given up when the next silence comes."""

_FORGET_DB = 0.03
"""By how much the loudest moment counts for less with each frame: 3 dB in a second."""


class LevelDips:
    """Notices silences in one voice. In noise that is louder than that it notices none."""

    def __init__(self) -> None:
        self._peak_db = -100.0
        self._silent = 0

    def feed(self, powers: Powers) -> bool:
        """Take the powers of the next frames; whether a silence has just become long enough."""
        begun = False
        for level in (10 * np.log10(np.maximum(powers, 1e-10))).tolist():
            self._peak_db = max(level, self._peak_db - _FORGET_DB)
            self._silent = self._silent + 1 if level < self._peak_db - DEPTH_DB else 0
            begun = begun or self._silent == _FRAMES
        return begun
