"""The caller's loudspeaker: what was heard, and when."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.audio import Samples
from vivavoce.bench.scorecard.loudspeaker import CallerLoudspeaker, Echo
from vivavoce.testing import hush, say

RATE = 16_000


def tone(seconds: float) -> Samples:
    return say(seconds, rate=RATE).samples


def silence(seconds: float) -> Samples:
    return hush(seconds, rate=RATE).samples


def test_pieces_that_come_early_are_heard_one_after_the_other() -> None:
    speaker = CallerLoudspeaker()
    for _ in range(3):
        speaker.play(tone(0.5), RATE, "a", 1.0)
    (sounding,) = speaker.soundings()
    assert (sounding.start, sounding.end) == pytest.approx((1.0, 2.5), abs=0.01)
    assert speaker.until == pytest.approx(2.5)


def test_a_piece_that_comes_late_leaves_a_hold() -> None:
    speaker = CallerLoudspeaker()
    speaker.play(tone(0.5), RATE, "a", 1.0)
    speaker.play(tone(0.5), RATE, "a", 2.0)
    speaker.play(tone(0.5), RATE, "b", 4.0)
    (hold,) = speaker.holds(0.05)
    assert hold.reply == "a"
    assert (hold.start, hold.end) == pytest.approx((1.5, 2.0))


def test_silence_in_a_reply_is_not_audible() -> None:
    speaker = CallerLoudspeaker()
    speaker.play(np.concatenate((silence(0.3), tone(0.5), silence(0.4))), RATE, "a", 1.0)
    (sounding,) = speaker.soundings()
    assert (sounding.start, sounding.end) == pytest.approx((1.3, 1.8), abs=0.01)
    assert speaker.heard_s(1.6, 0.0) == pytest.approx(0.3, abs=0.01)
    assert speaker.silent_s(2.0) == pytest.approx(0.2, abs=0.01)


def test_nothing_was_heard_of_what_was_flushed() -> None:
    speaker = CallerLoudspeaker()
    for _ in range(4):
        speaker.play(tone(0.5), RATE, "a", 0.0)
    assert speaker.flush(0.75) == pytest.approx(1.25)
    assert speaker.played("a")[1] == pytest.approx(0.75)
    assert speaker.soundings()[-1].end == pytest.approx(0.75, abs=0.01)
    speaker.play(tone(0.1), RATE, "b", 0.9)
    assert speaker.replies() == ["a", "b"]


def test_the_echo_comes_late_and_low() -> None:
    speaker = CallerLoudspeaker()
    echo = Echo(speaker, RATE, 0.5, 0.1)
    heard = [echo.chunk(0.0, 0.02)]
    speaker.play(tone(0.5), RATE, "a", 0.02)
    heard += [echo.chunk(i * 0.02, 0.02) for i in range(1, 60)]
    line = np.concatenate(heard)
    loud = np.flatnonzero(np.abs(line) > 0.02)
    assert loud[0] / RATE == pytest.approx(0.12, abs=0.025)
    assert loud[-1] / RATE == pytest.approx(0.62, abs=0.025)
    assert np.abs(line).max() == pytest.approx(0.15, abs=0.01)


def test_the_echo_of_another_rate_keeps_its_length() -> None:
    speaker = CallerLoudspeaker()
    speaker.play(say(1.0, rate=24_000).samples, 24_000, "a", 0.0)
    echo = Echo(speaker, RATE, 1.0, 0.0)
    chunks = [echo.chunk(i * 0.02, 0.02) for i in range(60)]
    assert {len(chunk) for chunk in chunks} == {320}
    loud = np.flatnonzero(np.abs(np.concatenate(chunks)) > 0.02)
    assert (loud[-1] - loud[0]) / RATE == pytest.approx(1.0, abs=0.03)


@given(
    st.lists(
        st.tuples(st.floats(0.001, 0.3), st.floats(0.0, 0.5), st.booleans()),
        min_size=1,
        max_size=20,
    )
)
@settings(deadline=None, max_examples=50)
def test_what_was_played_never_overlaps_and_never_exceeds_what_came(
    steps: list[tuple[float, float, bool]],
) -> None:
    speaker, now, came = CallerLoudspeaker(), 0.0, 0.0
    for seconds, wait, flush in steps:
        now += wait
        if flush:
            speaker.flush(now)
        speaker.play(tone(seconds), RATE, "a", now)
        came += seconds
    spans = speaker.soundings()
    assert all(a.end <= b.start for a, b in pairwise(spans))
    assert speaker.played("a")[1] <= came + 1e-2
