"""Estimates with confidence intervals of 95 %, and differences beyond noise; pure and seeded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

_RESAMPLES = 1000
_Z = 1.959964

Statistic: TypeAlias = float | Literal["share", "ratio"]
"""A quantile, 0 to 1; or all values to all weights: a `share` where each is 0 or 1 of 1."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One observation. cluster: what it shares its luck with, such as the text that was spoken.

    value per weight: 1 or 0 per 1 for a share, errors per words for an error rate.
    """

    cluster: str
    value: float
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, with the ends of its confidence interval, and of how many observations."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Difference:
    """How much larger the second is than the first. beyond_noise: the interval leaves out zero."""

    value: float
    low: float
    high: float

    @property
    def beyond_noise(self) -> bool:
        """Whether it is more than chance makes."""
        return self.low > 0 or self.high < 0


def estimate(samples: Sequence[Sample], statistic: Statistic) -> Estimate | None:
    """None of no samples.

    Shares have Wilson's interval, which knows that none in ten is not never; other figures a
    bootstrap over clusters.
    """
    if not samples or not sum(one.weight for one in samples):
        return None
    value = _figure(samples, statistic)
    if statistic == "share":
        low, high = wilson(sum(one.value for one in samples), len(samples))
    else:
        low, high = np.quantile(_resampled(samples, statistic, 0), (0.025, 0.975))
    return Estimate(value, float(low), float(high), len(samples))


def difference(
    before: Sequence[Sample], after: Sequence[Sample], statistic: Statistic
) -> Difference | None:
    """None where one of them is empty. Of shares by Newcombe's interval, else by bootstrap."""
    first, second = estimate(before, statistic), estimate(after, statistic)
    if first is None or second is None:
        return None
    value = second.value - first.value
    if statistic == "share":
        low = value - math.hypot(second.value - second.low, first.high - first.value)
        high = value + math.hypot(second.high - second.value, first.value - first.low)
        return Difference(value, low, high)
    spread = _resampled(after, statistic, 1) - _resampled(before, statistic, 2)
    low, high = np.quantile(spread, (0.025, 0.975))
    return Difference(value, float(low), float(high))


def wilson(successes: float, n: int) -> tuple[float, float]:
    """The interval of a share; Wilson, 1927."""
    share, z = successes / n, _Z
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def _figure(samples: Sequence[Sample], statistic: Statistic) -> float:
    values = np.array([one.value for one in samples])
    if isinstance(statistic, float):
        return float(np.quantile(values, statistic))
    return float(values.sum() / sum(one.weight for one in samples))


def _resampled(samples: Sequence[Sample], statistic: Statistic, seed: int) -> NDArray[np.float64]:
    """The figure of many draws of as many clusters."""
    clusters: dict[str, list[Sample]] = {}
    for one in samples:
        clusters.setdefault(one.cluster, []).append(one)
    groups = list(clusters.values())
    values = [np.array([one.value for one in group]) for group in groups]
    weights = [np.array([one.weight for one in group]) for group in groups]
    random = np.random.default_rng(seed)
    figures = np.empty(_RESAMPLES)
    for i in range(_RESAMPLES):
        drawn = random.integers(len(groups), size=len(groups))
        some = np.concatenate([values[j] for j in drawn])
        if isinstance(statistic, float):
            figures[i] = np.quantile(some, statistic)
        else:
            total = sum(float(weights[j].sum()) for j in drawn)
            figures[i] = some.sum() / total if total else 0.0
    return figures
