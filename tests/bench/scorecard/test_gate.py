"""A small scorecard of scripted engines that every change must pass: exact, in seconds.

A real recognizer and people are for `vivavoce bench turns`; this keeps the rules from slipping.
"""

from __future__ import annotations

import pytest

from tests.bench.scorecard.conftest import Calls
from vivavoce.bench.scorecard.measure import TurnOutcome, turns_of
from vivavoce.testing import ScriptedTurn

TALE = "  - agent_says: one two three four five six seven eight nine ten eleven twelve\n"


async def outcomes(calls: Calls, text: str, *heard: str, sure: float = 1.0) -> list[TurnOutcome]:
    made = await calls(f"script:\n{text}", *heard, turn=ScriptedTurn(sure))
    assert [call.failure for call in made] == [None] * len(made)
    return [turn for call in made for turn in turns_of(call)]


@pytest.mark.parametrize(
    ("sure", "gap_s"), [(1.0, 0.15), (0.72, 0.15), (0.6, 0.4), (0.36, 1.27), (0.0, 3.0)]
)
async def test_the_gap_is_the_wait_that_the_probability_asks_for(
    calls: Calls, sure: float, gap_s: float
) -> None:
    (turn,) = await outcomes(
        calls, "  - say: one two three four\n", "one two three four", sure=sure
    )
    assert turn.gap == pytest.approx(gap_s, abs=0.05)
    assert turn.cut_off is False


@pytest.mark.parametrize(
    ("sure", "pause_s", "cut"),
    [
        (1.0, 0.5, True),
        (0.36, 0.5, False),
        (0.36, 1.0, False),
        (0.36, 1.6, True),
        (0.0, 2.0, False),
    ],
)
async def test_a_pause_is_cut_off_only_when_it_outlasts_the_wait(
    calls: Calls, sure: float, pause_s: float, cut: bool
) -> None:
    text = f"  - say: one two three four\n    pause_s: {pause_s}\n"
    (turn,) = await outcomes(calls, text, "one two three four", "three four", sure=sure)
    assert turn.cut_off is cut


@pytest.mark.parametrize("words", ["mm-hm", "yeah okay", "right"])
async def test_a_backchannel_is_no_false_interruption(calls: Calls, words: str) -> None:
    step = f"  - say: {words}\n    when: {{reply_heard_s: 1.0}}\n    expect: ignore\n"
    (turn,) = await outcomes(calls, TALE + step, words)
    assert (turn.lost, turn.stopped, turn.held) == (False, False, None)


@pytest.mark.parametrize("sound", ["cough", "laughter", "knock", "mm-hm"])
async def test_a_sound_without_words_is_no_false_interruption(calls: Calls, sound: str) -> None:
    step = f"  - sound: {sound}\n    when: {{reply_heard_s: 1.0}}\n"
    (turn,) = await outcomes(calls, TALE + step, "")
    assert turn.lost is False


@pytest.mark.parametrize("words", ["stop it now please", "no wait a moment", "what about rome"])
async def test_no_interruption_is_missed_and_each_meets_silence_soon(
    calls: Calls, words: str
) -> None:
    step = f"  - say: {words}\n    when: {{reply_heard_s: 1.0}}\n    expect: stop\n"
    (turn,) = await outcomes(calls, TALE + step, words)
    assert (turn.missed, turn.answered) == (False, True)
    assert turn.to_silence is not None
    assert turn.to_silence <= 0.22
