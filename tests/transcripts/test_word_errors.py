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
        ("It's John's, isn’t it?", "it is johns is not it"),
        ("I'll, we've, you're, I'm, he'd", "i will we have you are i am he would"),
        ("Mr. Quilter & Dr. Who", "mister quilter and doctor who"),
        ("Uh, 42 um per cent", "forty two per cent"),
        ("50%", "fifty percent"),
        ("the 3rd, 12th, 20th and 21st", "the third twelfth twentieth and twenty first"),
        ("1,250", "one thousand two hundred fifty"),
        ("one hundred and five", "one hundred five"),
        ("salt and pepper", "salt and pepper"),
        ("in 1775", "in seventeen seventy five"),
        ("in 1905", "in nineteen oh five"),
        ("1900", "one thousand nine hundred"),
        ("2.5", "two point five"),
        ("$5, $1 and £2.50", "five dollars one dollar and two point five zero pounds"),
        ("1000000000000", "one zero zero zero zero zero zero zero zero zero zero zero zero"),
        ("twenty-one", "twenty one"),
        ("OK", "okay"),
        ("ﬁne", "fine"),
        ("...", ""),
    ],
)
def test_english_is_normalized_to_what_is_spoken(written: str, spoken: str) -> None:
    assert normalize(written) == spoken.split()


def test_other_languages_keep_their_letters_and_digits() -> None:
    assert normalize("L'été, à 5 €: «Où?»", "fr") == ["l'été", "à", "5", "où"]


def test_scripts_without_spaces_count_characters() -> None:
    assert normalize("客観的な、AI", "ja") == ["客", "観", "的", "な", "ai"]


def test_edits_are_told_apart() -> None:
    errors = word_errors("the cat sat on the mat", "a cat sat on mat today okay")
    assert errors == WordErrors(words=6, substitutions=1, deletions=1, insertions=2)
    assert errors.rate == pytest.approx(4 / 6)


def test_writing_differences_are_no_errors() -> None:
    assert word_errors("Mr. Smith won't pay $20.", "mister smith will not pay 20 dollars") == (
        WordErrors(words=7)
    )


def test_the_alignment_that_keeps_most_words_is_chosen() -> None:
    assert distance(["a", "b"], ["b", "c"]) == WordErrors(2, 0, 1, 1)


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
def test_any_text_normalizes_to_itself_again(text: str) -> None:
    words = normalize(text)
    assert word_errors(text, text).errors == 0
    assert all(words)
