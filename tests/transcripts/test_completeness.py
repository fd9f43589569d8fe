"""Whether all that was spoken has become words."""

from __future__ import annotations

import pytest

from vivavoce.transcripts.completeness import sparse, spoken_letters


@pytest.mark.parametrize(
    ("text", "voiced_s"),
    [
        ("Antibiotic antibiotic,", 10.4),
        ("Merci, very", 5.1),
        ("", 2.5),
        ("是", 4.0),
    ],
)
def test_a_few_words_for_much_voice_are_sparse(text: str, voiced_s: float) -> None:
    assert sparse(spoken_letters(text), voiced_s)


@pytest.mark.parametrize(
    ("text", "voiced_s"),
    [
        ("Just put it on a desktop.", 2.6),
        ("Hello, 35% of 40 equals 14.", 4.6),
        ("3.14159", 3.0),
        ("客観的実在の判断", 4.0),
        ("안녕하세요 여러분", 2.8),
        ("", 2.4),
        ("Hm.", 1.0),
    ],
)
def test_what_people_say_in_the_time_is_not(text: str, voiced_s: float) -> None:
    assert not sparse(spoken_letters(text), voiced_s)
