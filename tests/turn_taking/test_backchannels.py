"""Telling a listener's sounds from an interruption."""

from __future__ import annotations

import pytest

from vivavoce.text.language.en import EN
from vivavoce.text.language.packs import pack_of
from vivavoce.turn_taking.backchannels import begins_backchannel, is_backchannel


@pytest.mark.parametrize(
    "text",
    ["", " ... ", "Mm-hm.", "Mhm",
     "Hmm.", "Uh-huh.", "Yeah.", "Yeah, okay.", "Oh, really?", "Right.",
     "I see.", "Got it.", "[cough]", "(laughs) Mm.", "Of course.",
     "All right.", "I. C..", "Haha.", "Hehe."],
)  # fmt: skip
def test_a_listeners_sounds_are_backchannels(text: str) -> None:
    assert is_backchannel(text, EN.turns)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Ja, genau."), ("de-AT", "Ach so."), ("fr", "D'accord."), ("fr", "Bien sûr."),
        ("es", "Sí, claro."), ("it", "Va bene."), ("pt-BR", "Tá bom."), ("nl", "Ja, precies."),
        ("ja", "はい"), ("ru", "Да."), (None, "Mm-hm."), (None, "Aha"),
    ],
)  # fmt: skip
def test_each_language_has_its_own_backchannels(language: str | None, text: str) -> None:
    assert is_backchannel(text, pack_of(language).turns)


@pytest.mark.parametrize(
    ("language", "text"), [("en", "Genau."), ("de", "Right."), (None, "Yeah."), ("xx", "Yeah.")]
)
def test_words_of_another_language_are_no_backchannels(language: str | None, text: str) -> None:
    assert not is_backchannel(text, pack_of(language).turns)


@pytest.mark.parametrize(
    "text",
    ["Stop.", "Wait!", "No.", "What?", "Yeah but tell me more", "Okay, what about Rome?",
     "Yes yes yes yes", "Hold on", "Hello", "How much is it?", "He"],
)  # fmt: skip
def test_words_that_want_something_are_interruptions(text: str) -> None:
    assert not is_backchannel(text, EN.turns)


@pytest.mark.parametrize("text", ["", "O", "I.", "All", "Yeah, o", "Mm, I", "Okay."])
def test_what_was_broken_off_may_become_a_backchannel(text: str) -> None:
    assert begins_backchannel(text, EN.turns)


@pytest.mark.parametrize("text", ["Stop", "Wait", "No", "Sorry", "Let", "Please", "All right, but"])
def test_what_begins_otherwise_will_not(text: str) -> None:
    assert not begins_backchannel(text, EN.turns)
