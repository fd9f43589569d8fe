"""Confidence intervals and differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.bench.scorecard.statistics import Sample, difference, estimate, wilson


def samples(values: list[float], weight: float = 1.0) -> list[Sample]:
    return [Sample(str(i), value, weight) for i, value in enumerate(values)]


def test_none_in_ten_is_not_never() -> None:
    found = estimate(samples([0.0] * 10), "share")
    assert found is not None
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(0.2775, abs=1e-3)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"), [(5, 10, 0.2366, 0.7634), (1, 100, 0.0018, 0.0545)]
)
def test_shares_have_wilsons_interval(hits: int, n: int, low: float, high: float) -> None:
    assert wilson(hits, n) == pytest.approx((low, high), abs=1e-3)


def test_nothing_is_estimated_from_nothing() -> None:
    assert estimate([], "share") is None
    assert estimate([], 0.5) is None
    assert estimate(samples([1.0], weight=0.0), "ratio") is None
    assert difference([], samples([1.0]), 0.5) is None


def test_a_rate_is_of_all_words_together() -> None:
    found = estimate([Sample("a", 1, 2), Sample("b", 0, 8)], "ratio")
    assert found is not None
    assert found.value == pytest.approx(0.1)


@given(st.lists(st.floats(0.0, 10.0), min_size=3, max_size=30))
@settings(deadline=None, max_examples=20)
def test_an_estimate_is_the_same_each_time_and_within_its_interval(values: list[float]) -> None:
    first, second = (estimate(samples(values), 0.5) for _ in range(2))
    assert first == second
    assert first is not None
    assert first.low is not None
    assert first.high is not None
    assert first.low - 1e-9 <= first.value <= first.high + 1e-9
    assert min(values) <= first.low <= first.high <= max(values)


def test_repeats_of_one_text_count_as_one() -> None:
    random = np.random.default_rng(1)
    texts = random.normal(1.0, 0.3, 8)
    apart = [Sample(str(i), float(value)) for i, value in enumerate(texts)]
    repeated = [Sample(str(i), float(value)) for i, value in enumerate(texts) for _ in range(20)]
    narrow, wide = estimate(apart, 0.5), estimate(repeated, 0.5)
    assert narrow is not None
    assert wide is not None
    assert None not in {wide.low, wide.high, narrow.low, narrow.high}
    assert (wide.high or 0) - (wide.low or 0) > 0.5 * ((narrow.high or 0) - (narrow.low or 0))


def test_noise_is_no_difference_and_a_shift_is_one() -> None:
    random = np.random.default_rng(2)
    values = [float(value) for value in random.normal(0.5, 0.1, 60)]
    again = [float(value) for value in random.normal(0.5, 0.1, 60)]
    same = difference(samples(values), samples(again), 0.5)
    slower = difference(samples(values), samples([value + 0.2 for value in again]), 0.5)
    assert same is not None
    assert slower is not None
    assert not same.beyond_noise
    assert slower.beyond_noise
    assert slower.value == pytest.approx(0.2, abs=0.06)


@pytest.mark.parametrize(("after", "beyond"), [(2, False), (30, True)])
def test_shares_differ_when_chance_would_not_make_it(after: int, beyond: bool) -> None:
    found = difference(
        samples([1.0] * 1 + [0.0] * 49), samples([1.0] * after + [0.0] * (50 - after)), "share"
    )
    assert found is not None
    assert found.beyond_noise is beyond


def test_two_observations_have_no_interval_and_make_no_difference() -> None:
    found = estimate(samples([0.2, 0.4]), 0.5)
    assert found is not None
    assert found.value == pytest.approx(0.3)
    assert (found.low, found.high) == (None, None)
    apart = difference(samples([0.1]), samples([9.0]), 0.5)
    assert apart is not None
    assert not apart.beyond_noise


def test_many_repeats_of_a_single_text_still_have_an_interval() -> None:
    found = estimate([Sample("one", value) for value in (0.1, 0.2, 0.4, 0.8)], 0.5)
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high
