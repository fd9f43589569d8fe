"""Callers and a session with scripted engines, in lockstep: every figure is exact."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.bench.scorecard.conftest import Calls, Write
from vivavoce.bench.scorecard.in_process import InProcess
from vivavoce.bench.scorecard.measure import TurnOutcome, tales_of, turns_of
from vivavoce.bench.scorecard.phone import LockstepClock
from vivavoce.bench.scorecard.run import calls_to
from vivavoce.bench.scorecard.summary import Scorecard, cost_of
from vivavoce.bench.scorecard.timeline import RecordedCall
from vivavoce.bench.scorecard.voices import Cast
from vivavoce.conversation.session import Engines
from vivavoce.engines import SttOptions, SttStream
from vivavoce.settings import SessionSettings, TurnSettings
from vivavoce.testing import ScriptedLlm, ScriptedStt, ScriptedTts, ScriptedTurn, ScriptedVad

TALE = "  - agent_says: the red house by the lake has an old door of dark wood\n"


def only_turn(calls: list[RecordedCall]) -> TurnOutcome:
    (call,) = calls
    assert call.failure is None
    (turn,) = turns_of(call)
    assert turn.note is None
    return turn


def script(*steps: str) -> str:
    return "script:\n" + "".join(steps)


async def test_the_gap_counts_from_the_true_end_of_speech(calls: Calls) -> None:
    made = await calls(script("  - say: open the red door\n"), "open the red door")
    turn = only_turn(made)
    assert turn.gap == pytest.approx(0.45, abs=0.35)
    assert (turn.cut_off, turn.answered) == (False, True)
    assert (turn.errors, turn.words) == (0, 4)


async def test_two_calls_are_the_same_call(calls: Calls) -> None:
    text = "noise: {kind: pink, snr_db: 30}\n" + script("  - say: open the red door\n")
    (first,) = await calls(text, "open the red door")
    (second,) = await calls(text, "open the red door")
    assert replace(first, cpu_s=None) == replace(second, cpu_s=None)


async def test_an_answer_in_a_pause_is_a_cut_off(calls: Calls) -> None:
    text = script("  - say: open the red door\n    pause_s: 1.0\n")
    turn = only_turn(await calls(text, "open the red door", "red door"))
    assert turn.cut_off is True
    assert turn.gap is None


async def test_a_patient_agent_waits_out_the_pause(calls: Calls) -> None:
    text = script("  - say: open the red door\n    pause_s: 1.0\n")
    turn = only_turn(await calls(text, "open the red door", turn=ScriptedTurn(0.0, 1.0)))
    assert turn.cut_off is False
    assert turn.gap is not None


async def test_what_was_misunderstood_is_counted(calls: Calls) -> None:
    turn = only_turn(await calls(script("  - say: open the red door\n"), "open a red"))
    assert (turn.heard, turn.errors, turn.words) == ("open a red", 2, 4)


async def test_silence_for_an_answer_is_no_answer(calls: Calls) -> None:
    settings = replace(SessionSettings(), turns=TurnSettings(respond=False))
    text = script("  - say: open the red door\n")
    turn = only_turn(await calls(text, "open the red door", settings=settings))
    assert (turn.answered, turn.gap, turn.cut_off) == (False, None, False)


@pytest.mark.parametrize("when", ["reply_heard_s: 0.6", "reply_heard_s: 2.0"])
async def test_an_interruption_stops_the_reply_and_is_answered(calls: Calls, when: str) -> None:
    text = script(TALE, f"  - say: stop it now please\n    when: {{{when}}}\n    expect: stop\n")
    made = await calls(text, "stop it now please")
    turn = only_turn(made)
    assert turn.missed is False
    assert turn.answered is True
    assert turn.to_silence == pytest.approx(0.16, abs=0.05)
    assert turn.to_silence_decided == pytest.approx(0.0, abs=0.03)
    assert [(tale.unheard, tale.missing) for tale in tales_of(made[0]) if tale.interrupted] == [
        (0, 0),
        (0, 0),
    ]


async def test_an_agent_that_cannot_be_interrupted_misses_it(calls: Calls) -> None:
    settings = replace(SessionSettings(), turns=TurnSettings(barge_in=False))
    step = "  - say: stop it now\n    when: {reply_heard_s: 0.6}\n    expect: stop\n"
    turn = only_turn(await calls(script(TALE, step), "stop it now", settings=settings))
    assert turn.missed is True
    assert turn.to_silence is None


async def test_a_backchannel_makes_no_hole_in_the_reply(calls: Calls) -> None:
    step = "  - say: mm-hm\n    when: {reply_heard_s: 1.0}\n    expect: ignore\n"
    made = await calls(script(TALE, step), "mm-hm")
    turn = only_turn(made)
    assert turn.lost is False
    assert turn.held is None
    assert turn.stopped is False
    assert turn.unprompted is False
    assert all(audio.words for audio in made[0].replies)
    assert [(tale.unheard, tale.missing) for tale in tales_of(made[0])] == [(0, 0)]


async def test_a_backchannel_that_is_understood_late_holds_the_reply(calls: Calls) -> None:
    settings = SessionSettings(partials=False)
    step = "  - say: oh really now\n    when: {reply_heard_s: 1.0}\n    expect: ignore\n"
    turn = only_turn(await calls(script(TALE, step), "oh really good", settings=settings))
    assert turn.lost is False
    assert turn.held is not None
    assert turn.stopped is True


async def test_a_backchannel_taken_for_words_loses_the_reply(calls: Calls) -> None:
    step = "  - say: mm-hm\n    when: {reply_heard_s: 1.0}\n    expect: ignore\n"
    turn = only_turn(await calls(script(TALE, step), "elephant"))
    assert turn.lost is True
    assert turn.stopped is True


async def test_an_agent_that_hears_itself_interrupts_itself(calls: Calls) -> None:
    text = "echo: {level_db: -6, delay_ms: 100}\n" + script(
        TALE, "  - listen_s: 2\n    when: {reply_heard_s: 0.02}\n    expect: ignore\n"
    )
    (call,) = await calls(text, "open the red door")
    (turn,) = turns_of(call)
    assert call.echo
    assert turn.what == "silence"
    assert turn.stopped is True


async def test_silence_is_answered_by_silence(calls: Calls) -> None:
    turn = only_turn(await calls(script("  - listen_s: 2\n")))
    assert (turn.unprompted, turn.lost) == (False, None)


async def test_an_answer_to_a_knock_was_not_asked_for(calls: Calls) -> None:
    turn = only_turn(await calls(script("  - sound: laughter\n"), "ha"))
    assert turn.unprompted is True


async def test_a_conversation_has_a_turn_for_each_step(calls: Calls) -> None:
    text = script(
        "  - say: one two\n",
        "  - say: three four\n    when: {reply_over_s: 0.3}\n",
    )
    (call,) = await calls(text, "one two", "red door")
    first, second = turns_of(call)
    assert first.heard == "one two"
    assert second.heard == "red door"
    assert first.gap == pytest.approx(second.gap, abs=0.05)


async def test_a_step_whose_reply_never_comes_is_told_and_ends(calls: Calls) -> None:
    settings = replace(SessionSettings(), turns=TurnSettings(respond=False))
    text = script(
        "  - say: one two\n", "  - say: stop\n    when: {reply_heard_s: 1}\n    expect: stop\n"
    )
    (call,) = await calls(text, "one two", settings=settings)
    first, second = turns_of(call)
    assert first.answered is False
    assert second.note == "no reply came that it could have followed"


async def test_drafts_that_were_dropped_are_wasted(calls: Calls) -> None:
    text = script("  - say: open the red door\n    pause_s: 0.5\n")
    made = await calls(text, "open the red door", turn=ScriptedTurn(0.0, 1.0))
    cost = cost_of(made[0])
    assert (cost.drafts, cost.used) == (2, 1)
    assert cost.cpu_s is not None


async def test_the_words_of_a_history_that_claims_too_much_are_unheard(calls: Calls) -> None:
    text = script("  - say: open the red door\n")
    (call,) = await calls(text, "open the red door", llm=ScriptedLlm("a b c d e f g h i j k"))
    (tale,) = tales_of(call)
    assert (tale.unheard, tale.missing, tale.interrupted) == (0, 0, True)
    marks = [
        replace(mark, text=f"{mark.text} never said") if mark.kind == "heard words" else mark
        for mark in call.marks
    ]
    (claimed,) = tales_of(replace(call, marks=marks))
    assert claimed.unheard == 2
    marks = [replace(mark, text="") if mark.kind == "heard words" else mark for mark in call.marks]
    (forgot,) = tales_of(replace(call, marks=marks))
    assert forgot.missing >= 3


async def test_history_is_not_judged_where_a_voice_tells_no_times(calls: Calls) -> None:
    (call,) = await calls(script("  - say: one two\n"), "one two", tts=ScriptedTts(times=False))
    assert tales_of(call) == []
    assert only_turn([call]).answered is True


class _BrokenStt(ScriptedStt):
    async def open(self, options: SttOptions) -> SttStream:
        raise RuntimeError("no memory")


async def test_an_engine_that_fails_is_told_with_the_turn(calls: Calls) -> None:
    (call,) = await calls(script("  - say: one two\n"), stt=_BrokenStt())
    (turn,) = turns_of(call)
    assert "no memory" in str([mark.text for mark in call.marks if mark.kind == "failed"])
    assert "no memory" in str(turn.note)


@pytest.mark.parametrize("jitter", [0, 80])
async def test_a_bad_network_is_survived(calls: Calls, jitter: int) -> None:
    text = f"network: {{loss: 0.05, jitter_ms: {jitter}}}\n" + script("  - say: one two three\n")
    (call,) = await calls(text, "one two three", "three")
    assert call.failure is None
    assert turns_of(call)[0].answered is True


async def test_takes_differ_in_voice_and_sound(calls: Calls) -> None:
    text = "voices: [tone, other]\ntakes: 2\nscript:\n  - sound: cough\n"
    first, second = await calls(text)
    assert [call.label for call in (first, second)] == ["1, tone #1", "2, other #1"]
    assert first.near_levels != second.near_levels


async def test_a_sound_that_stops_a_reply_is_a_false_interruption(calls: Calls) -> None:
    text = script(TALE, "  - sound: laughter\n    when: {reply_heard_s: 1.0}\n")
    made = await calls(text, "open the red door")
    found = Scorecard.of("x", made).estimates()["case"]
    assert found["false_interruptions"].value == 1.0
    assert "self_interruptions" not in found


async def test_steady_noise_does_not_stop_a_reply(calls: Calls) -> None:
    text = "noise: {kind: white, snr_db: -6}\n" + script(
        TALE, "  - listen_s: 2\n    when: {reply_heard_s: 0.02}\n"
    )
    made = await calls(text, "open the red door")
    assert Scorecard.of("x", made).estimates()["case"]["false_interruptions"].value == 0.0


async def test_repeats_have_labels_and_luck_of_their_own(calls: Calls) -> None:
    text = "noise: {kind: white, snr_db: 30}\n" + script("  - listen_s: 0.2\n")
    made = await calls(text, repeats=3)
    assert [call.label for call in made] == ["1 #1", "1 #2", "1 #3"]


async def test_a_canceller_takes_the_echo_of_a_voice_away(scenario: Write) -> None:
    pytest.importorskip("livekit.rtc")
    text = "echo: {level_db: -6, delay_ms: 100}\n" + script(
        TALE, "  - listen_s: 2\n    when: {reply_heard_s: 0.02}\n    expect: ignore\n"
    )
    engines = Engines(
        ScriptedVad(), ScriptedTurn(), ScriptedStt("one two"), ScriptedLlm(), ScriptedTts()
    )
    target = InProcess(engines, SessionSettings(), clean=True, lockstep=True)
    (call,) = await calls_to(target, Cast(ScriptedTts()), [scenario(text)], clock=LockstepClock)
    (turn,) = turns_of(call)
    assert turn.stopped is False
