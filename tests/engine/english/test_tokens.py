from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.engine.english.tokens import tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Yes, it works.", ["Yes", ",", "it", "works", "."]),
        ("the well-known café", ["the", "well-known", "café"]),
        ("at nine A.M. sharp", ["at", "nine", "A.M.", "sharp"]),
        ("the dogs' bone", ["the", "dogs'", "bone"]),
        ("wait... what?!", ["wait", "...", "what", "?", "!"]),
        ("so—then", ["so", "—", "then"]),
        ("…", ["…"]),
        ("", []),
    ],
)
def test_a_text_is_cut_into_words_and_marks(text: str, expected: list[str]) -> None:
    assert [token.text for token in tokens(text)] == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("don't", ["do", "n't"]),
        ("she’ll", ["she", "’ll"]),
        ("well-known", ["well", "-", "known"]),
        ("cannot", ["can", "not"]),
        ("dogs'", ["dogs", "'"]),
        ("mother-in-law's", ["mother", "-", "in", "-", "law", "'s"]),
    ],
)
def test_contractions_are_two_words_to_the_tagger(word: str, expected: list[str]) -> None:
    (token,) = tokens(word)
    assert token.tagged == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("OpenAI", ("Open", "AI")),
        ("HTTPServer", ("HTTP", "Server")),
        ("well-known", ("well", "-", "known")),
        ("table", ("table",)),
    ],
)
def test_a_word_has_the_parts_that_its_spelling_shows(word: str, expected: tuple[str, ...]) -> None:
    (token,) = tokens(word)
    assert token.parts == expected


@given(st.text(max_size=60))
def test_no_letter_is_lost_and_every_word_has_parts(text: str) -> None:
    found = tokens(text)
    assert [c for token in found for c in token.text if c.isalpha()] == [
        c for c in text if c.isalpha()
    ]
    for token in found:
        assert text[token.start : token.start + len(token.text)] == token.text
        assert all(token.tagged)
        assert "".join(token.parts) == (token.text if token.parts else "")
