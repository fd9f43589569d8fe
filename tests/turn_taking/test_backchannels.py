"""Telling a listener's sounds from an interruption."""

from __future__ import annotations

import pytest

from vivavoce.turn_taking.backchannels import begins_backchannel, is_backchannel


@pytest.mark.parametrize(
    "text",
    ["", " ... ", "Mm-hm.", "Mhm",
     "Hmm.", "Uh-huh.", "Yeah.", "Yeah, okay.", "Oh, really?", "Right.",
     "I see.", "Got it.", "[cough]", "(laughs) Mm.", "Ja, genau.", "はい", "Of course.",
     "All right.", "I. C..", "Haha.", "Hehe."],
)  # fmt: skip
def test_a_listeners_sounds_are_backchannels(text: str) -> None:
    assert is_backchannel(text)


@pytest.mark.parametrize(
    "text",
    ["Stop.", "Wait!", "No.", "What?", "Yeah but tell me more", "Okay, what about Rome?",
     "Yes yes yes yes", "Hold on", "Hello", "How much is it?", "He"],
)  # fmt: skip
def test_words_that_want_something_are_interruptions(text: str) -> None:
    assert not is_backchannel(text)


@pytest.mark.parametrize("text", ["", "O", "I.", "All", "Yeah, o", "Mm, I", "Okay."])
def test_what_was_broken_off_may_become_a_backchannel(text: str) -> None:
    assert begins_backchannel(text)


@pytest.mark.parametrize("text", ["Stop", "Wait", "No", "Sorry", "Let", "Please", "All right, but"])
def test_what_begins_otherwise_will_not(text: str) -> None:
    assert not begins_backchannel(text)
