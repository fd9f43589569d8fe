from __future__ import annotations

import pytest

from vivavoce.engine.invented_text import invented

STEADY, LIVELY = 3.0, 25.0


@pytest.mark.parametrize("text", ["", ".", "♪♪♪", "♪ Oh, oh", "You"])
def test_what_nobody_says_is_invented(text: str) -> None:
    assert invented(text, [-0.01, -0.01], LIVELY, "en")


def test_a_sure_sentence_is_heard() -> None:
    assert not invented("Please call Stella.", [-0.2, -0.1, -0.05, -0.1], LIVELY, "en")


def test_a_sentence_from_noise_is_heard_if_it_is_clear() -> None:
    assert not invented("Please call Stella.", [-0.5, -0.3, -0.2, -0.1], STEADY, "en")


def test_a_doubtful_start_in_steady_noise_is_invented() -> None:
    scores = [-1.9, -0.2, -0.1, -0.1]
    assert invented("I don't know.", scores, STEADY, "en")
    assert not invented("I don't know.", scores, LIVELY, "en")


def test_doubt_all_through_is_invented_anywhere() -> None:
    assert invented("The first one is the first one.", [-2.3, -1.2, -1.0, -1.4], LIVELY, "en")


def test_only_the_beginning_is_judged() -> None:
    fluent_later = [-2.4, -1.0, -1.2, -1.1, -1.0, -1.3, -1.2, -1.1, *[-0.01] * 40]
    assert invented("I'm going to go. I'm going to go.", fluent_later, LIVELY, "en")


def test_a_stock_phrase_counts_when_it_is_said_clearly() -> None:
    assert not invented("Thank you.", [-0.05, -0.02, -0.03], LIVELY, "en")
    assert invented("Thank you.", [-1.1, -0.2, -0.3], LIVELY, "en")


@pytest.mark.parametrize("language", ["es", None])
def test_english_phrases_count_in_english_only(language: str | None) -> None:
    assert not invented("So", [-1.0, -0.2], LIVELY, language)
    assert invented("So", [-1.0, -0.2], LIVELY, "en")
    assert not invented("You", [-0.01, -0.01], LIVELY, language)
