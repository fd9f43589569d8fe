"""A gain that changes without a click."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.audio.gain_ramp import RAMP_S, GainRamp

RATE = 1000
STEP = 1 / round(RAMP_S * RATE)


def test_what_is_not_faded_is_not_touched() -> None:
    samples = np.ones(10, np.float32)
    assert GainRamp(RATE).apply(samples) is samples


def test_a_change_takes_ten_milliseconds_at_most_and_then_holds() -> None:
    fader = GainRamp(RATE)
    fader.to(0.2)
    levels = fader.apply(np.ones(30, np.float32))
    assert np.all(np.diff(levels[:8]) < 0)
    assert np.allclose(levels[8:], 0.2)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("to"), st.sampled_from([0.2, 0.5, 1.0])),
            st.tuples(st.just("apply"), st.integers(0, 25)),
        ),
        max_size=30,
    )
)
def test_no_step_is_larger_than_the_ramps(steps: list[tuple[str, float]]) -> None:
    fader, heard = GainRamp(RATE), [np.ones(1, np.float32)]
    for name, value in steps:
        if name == "to":
            fader.to(value)
        else:
            heard.append(fader.apply(np.ones(int(value), np.float32)))
    assert np.abs(np.diff(np.concatenate(heard))).max(initial=0.0) <= STEP + 1e-6
