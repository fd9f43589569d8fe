"""Estimates with confidence intervals of 95 %, and differences beyond noise; pure and seeded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

_RESAMPLES = 1000
_LEAST = 3
"""Observations from which resampling says something."""
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
    """A figure, of how many observations, and the ends of its confidence interval; None where
    there are too few for one.
    """

    value: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Difference:
    """How much larger the second is than the first. low, high: None where that is all one knows."""

    value: float
    low: float | None
    high: float | None

    @property
    def beyond_noise(self) -> bool:
        """Whether it is more than chance makes: the interval leaves out zero."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


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
        return Estimate(value, low, high, len(samples))
    if len(samples) < _LEAST:
        return Estimate(value, None, None, len(samples))
    low, high = _middle(_resampled(samples, statistic, 0))
    return Estimate(value, low, high, len(samples))


def difference(
    before: Sequence[Sample], after: Sequence[Sample], statistic: Statistic
) -> Difference | None:
    """None where one of them is empty. Of shares by Newcombe's interval, else by bootstrap."""
    first, second = estimate(before, statistic), estimate(after, statistic)
    if first is None or second is None:
        return None
    value = second.value - first.value
    if None in {first.low, first.high, second.low, second.high}:
        return Difference(value, None, None)
    if statistic == "share":
        a, b = _spread(first), _spread(second)
        return Difference(value, value - math.hypot(b[0], a[1]), value + math.hypot(b[1], a[0]))
    low, high = _middle(_resampled(after, statistic, 1) - _resampled(before, statistic, 2))
    return Difference(value, low, high)


def _spread(found: Estimate) -> tuple[float, float]:
    """How far the interval reaches down and up."""
    assert found.low is not None
    assert found.high is not None
    return found.value - found.low, found.high - found.value


def _middle(figures: NDArray[np.float64]) -> tuple[float, float]:
    """Between which 95 % of them lie."""
    low, high = np.quantile(figures, (0.025, 0.975))
    return float(low), float(high)


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
    """The figure of many draws of as many clusters; of a single one, of its observations."""
    clusters: dict[str, list[Sample]] = {}
    for one in samples:
        clusters.setdefault(one.cluster, []).append(one)
    groups = list(clusters.values()) if len(clusters) > 1 else [[one] for one in samples]
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
