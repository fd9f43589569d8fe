"""Telling the caller from talk that goes on behind them: a television, a café, other people. Pure.

A VAD hears speech in both, so that a turn before such a background would never end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from vivavoce.audio import Samples

_WINDOW_S = 0.2
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
    """Follows the levels of one microphone. rate: in Hz. frame: samples of the VAD's frames."""

    def __init__(self, rate: int, frame: int) -> None:
        self._frame = frame
        seconds = frame / rate
        self._rest: Samples = np.zeros(0, np.float32)
        self._powers: deque[float] = deque(maxlen=max(1, round(_WINDOW_S / seconds)))
        self._levels = np.zeros(round(_MEMORY_S / seconds), np.float32)
        self._count = 0

    def without(self, samples: Samples, probabilities: Sequence[float]) -> list[float]:
        """The VAD's probabilities of speech for these samples, with 0 where it is the background's.

        samples: the same that the VAD was fed; each of its frames has a probability.
        """
        joined = np.concatenate([self._rest, samples])
        whole = len(probabilities) * self._frame
        self._rest = joined[whole:]
        frames = joined[:whole].reshape(-1, self._frame)
        powers = np.einsum("ij,ij->i", frames, frames) / self._frame
        return [
            0.0 if self._alone(power) and probability else probability
            for power, probability in zip(powers.tolist(), probabilities, strict=True)
        ]

    def _alone(self, power: float) -> bool:
        """Whether nothing but the background is heard in and before a frame of this power."""
        self._powers.append(power)
        level = 10 * np.log10(sum(self._powers) / len(self._powers) + 1e-12)
        self._levels[self._count % len(self._levels)] = level
        self._count += 1
        known = self._levels[: self._count]
        if len(known) < _LEAST_FRAMES:
            return False
        places = [int(quantile * (len(known) - 1)) for quantile in (_FLOOR, _VOICE)]
        floor, voice = np.partition(known, places)[places].tolist()
        return bool(floor > _QUIET_DB and level - floor <= _NEAR_DB and voice - level >= _BELOW_DB)
