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


async def gap_of(calls: Calls, sure: float) -> float:
    (turn,) = await outcomes(
        calls, "  - say: one two three four\n", "one two three four", sure=sure
    )
    assert turn.cut_off is False
    assert turn.gap is not None
    return turn.gap


async def test_the_surer_the_turn_detector_the_smaller_the_gap(calls: Calls) -> None:
    gaps = [await gap_of(calls, sure) for sure in (1.0, 0.6, 0.3, 0.0)]
    assert gaps == sorted(gaps)
    assert 0.1 <= gaps[0] <= 0.8
    assert 2 * gaps[0] <= gaps[-1] <= 3.1


@pytest.mark.parametrize("sure", [1.0, 0.5, 0.0])
async def test_a_pause_is_cut_off_only_when_it_outlasts_the_wait(calls: Calls, sure: float) -> None:
    wait_s = await gap_of(calls, sure)
    for pause_s, cut in ((wait_s - 0.1, False), (2 * wait_s + 1.0, True)):
        text = f"  - say: one two three four\n    pause_s: {pause_s:.2f}\n"
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
