"""From timelines to figures, on timelines made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.bench.scorecard.measure import TurnOutcome, tales_of, turns_of
from vivavoce.bench.scorecard.scenario import Expectation
from vivavoce.bench.scorecard.timeline import (
    CallerSpeech,
    Hold,
    RecordedCall,
    ReplyAudio,
    Sounding,
    SpokenWord,
    TimelineMark,
)

DONE = TimelineMark(9.0, "reply ended", "done", reply="1")


def said(expect: Expectation = "answer", start: float = 1.0, end: float = 3.0) -> CallerSpeech:
    return CallerSpeech(0, start, end, ((start, end),), "hello there", "speech", expect)


def replied(start: float, reply: str = "1") -> TimelineMark:
    return TimelineMark(start, "reply started", reply=reply)


def ended(at: float, why: str = "interrupted", reply: str = "1") -> TimelineMark:
    return TimelineMark(at, "reply ended", why, reply=reply)


def call(
    one: CallerSpeech, *marks: TimelineMark, heard: tuple[Sounding, ...] = (), **more: object
) -> RecordedCall:
    made = RecordedCall("case", "1", 10.0, (one,), heard, marks=marks, drafts=0)
    return replace(made, **more)  # type: ignore[arg-type]


def turn(made: RecordedCall) -> TurnOutcome:
    (found,) = turns_of(made)
    return found


def test_the_gap_is_from_the_end_of_speech_to_the_first_sound() -> None:
    made = call(said(), replied(3.1), DONE, heard=(Sounding("1", 3.4, 8.0),))
    assert turn(made).gap == pytest.approx(0.4)
    assert turn(made).answered is True


def test_a_reply_before_the_end_is_a_cut_off_even_if_it_is_stopped() -> None:
    made = call(said(), replied(2.0), ended(2.5), heard=(Sounding("1", 2.1, 2.5),))
    assert (turn(made).cut_off, turn(made).answered, turn(made).gap) == (True, False, None)


def test_the_reply_before_is_no_answer() -> None:
    made = call(said(), replied(0.2), ended(9.0, "done"), heard=(Sounding("1", 0.3, 8.0),))
    assert (turn(made).cut_off, turn(made).answered, turn(made).gap) == (False, False, None)


def test_what_follows_the_next_step_is_not_the_answer_to_this() -> None:
    one, two = said(), replace(said(start=5.0, end=6.0), step=1)
    made = replace(call(one, replied(6.1), DONE, heard=(Sounding("1", 6.2, 8.0),)), said=(one, two))
    first, second = turns_of(made)
    assert first.answered is False
    assert second.gap == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("end", "missed"), [(ended(2.0), False), (ended(3.9), False), (ended(4.5), True), (DONE, True)]
)
def test_an_interruption_is_missed_unless_the_reply_ends_by_it(
    end: TimelineMark, missed: bool
) -> None:
    made = call(said("stop"), replied(0.5), end, heard=(Sounding("1", 0.6, end.at),))
    assert turn(made).missed is missed


def test_time_to_silence_is_to_the_last_sound() -> None:
    made = call(
        said("stop"),
        replied(0.5),
        TimelineMark(1.1, "paused", reply="1"),
        ended(1.8),
        heard=(Sounding("1", 0.6, 1.12),),
    )
    assert turn(made).to_silence == pytest.approx(0.12)
    assert turn(made).to_silence_decided == pytest.approx(0.02)


def test_a_pause_that_was_taken_back_was_no_decision() -> None:
    made = call(
        said("stop"),
        replied(0.5),
        TimelineMark(1.1, "paused", reply="1"),
        TimelineMark(1.4, "resumed", reply="1"),
        ended(1.8),
        heard=(Sounding("1", 0.6, 1.1), Sounding("1", 1.4, 1.9)),
    )
    assert turn(made).to_silence == pytest.approx(0.9)
    assert turn(made).to_silence_decided == pytest.approx(0.1)


def test_there_is_nothing_to_miss_when_no_reply_is_under_way() -> None:
    for marks in ((), (replied(0.2), ended(0.9, "done")), (replied(0.2), ended(1.3, "done"))):
        found = turn(call(said("stop"), *marks))
        assert found.missed is None
        assert found.note == "there was no reply to interrupt"


def test_a_reply_that_ends_by_a_backchannel_is_lost() -> None:
    found = turn(call(said("ignore"), replied(0.5), ended(2.0)))
    assert (found.lost, found.held, found.stopped) == (True, None, True)


def test_a_reply_that_is_paused_and_never_goes_on_is_lost() -> None:
    found = turn(call(said("ignore"), replied(0.5), TimelineMark(1.2, "paused", reply="1")))
    assert found.lost is True


@pytest.mark.parametrize(("seconds", "stopped"), [(0.1, False), (0.5, True)])
def test_a_reply_that_goes_on_was_held_if_one_notices(seconds: float, stopped: bool) -> None:
    made = call(said("ignore"), replied(0.5), DONE, holds=(Hold("1", 1.5, 1.5 + seconds),))
    assert (turn(made).stopped, turn(made).lost) == (stopped, False)


def test_hanging_up_interrupts_nobody() -> None:
    found = turn(call(said("ignore", 8.0, 9.0), replied(0.5), ended(10.0)))
    assert (found.lost, found.stopped) == (False, False)


def test_a_reply_to_nothing_is_unprompted() -> None:
    found = turn(call(said("ignore"), replied(3.5), heard=(Sounding("1", 3.6, 5.0),)))
    assert (found.unprompted, found.lost) == (True, None)


def test_without_transcripts_no_word_is_misunderstood() -> None:
    made = call(said(), replied(3.1), DONE, heard=(Sounding("1", 3.4, 8.0),), drafts=None)
    assert turn(made).errors is None


def test_a_call_that_breaks_off_says_so_at_its_turn() -> None:
    found = turn(call(said(), failure="it closed the session", seconds=2.0))
    assert (found.note, found.answered, found.cut_off) == ("it closed the session", None, None)
    (never,) = turns_of(replace(call(said()), said=(), skipped=(0,), failure="it is not there"))
    assert never.note == "it is not there"


WORDS = tuple(SpokenWord(word, i * 0.25, (i + 1) * 0.25) for i, word in enumerate("abcd"))


@given(st.floats(0.0, 1.2), st.integers(0, 4))
@settings(deadline=None)
def test_only_whole_words_can_be_missing_and_only_unbegun_ones_unheard(
    played: float, held: int
) -> None:
    history = " ".join(word.text for word in WORDS[:held])
    made = call(
        said(),
        TimelineMark(5.0, "heard words", history, reply="1"),
        ended(5.0),
        replies=(ReplyAudio("1", played, WORDS),),
    )
    (tale,) = tales_of(made)
    begun = sum(word.start < played for word in WORDS)
    whole = sum(word.end <= played for word in WORDS)
    assert tale.unheard == max(0, held - begun)
    assert tale.missing == max(0, whole - held)
