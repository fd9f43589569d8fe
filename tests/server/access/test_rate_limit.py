"""How often one caller may ask."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.server.access.rate_limit import TokenBucket


def test_a_minute_s_worth_may_come_at_once_and_then_a_steady_rate() -> None:
    bucket = TokenBucket.full(60, now=0.0)
    assert [bucket.spend(0.0) for _ in range(60)] == [0.0] * 60
    assert bucket.spend(0.0) == pytest.approx(1.0)
    assert bucket.spend(0.25) == pytest.approx(0.75)
    assert bucket.spend(1.0) == 0.0
    assert bucket.spend(1.0) == pytest.approx(1.0)


def test_a_long_pause_saves_up_no_more_than_a_minute_s_worth() -> None:
    bucket = TokenBucket.full(2, now=0.0)
    assert [bucket.spend(1e6) > 0 for _ in range(3)] == [False, False, True]


@settings(deadline=None)
@given(st.integers(1, 600), st.lists(st.floats(0, 100, allow_nan=False), max_size=80))
def test_no_stretch_of_time_lets_through_more_than_the_rate(rate: int, gaps: list[float]) -> None:
    bucket, now, let_in = TokenBucket.full(rate, now=0.0), 0.0, list[float]()
    for gap in gaps:
        now += gap
        if bucket.spend(now) == 0.0:
            let_in.append(now)
    for i, start in enumerate(let_in):
        for j in range(i, len(let_in)):
            seconds = let_in[j] - start
            assert j - i + 1 <= rate + seconds * rate / 60 + 1e-6


@settings(deadline=None)
@given(st.integers(1, 600), st.lists(st.floats(0, 1, allow_nan=False), max_size=80))
def test_who_waits_as_told_gets_in(rate: int, gaps: list[float]) -> None:
    bucket, now = TokenBucket.full(rate, now=0.0), 0.0
    for gap in gaps:
        now += gap
        if wait := bucket.spend(now):
            now += wait * (1 + 1e-9) + 1e-9
            assert bucket.spend(now) == 0.0
