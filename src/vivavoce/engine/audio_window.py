"""The audio that a speech model looks at: how loud it is, where speech may be, where to cut."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vivavoce.audio import Samples
from vivavoce.audio.levels import quietest_window

RATE = 16_000
FRAME = 160
"""Levels are taken every 10 ms."""

INAUDIBLE_DB, AUDIBLE_DB = -80.0, -70.0
"""Below the first is a muted input; the loudest of speech is above the second."""

DEPTH_DB = 30.0
FLOOR_DB = 6.0
CAP_DB = 20.0
KEEP = 800
"""What is DEPTH_DB below the loudest is no speech, nor what is less than FLOOR_DB above the
quietest, if that is CAP_DB below the loudest; but the 50 ms beside speech are kept. Over clean
and noisy clips this loses no word, and less is invented at the ends than in the whole clip."""

PAUSE_FRAMES = 30
QUIET_FRAMES = 3
"""So long a silence is a pause. It adds nothing to the speech, what is kept of it being taken for
digital silence where it has not been heard yet."""


class Window:
    """The audio since the last cut."""

    def __init__(self) -> None:
        self._chunks: list[Samples] = []
        self._length = 0
        self._rest: Samples = np.zeros(0, np.float32)
        self._levels: NDArray[np.float32] = np.zeros(0, np.float32)

    def __len__(self) -> int:
        return self._length

    def add(self, samples: Samples) -> None:
        """Take the next audio; it is copied."""
        self._chunks.append(samples.copy())
        self._length += len(samples)
        unmeasured = np.concatenate([self._rest, samples])
        whole = len(unmeasured) - len(unmeasured) % FRAME
        self._rest = unmeasured[whole:]
        self._levels = np.concatenate([self._levels, _levels(unmeasured[:whole])])

    def part(self, span: tuple[int, int]) -> Samples:
        """The samples from the first up to, not including, the second of `span`; silence for
        what is still to come.
        """
        if len(self._chunks) > 1:
            self._chunks = [np.concatenate(self._chunks)]
        first, end = span
        missing = max(0, end - self._length)
        return np.pad(self._chunks[0][first:end], (0, missing))

    def speech(self, end: int | None = None) -> tuple[int, int]:
        """Where the speech is, less the silence around it; (0, 0) where nothing can be heard.

        end: what comes after this sample is not looked at. Without it the speech may end up to
        KEEP after the last sample.
        """
        looked_at = self._length if end is None else end
        loud = np.flatnonzero(self._levels[: looked_at // FRAME] > self._threshold())
        if not len(loud):
            return (0, 0)
        first, last = int(loud[0]), int(loud[-1])
        kept_to = (last + 1) * FRAME + KEEP
        return (max(0, first * FRAME - KEEP), kept_to if end is None else min(end, kept_to))

    @property
    def pause(self) -> int | None:
        """Where the speech ended, if there is none just now: what `speech` ends with then."""
        if not (self._levels[-QUIET_FRAMES:] <= self._threshold()).all():
            return None
        return self.speech()[1]

    @property
    def contrast_db(self) -> float:
        """How far the loudest rises above the quietest: speech comes and goes, noise stays."""
        low, high = self._range()
        return high - low

    def quietest(self, first: int, end: int) -> int:
        """The sample in the middle of the quietest 0.3 s between two samples."""
        power = 10 ** (self._levels[first // FRAME : end // FRAME].astype(np.float64) / 10)
        return first + (quietest_window(power, PAUSE_FRAMES) + PAUSE_FRAMES // 2) * FRAME

    def drop(self, end: int) -> None:
        """Forget everything before this sample, a multiple of FRAME."""
        assert end % FRAME == 0, end
        self._chunks = [self.part((end, self._length)).copy()]
        self._length -= end
        self._levels = self._levels[end // FRAME :]

    def _threshold(self) -> float:
        low, high = self._range()
        return max(high - DEPTH_DB, min(low + FLOOR_DB, high - CAP_DB), AUDIBLE_DB)

    def _range(self) -> tuple[float, float]:
        """The quietest and the loudest levels, less the extremes and what cannot be heard."""
        levels = np.sort(self._levels[self._levels > INAUDIBLE_DB])
        if not len(levels):
            return INAUDIBLE_DB, INAUDIBLE_DB
        return float(levels[len(levels) // 10]), float(levels[len(levels) * 19 // 20])


def _levels(samples: Samples) -> NDArray[np.float32]:
    """The RMS of each frame in dB relative to full scale, -100 at least."""
    frames = samples.reshape(-1, FRAME)
    power = np.einsum("ij,ij->i", frames, frames) / FRAME
    return np.asarray(10 * np.log10(np.maximum(power, 1e-10)), np.float32)
