"""Telling "mm-hm", "uh-huh" and "ah" from words, by the sound alone. Pure.

They are one sound that is held, perhaps with a breath between, while even the shortest word moves
through several. Recognizers that have to write words make "Other." or "And then" of them.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from vivavoce.audio import Samples
from vivavoce.audio.features import BANDS, log_mel

_LEAST_S, _MOST_S = 0.1, 1.2
_DEPTH_DB = 20.0
"""What is so far below the loudest is a breath or the room."""

_CEPSTRA = 8
_MOVES = 2.3
"""How far the sound moves about its middle, as the mean over its frames of the distance of their
first cepstra. In ten synthesized voices "uh-huh" moves by 1.5 at the median and at most by 2.1,
"stop", which moves least of the words that interrupt, by 2.2 to 5.2, most others by 4 to 10."""


def hums(samples: Samples) -> bool:
    """Whether the voice in this makes one sound and no more. samples: (n,) at 16 kHz."""
    moved = movement(samples)
    return moved is not None and moved <= _MOVES


def movement(samples: Samples) -> float | None:
    """How far the sound moves; None where it is too short or too long to be told."""
    if len(samples) < 1_000:
        return None
    logs = (log_mel(samples).astype(np.float64) - 1.0) * 4.0 * np.log(10)
    energies = np.exp(logs).sum(axis=0)
    loud = logs[:, energies > energies.max() * 10 ** (-_DEPTH_DB / 10)]
    if not _LEAST_S <= loud.shape[1] * 0.01 <= _MOST_S:
        return None
    cepstra = _cosines() @ loud
    middle = np.median(cepstra, axis=1, keepdims=True)
    return float(np.sqrt(((cepstra - middle) ** 2).mean(axis=0)).mean())


@cache
def _cosines() -> NDArray[np.float64]:
    """(_CEPSTRA, BANDS), from logarithms of bands to cepstra without the first, the level."""
    angles = np.outer(np.arange(1, _CEPSTRA + 1), np.arange(BANDS) + 0.5)
    return np.asarray(np.sqrt(2 / BANDS) * np.cos(np.pi * angles / BANDS))
