from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vivavoce.engine.word_beginnings import word_beginnings


def spelled(text: str) -> list[list[str]]:
    """Phonemes that are letters; a full stop ends a sentence."""
    return [list(sentence.strip()) for sentence in text.split(".") if sentence.strip()]


@given(st.lists(st.text("abcde", min_size=1, max_size=6), min_size=1, max_size=12))
def test_each_word_begins_where_its_sounds_do(words: list[str]) -> None:
    phrase = " ".join(words)
    (found,) = word_beginnings(phrase, spelled(phrase), spelled)
    assert found == [(at, at) for at in range(len(phrase)) if at == 0 or phrase[at - 1] == " "]


def test_words_are_found_in_their_sentences() -> None:
    assert word_beginnings("ab cd. ef", spelled("ab cd. ef"), spelled) == [
        [(0, 0), (3, 3)],
        [(7, 0)],
    ]


def test_a_stress_mark_belongs_to_the_sound_after_it() -> None:
    phonemes = [list("ə ˈbaʊt")]
    found = word_beginnings("a bout", phonemes, lambda text: [list({"a": "ə"}.get(text, "baʊt"))])
    assert found == [[(0, 0), (2, 2)]]


def test_words_that_melt_together_begin_at_their_own_sounds() -> None:
    def alone(text: str) -> list[list[str]]:
        return [list({"out": "ˈaʊt", "of": "ʌv", "town": "tˈaʊn"}[text])]

    found = word_beginnings("out of town", [list("ˌaʊɾəv tˈaʊn")], alone)
    assert [position for position, _ in found[0]] == [0, 4, 7]
    assert found[0][0] == (0, 0)
    assert found[0][2] == (7, 7)


def test_a_word_that_is_not_found_is_left_out() -> None:
    def alone(text: str) -> list[list[str]]:
        return [list({"x": "qqq"}.get(text, text))]

    assert word_beginnings("ab x cd", [list("ab zz cd")], alone) == [[(0, 0), (5, 6)]]
