"""How loud a stream of audio is over time: measured once, read by all that goes by level."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .ring_buffer import RingBuffer
from .samples import Samples

FRAME_S = 0.01

Powers: TypeAlias = NDArray[np.float32]
"""(n,), mean squares of frames of `FRAME_S`; 1.0 is full scale."""

_FRAMES_PER_S = 100
_NONE: Samples = np.zeros(0, np.float32)


class LevelMeter:
    """Measures one stream in frames of 10 ms, and keeps the last `keep_s` seconds of powers.

    rate: in Hz; at a multiple of 100 the frames last for exactly 10 ms.
    """

    def __init__(self, rate: int, keep_s: float) -> None:
        self._frame = rate // _FRAMES_PER_S
        self._rest = _NONE
        self._powers = RingBuffer(keep_s, _FRAMES_PER_S)

    def feed(self, samples: Samples) -> Powers:
        """Take the next audio and return the powers of the frames that it completes."""
        joined = np.concatenate([self._rest, samples]) if len(self._rest) else samples
        whole = len(joined) - len(joined) % self._frame
        self._rest = joined[whole:].copy() if whole < len(joined) else _NONE
        frames = joined[:whole].reshape(-1, self._frame)
        powers: Powers = np.einsum("ij,ij->i", frames, frames) / self._frame
        self._powers.record(powers)
        return powers

    def since(self, sample: int) -> Powers:
        """The powers of all frames that begin at this sample or later, as far back as is kept."""
        return self._powers.since(-(-sample // self._frame))

    def mean_before(self, sample: int, seconds: float) -> float:
        """The mean power of so much audio before this sample, to 10 ms; 0 of none.

        sample: of those fed already.
        """
        frames = round(seconds * _FRAMES_PER_S)
        last = sample // self._frame
        kept = self._powers.since(last - frames)
        kept = kept[: max(0, len(kept) - (self._powers.end - last))]
        return sum(kept.tolist()) / len(kept) if len(kept) else 0.0


def quietest(samples: Samples, rate: int, window_s: float) -> int:
    """The sample in the middle of the quietest `window_s` of this audio, to 10 ms.

    samples: (n,) at `rate`; of one that is shorter than the window, its middle.
    """
    window, hop = round(window_s * rate), rate // _FRAMES_PER_S
    if len(samples) < window:
        return len(samples) // 2
    sums = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    return quietest_window(sums[window::hop] - sums[:-window:hop]) * hop + window // 2


def quietest_window(powers: NDArray[np.floating], frames: int = 1) -> int:
    """The number of the first of the `frames` frames in a row that are quietest together.

    powers: (n,), of frames in order; n is at least `frames`.
    """
    summed = powers if frames == 1 else np.convolve(powers, np.ones(frames), "valid")
    return int(np.argmin(summed))
