"""The last turns' gaps, and how the server fared over the last hour; bounded, and pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

TURNS = 1000
"""Gaps kept for the percentiles of now."""
STEP_S = 10.0
"""Seconds that a point of the history stands for."""
POINTS = 360
"""An hour of them."""


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Of gaps, in milliseconds; None where there were none."""

    turns: int
    median_ms: float | None
    p90_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


@dataclass(frozen=True, slots=True)
class HistoryPoint:
    """What happened in the `STEP_S` up to `at`, in seconds since 1970.

    sessions: at its end. cpu: cores used on average. lag_ms: the event loop's worst delay.
    """

    at: float
    gaps: Percentiles
    sessions: int
    cpu: float
    rss_mb: float
    lag_ms: float


class LatencyHistory:
    """The gaps of the last `TURNS` turns, and a point every `STEP_S` for the last hour."""

    def __init__(self) -> None:
        self._recent: deque[float] = deque(maxlen=TURNS)
        self._step: deque[float] = deque(maxlen=TURNS)
        self._worst_lag = 0.0
        self._points: deque[HistoryPoint] = deque(maxlen=POINTS)

    def add(self, gap: float) -> None:
        """A turn was answered after so many seconds."""
        self._recent.append(gap)
        self._step.append(gap)

    def lagged(self, seconds: float) -> None:
        """The event loop came so much late to what was due."""
        self._worst_lag = max(self._worst_lag, seconds)

    def end_step(self, at: float, *, sessions: int, cpu: float, rss_mb: float) -> None:
        """Make a point of what came since the last one."""
        lag_ms = round(self._worst_lag * 1000, 1)
        self._points.append(
            HistoryPoint(at, percentiles(self._step), sessions, cpu, rss_mb, lag_ms)
        )
        self._step.clear()
        self._worst_lag = 0.0

    @property
    def gaps(self) -> Percentiles:
        """Over the last turns."""
        return percentiles(self._recent)

    @property
    def points(self) -> tuple[HistoryPoint, ...]:
        """Oldest first."""
        return tuple(self._points)


def percentiles(gaps: Iterable[float]) -> Percentiles:
    """Of gaps in seconds."""
    values = np.fromiter(gaps, float)
    if not len(values):
        return Percentiles(0, None, None, None, None)
    median, p90, p95, p99 = (round(float(q) * 1000, 1) for q in np.percentile(values, _RANKS))
    return Percentiles(len(values), median, p90, p95, p99)


_RANKS = (50, 90, 95, 99)
