from __future__ import annotations

import pytest

from vivavoce.engine.kokoro.alphabet import IDS, from_espeak
from vivavoce.engine.kokoro.reading import read_espeak


@pytest.mark.parametrize(
    ("phonemes", "language", "wanted"),
    [
        ("həlˈo^ʊ", "en-us", "həlˈO"),
        ("həlˈə^ʊ", "en-gb", "həlˈQ"),
        ("d^ʒˈʌd^ʒ", "en-us", "ʤˈʌʤ"),
        ("bˈɜːd", "en-us", "bˈɜɹd"),
        ("bˈɜːd", "en-gb", "bˈɜːd"),
        ("bˈʌʔn\u0329", "en-us", "bˈʌtn"),
        ("(en)wˈiːkɛnd(fr)", "fr-fr", "wˈiːkɛnd"),
        ("t^ʃˈao", "it", "ʧˈao"),
        ("fɛ̃", "fr-fr", "fɛ\u0303"),
    ],
)
def test_sounds_of_espeak_become_those_of_the_model(
    phonemes: str, language: str, wanted: str
) -> None:
    assert from_espeak(phonemes, language) == wanted


def test_no_sign_comes_through_that_the_model_does_not_know() -> None:
    assert set(from_espeak("ʘ^ǃ€ꙮ bˈa", "es")) <= set(IDS)


def test_a_phrase_is_read_with_its_marks_and_words() -> None:
    pieces = read_espeak("Hola — ¿cómo estás? Bien, gracias…", "es")
    assert ["".join(piece.phonemes) for piece in pieces] == [
        "ˈola— kˈomo estˈas?",
        "bjˈen, ɡɾˈaθjas…",
    ]
    assert [piece.mark for piece in pieces] == ["?", "…"]
    assert [[position for position, _ in piece.words] for piece in pieces] == [[0, 7, 13], [20, 26]]


def test_marks_inside_of_words_and_numbers_end_nothing() -> None:
    pieces = read_espeak("In 3.5 days, e.g. today", "en-gb")
    said = "".join("".join(piece.phonemes) for piece in pieces)
    assert said.count(",") == 1
    assert "." not in said


def test_what_has_no_sound_is_no_piece() -> None:
    assert read_espeak("… — !", "fr-fr") == []
