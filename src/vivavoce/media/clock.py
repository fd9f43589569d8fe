"""Where in the recording each frame belongs: from its time stamp, not from a count of samples."""

from __future__ import annotations

import math

_TOLERANCE_S = 0.1
"""What stamps may be off without anything missing: as FFmpeg's aresample (min_hard_comp)."""
_STEP_S = 0.05
"""A gap between two stamps that is a hole. Less may add up, for clocks run unevenly."""
_DRIFT_S = 0.5
"""What may add up before silence makes up for it."""
_BACK_S = 1.0
"""Stamps that go back by more begin anew."""
_HOLE_S = 3600.0
"""A longer hole is no hole but an absurd stamp."""
_SPLICE_S = 10.0
"""Where a container's clock may change at a splice, as FFmpeg has it (dts_delta_threshold)."""


class FrameClock:
    """Tells how much silence belongs before each frame, so that the recording keeps its times.

    wrap_s: after how long the stamps begin at 0 again; None where they do not.
    spliced: whether the clock may change at a splice, as MPEG-TS's does.
    """

    def __init__(self, *, wrap_s: float | None = None, spliced: bool = False) -> None:
        self.seconds = 0.0
        """Where the recording is: what was placed, silence included."""
        self.furthest = 0.0
        """The end of what was placed, by its own stamps where they are later."""
        self.odd = 0
        """How often a stamp was so far off that it was not believed."""
        self._wrap_s = wrap_s
        self._spliced = spliced
        self._offset = 0.0
        self._due: float | None = None
        self._began = False
        self._lost = False

    def lost(self) -> None:
        """A packet before the next frame could not be decoded."""
        self._lost = True

    def place(
        self, stamp: float | None, length: float, following: float | None, seen: float | None = None
    ) -> float:
        """How much silence belongs before a frame, in seconds.

        stamp: the frame's time since the recording's beginning; None if it has none.
        length: how long it lasts. following: the next frame's stamp, which shows whether a jump
        is meant. seen: the last stamp of another stream, such as the picture's.
        """
        gap = 0.0
        if stamp is not None:
            stamp = self.unwrapped(stamp)
            lag = stamp + self._offset - self.seconds
            if abs(lag) > _TOLERANCE_S and self._meant(stamp, length, following):
                gap = self._gap(stamp, lag, seen)
            self._due = stamp + length
        elif self._due is not None:
            self._due += length
        self._began, self._lost = True, False
        self.seconds += gap + length
        self.furthest = max(self.furthest, self.seconds, self._due or 0.0)
        return gap

    def _gap(self, stamp: float, lag: float, seen: float | None) -> float:
        """Silence for a lag that is meant; 0 where the clock begins anew."""
        limit = _HOLE_S
        if self._spliced and self._began and not self._covered(stamp, seen):
            limit = _SPLICE_S
        if lag > limit or lag < -_BACK_S:
            self.odd += lag > _HOLE_S
            self._offset -= lag
            return 0.0
        step = lag if self._due is None else stamp - self._due
        enough = _TOLERANCE_S if step > _STEP_S or self._lost else _DRIFT_S
        return lag if lag > enough else 0.0

    def _covered(self, stamp: float, seen: float | None) -> bool:
        """Whether another stream went on through the hole."""
        if seen is None or self._due is None:
            return False
        return self._due + _TOLERANCE_S < self.unwrapped(seen) < stamp + _BACK_S

    def _meant(self, stamp: float, length: float, following: float | None) -> bool:
        """Whether the next frame goes on from this one, and not from the one before."""
        if following is None:
            return True
        return abs(self.unwrapped(following, near=stamp) - (stamp + length)) < _BACK_S

    def unwrapped(self, stamp: float, near: float | None = None) -> float:
        """The stamp in the round of the clock that is nearest to where it is."""
        if self._wrap_s is None:
            return stamp
        near = (self._due or 0.0) if near is None else near
        return stamp + self._wrap_s * round((near - stamp) / self._wrap_s)


def seconds(ticks: int | None, time_base: object) -> float | None:
    """A time stamp in seconds."""
    if ticks is None or not time_base:
        return None
    value = float(ticks * time_base)  # type: ignore[operator]
    return value if math.isfinite(value) else None
