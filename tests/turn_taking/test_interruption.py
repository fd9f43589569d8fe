"""What becomes of a reply while the user makes a sound."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.text.language.en import EN
from vivavoce.turn_taking.backchannels import is_backchannel
from vivavoce.turn_taking.interruption import Stance, Suspicion

HOLD_S, HELD_S, LOOK_S, SETTLES_S = 0.16, 0.22, 0.24, 0.15
HEARD_S = 2.0
FALSE_ALARM_S = 2.0
STEP_S = 0.02


class Voice:
    """A voice against a reply, and the suspicion of it as it changes."""

    def __init__(self) -> None:
        self.suspicion = Suspicion(FALSE_ALARM_S)

    def voice(self, at: float, heard_s: float) -> None:
        self.suspicion = self.suspicion.voice(at, heard_s)

    def silence(self, at: float) -> None:
        self.suspicion = self.suspicion.silence(at)

    def look(self, text: str, confidence: float | None) -> None:
        self.suspicion = self.suspicion.look(text, confidence, EN.turns)

    def stance(self, now: float, *, loud: bool) -> Stance:
        self.suspicion, stance = self.suspicion.at(now, loud=loud)
        return stance

    def ends(self, text: str, *, final: bool, confidence: float | None = None) -> bool:
        return self.suspicion.ends(text, EN.turns, final=final, confidence=confidence)

    def settled(self, now: float, *, words: bool) -> bool:
        return self.suspicion.settled(now, words=words)


def voice(*, heard_s: float = HEARD_S, loud: bool = True) -> Voice:
    """One that began at 0, as it is noticed."""
    suspicion = Voice()
    suspicion.voice(0.0, heard_s)
    suspicion.stance(0.06, loud=loud)
    return suspicion


def test_a_suspicion_is_a_value_that_never_changes() -> None:
    before = Suspicion(FALSE_ALARM_S).voice(0.0, HEARD_S)
    copy = Suspicion(FALSE_ALARM_S).voice(0.0, HEARD_S)
    before.silence(0.3)
    before.look("Stop.", 0.9, EN.turns)
    before.at(0.5, loud=True)
    assert before == copy
    assert before.at(0.5, loud=True) == copy.at(0.5, loud=True)


def test_a_sound_ducks_the_reply_and_a_voice_that_lasts_holds_it() -> None:
    suspicion = voice()
    assert suspicion.stance(0.06, loud=True) == "ducked"
    assert suspicion.stance(HOLD_S - 0.02, loud=True) == "ducked"
    assert suspicion.stance(HOLD_S, loud=True) == "held"


def test_a_reply_that_has_hardly_begun_is_held_at_once() -> None:
    assert voice(heard_s=0.1).stance(0.06, loud=True) == "held"


def test_a_faint_voice_changes_nothing_and_ends_nothing() -> None:
    suspicion = voice(loud=False)
    suspicion.look("look at that", 0.9)
    assert suspicion.stance(1.0, loud=False) == "full"
    assert not suspicion.ends("look at that sky", final=True)


def test_a_voice_that_was_loud_once_stays_suspect() -> None:
    assert voice().stance(0.3, loud=False) == "held"


def test_a_caller_over_babble_is_taken_for_themselves() -> None:
    suspicion = voice(loud=False)
    suspicion.look("okay", 0.9)
    assert suspicion.stance(3.0, loud=False) == "full"
    assert suspicion.stance(3.02, loud=True) == "ducked"
    assert suspicion.stance(3.1, loud=True) == "held"


def test_a_backchannel_that_is_surely_one_lets_the_reply_come_back() -> None:
    suspicion = voice()
    assert suspicion.stance(0.3, loud=True) == "held"
    suspicion.look("Yeah.", 0.95)
    assert suspicion.stance(0.32, loud=True) == "ducked"


@pytest.mark.parametrize("text", ["", "Oh,", "I.", "All"])
def test_what_may_be_a_backchannel_holds_the_reply_for_no_longer_than_is_noticed(text: str) -> None:
    suspicion = voice()
    suspicion.stance(0.2, loud=True)
    suspicion.look(text, 0.5)
    assert suspicion.stance(0.2 + HELD_S - 0.02, loud=True) == "held"
    assert suspicion.stance(0.2 + HELD_S, loud=True) == "ducked"
    assert suspicion.stance(0.8, loud=True) == "ducked"


def test_an_engine_that_tells_nothing_yet_is_waited_for() -> None:
    suspicion = voice()
    suspicion.stance(0.2, loud=True)
    assert suspicion.stance(1.5, loud=True) == "held"


def test_words_hold_the_reply_again_and_into_the_silence() -> None:
    suspicion = voice()
    suspicion.stance(0.2, loud=True)
    suspicion.look("Oh.", 0.9)
    assert suspicion.stance(0.3, loud=True) == "ducked"
    suspicion.look("Hold on", 0.6)
    assert suspicion.stance(0.4, loud=True) == "held"
    suspicion.silence(0.5)
    assert suspicion.stance(0.6, loud=True) == "held"


def test_a_voice_that_broke_off_holds_the_reply_for_no_longer_than_is_noticed() -> None:
    suspicion = voice()
    assert suspicion.stance(0.2, loud=True) == "held"
    suspicion.silence(0.22)
    assert suspicion.stance(0.2 + HELD_S - 0.02, loud=True) == "held"
    assert suspicion.stance(0.2 + HELD_S, loud=True) == "ducked"


def test_a_long_sound_without_words_disturbs_no_more() -> None:
    suspicion = voice()
    suspicion.stance(0.2, loud=True)
    suspicion.look("", None)
    assert suspicion.stance(FALSE_ALARM_S, loud=True) == "full"


def test_words_end_the_reply_and_the_beginning_of_a_phrase_does_not() -> None:
    suspicion = voice()
    assert suspicion.ends("Stop.", final=True)
    assert suspicion.ends("Stop", final=False)
    assert not suspicion.ends("All", final=False)
    assert suspicion.ends("All", final=True)
    assert not suspicion.ends("All right.", final=True)


def test_a_backchannel_that_is_hardly_understood_does_not_take_words_back() -> None:
    suspicion = voice()
    assert not suspicion.ends("Great.", final=True, confidence=0.4)
    suspicion.look("Wait.", 0.6)
    assert suspicion.ends("Great.", final=True, confidence=0.4)
    assert not suspicion.ends("Great.", final=True, confidence=0.9)
    assert not suspicion.ends("", final=True, confidence=0.4), "a hum or a cough has no words"


def test_what_was_understood_of_a_syllable_waits_for_more() -> None:
    suspicion = voice()
    suspicion.silence(0.08)
    assert not suspicion.settled(0.12, words=True)
    assert suspicion.settled(0.08 + SETTLES_S, words=True)
    suspicion.voice(0.14, HEARD_S)
    suspicion.silence(0.14 + LOOK_S)
    assert suspicion.settled(0.14 + LOOK_S + 0.03, words=True)
    assert not suspicion.settled(0.14 + LOOK_S + 0.03, words=False)
    assert suspicion.settled(0.14 + LOOK_S + SETTLES_S, words=False)


LOOKS = ["", "oh", "yeah", "I", "stop", "stop that", "All"]
STEPS = st.one_of(
    st.just("time"),
    st.just("voice"),
    st.just("silence"),
    st.tuples(st.sampled_from(LOOKS), st.sampled_from([None, 0.3, 0.9])),
)


@given(st.lists(STEPS, max_size=60), st.booleans())
def test_no_reply_stays_held_for_long_without_a_word_against_it(
    steps: list[str | tuple[str, float | None]], loud: bool
) -> None:
    suspicion = Voice()
    now, held, bounded, looked, words, speaking = 0.0, 0.0, 0.0, False, False, False
    for step in steps:
        now += STEP_S
        match step:
            case "voice" if not speaking:
                suspicion.voice(now, HEARD_S)
                speaking = True
            case "silence" if speaking:
                suspicion.silence(now)
                speaking = False
            case (str(text), confidence):
                suspicion.look(text, confidence)
                looked = True
                surely = not text or (confidence != 0.3 and is_backchannel(text, EN.turns))
                words = text.startswith("stop") or (words and not surely)
            case _:
                pass
        stance: Stance = suspicion.stance(now, loud=loud)
        held = held + STEP_S if stance == "held" else 0.0
        bounded = 0.0 if words or (speaking and not looked) else bounded + STEP_S
        assert loud or stance == "full"
        assert min(held, bounded) <= HELD_S + STEP_S + 1e-9
    if speaking:
        suspicion.silence(now)
    suspicion.look("", None)
    suspicion.stance(now, loud=loud)
    assert suspicion.stance(now + HELD_S, loud=loud) != "held"
    assert suspicion.settled(now + SETTLES_S, words=False)
