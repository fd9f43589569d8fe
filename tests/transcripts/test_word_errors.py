"""Word error rate: what counts as a word, and how edits are counted."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.transcripts.word_errors import WordErrors, distance, normalize, word_errors

WORDS = st.lists(st.sampled_from("abcde"), max_size=12)


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Don't PANIC!", "do not panic"),
        ("It's fine, isn't it?", "it is fine is not it"),
        ("I'll, we've, you're, I'm", "i will we have you are i am"),
        ("Mr. Quilter and Dr. Who", "mister quilter and doctor who"),
        ("Uh, forty two um percent", "42%"),
        ("one thousand two hundred and fifty", "1250"),
        ("twenty-one", "21"),
        ("the colour", "the color"),
        ("Stop, please!", "stop please"),
    ],
)
def test_english_is_normalized_as_whisper_s_figures_are(written: str, spoken: str) -> None:
    assert normalize(written) == spoken.split()


def test_other_languages_keep_their_letters() -> None:
    assert normalize("L'été, à 5 heures: «Où?»", "fr") == ["l", "été", "à", "5", "heures", "où"]
    assert normalize("Não, você?", "pt-BR") == ["não", "você"]


def test_scripts_without_spaces_count_characters() -> None:
    assert normalize("客観的な", "ja") == ["客", "観", "的", "な"]


def test_edits_are_told_apart() -> None:
    assert word_errors("the cat sat", "a cat sat") == WordErrors(words=3, substitutions=1)
    assert word_errors("the cat sat", "the cat") == WordErrors(words=3, deletions=1)
    assert word_errors("the cat sat", "the cat sat down") == WordErrors(words=3, insertions=1)
    errors = word_errors("the cat sat on the mat", "a cat sat on mat today okay")
    assert (errors.words, errors.errors) == (6, 4)
    assert errors.rate == pytest.approx(4 / 6)


def test_writing_differences_are_no_errors() -> None:
    assert word_errors("Mr. Smith won't pay twenty dollars.", "mister smith will not pay $20") == (
        WordErrors(words=6)
    )


def test_an_empty_reference_is_wrong_when_something_was_invented() -> None:
    assert word_errors("", "thank you").rate == 1.0
    assert word_errors("", "").rate == 0.0


def test_errors_add_up_over_clips() -> None:
    total = WordErrors(10, 1, 2, 3) + WordErrors(30, 1, 0, 0)
    assert total == WordErrors(40, 2, 2, 3)
    assert total.rate == pytest.approx(7 / 40)


@settings(deadline=None)
@given(WORDS, WORDS)
def test_the_distance_agrees_with_the_textbook(reference: list[str], other: list[str]) -> None:
    table = list(range(len(other) + 1))
    for row, word in enumerate(reference, 1):
        diagonal, table[0] = table[0], row
        for column, heard in enumerate(other, 1):
            diagonal, table[column] = (
                table[column],
                min(table[column] + 1, table[column - 1] + 1, diagonal + (word != heard)),
            )
    errors = distance(reference, other)
    assert errors.errors == table[-1]
    assert errors.deletions - errors.insertions == len(reference) - len(other)
    assert min(errors.substitutions, errors.deletions, errors.insertions) >= 0


@settings(deadline=None)
@given(st.text())
def test_no_text_differs_from_itself(text: str) -> None:
    assert word_errors(text, text).errors == 0
    assert all(normalize(text))
