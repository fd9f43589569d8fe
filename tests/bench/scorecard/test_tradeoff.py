"""What other thresholds would have given."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bench.scorecard.conftest import Calls
from vivavoce.bench.scorecard.tradeoff import PauseOrEnd, curve, point, settings_of, silences_of
from vivavoce.settings import SessionSettings, TurnSettings
from vivavoce.testing import ScriptedTurn
from vivavoce.turn_taking.evidence import Evidence

SILENCES = st.lists(
    st.builds(
        PauseOrEnd,
        st.sampled_from("abcdef"),
        st.none() | st.floats(0.1, 3.0),
        st.builds(Evidence, ends=st.none() | st.floats(0.0, 1.0), sound=st.floats(0.0, 1.0)),
        st.floats(0.0, 0.5),
    ),
    min_size=1,
    max_size=20,
)


@given(SILENCES)
@settings(deadline=None)
def test_the_longer_the_wait_the_fewer_are_cut_off(silences: list[PauseOrEnd]) -> None:
    points = curve(silences, TurnSettings(), (0.15, 0.5, 1.0, 3.0))
    if not any(silence.seconds is None for silence in silences):
        assert not points
        return
    cut = [one.cut_offs for one in points]
    waits = [one.median for one in points]
    assert cut == sorted(cut, reverse=True)
    assert waits == sorted(waits)


def test_an_utterance_is_cut_off_once_whatever_pauses_it_has() -> None:
    silences = [
        PauseOrEnd("a", 1.0, Evidence(), 0.0),
        PauseOrEnd("a", 1.0, Evidence(), 0.0),
        PauseOrEnd("a", None, Evidence(), 0.0),
        PauseOrEnd("b", None, Evidence(), 0.3),
    ]
    found = point(silences, TurnSettings(wait_min_s=0.2, wait_max_s=0.2))
    assert found.cut_offs == 0.5
    assert found.p95 == pytest.approx(0.295)


async def test_silences_come_from_what_a_call_recorded(calls: Calls) -> None:
    made = await calls(
        "script:\n  - say: one two three four\n    pause_s: 1.0\n",
        "one two three four",
        turn=ScriptedTurn(0.1, 0.9),
        settings=replace(SessionSettings(), turns=TurnSettings(wait_max_s=2.5, eagerness="low")),
    )
    pause, end = silences_of(made)
    assert pause.seconds == pytest.approx(1.0, abs=0.05)
    assert (pause.told.sound, pause.told.paused_s) == (0.1, 0.0)
    assert (end.seconds, end.told.sound) == (None, 0.9)
    assert end.told.paused_s == pytest.approx(1.0, abs=0.05)
    assert settings_of(made) == TurnSettings(wait_max_s=2.5, eagerness="low")
    assert point([pause, end], TurnSettings(wait_min_s=0.2, wait_max_s=0.2)).cut_offs == 1.0
