"""Telling the caller from talk that goes on behind them: a television, a café, other people. Pure.

A VAD hears speech in both, so that a turn before such a background would never end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from vivavoce.audio.levels import LevelMeter

WINDOW_S = 0.2
"""Levels are taken over so much: longer than a syllable's fall, shorter than a pause."""

_MEMORY_S = 15.0
_FLOOR, _VOICE = 0.05, 0.9
_NEAR_DB, _BELOW_DB = 7.0, 6.0
"""Background is what is at most so far above the quietest and at least so far below the loudest of
the last 15 s, by these quantiles. Of babble 10 dB below the speech 95 % is found; of speech in
quiet rooms at most 1 % is taken for it, in recordings and synthesized voices."""

_QUIET_DB = -60.0
"""A room whose quietest moments are below has no background worth the name."""

_LEAST_FRAMES = 15


class BackgroundSpeech:
    """Follows the levels of one microphone.

    meter: measures it, at `rate` Hz. frame_s: how long the VAD's frames are, in seconds.
    begun: seconds of audio that the meter had been fed before the VAD's first frame.
    """

    def __init__(self, meter: LevelMeter, rate: int, frame_s: float, begun: float = 0.0) -> None:
        self._meter = meter
        self._rate = rate
        self._frame_s = frame_s
        self._begun = begun
        self._levels = np.zeros(round(_MEMORY_S / frame_s), np.float32)
        self._count = 0

    def without(self, probabilities: Sequence[float]) -> list[float]:
        """The VAD's probabilities of speech, with 0 where it is the background's.

        probabilities: of its next frames, whose audio the meter has been fed.
        """
        return [
            0.0 if self._alone() and probability else probability for probability in probabilities
        ]

    def _alone(self) -> bool:
        """Whether nothing but the background is heard in and before the next frame."""
        place = self._count % len(self._levels)
        self._count += 1
        end = round((self._begun + self._count * self._frame_s) * self._rate)
        level = 10 * math.log10(self._meter.mean_before(end, WINDOW_S) + 1e-12)
        self._levels[place] = level
        known = self._levels[: self._count]
        if len(known) < _LEAST_FRAMES:
            return False
        places = [int(quantile * (len(known) - 1)) for quantile in (_FLOOR, _VOICE)]
        floor, voice = np.partition(known, places)[places].tolist()
        return bool(floor > _QUIET_DB and level - floor <= _NEAR_DB and voice - level >= _BELOW_DB)
