from __future__ import annotations

from vivavoce.engine.espeak.library import library


def test_phonemes_are_told_in_ipa_with_stress_and_ties() -> None:
    said = library().ipa("Hello there. Judge!", voice="gmw/en-US", tie="^")
    assert said == "həlˈo^ʊ ðˈɛ^ɹ d^ʒˈʌd^ʒ"


def test_a_text_without_a_sound_has_no_phonemes() -> None:
    assert library().ipa(" … ", voice="gmw/en-US", tie="^") == ""


def test_asking_for_phonemes_leaves_the_next_voice_alone() -> None:
    espeak = library()
    german = espeak.ipa("Tag", voice="gmw/de", tie="^")
    assert espeak.ipa("Hello", voice="gmw/en-US", tie="^") == "həlˈo^ʊ"
    assert espeak.ipa("Tag", voice="gmw/de", tie="^") == german
