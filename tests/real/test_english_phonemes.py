"""English as misaki reads it. What is expected comes from misaki's own port in hibari-tts 0.2.1."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from vivavoce import models
from vivavoce.engine.english.phonemizer import EnglishPhonemizer, GivenSound


@pytest.fixture(scope="module")
def phonemizer() -> Iterator[EnglishPhonemizer]:
    english = EnglishPhonemizer(models.fetch("hibari"))
    yield english
    english.close()


def said(phonemizer: EnglishPhonemizer, text: str, *given: GivenSound) -> str:
    words = phonemizer.words(text, given)
    return "".join(word.phonemes + " " * word.spaced for word in words).strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello there, how are you?", "həlˈO ðˈɛɹ, hˌW ɑɹ ju?"),
        (
            "I read it yesterday, but I will read it again.",
            "ˌI ɹˈɛd ɪt jˈɛstəɹdˌA, bˌʌt ˌI wɪl ɹˈid ɪt əɡˈɛn.",
        ),
        (
            "The apple and the pear are to eat, not to throw.",
            "ði ˈæpᵊl ænd ðə pˈɛɹ ɑɹ tʊ ˈit, nˌɑt tə θɹˈO.",
        ),
        ("He used to live in the United States.", "hˌi jˈust tə lˈɪv ɪn ðə junˈITᵻd stˈAts."),
        ("They used the old tool.", "ðˌA jˈuzd ði ˈOld tˈul."),
        ("The wind made him wind the clock.", "ðə wˈɪnd mˌAd hˌɪm wˈInd ðə klˈɑk."),
        ("I don't think she'd have cancelled it.", "ˌI dˈOnt θˈɪŋk ʃid hæv kˈænsəld ɪt."),
        ("The dogs' owner walked, talked and landed.", "ðə dˈɔɡz ˈOnəɹ wˈɔkt, tˈɔkt ænd lˈændᵻd."),
        ("NASA sent the engineer's notes.", "nˈæsə sˈɛnt ði ˌɛnʤənˈɪɹz nˈOts."),
        (
            "A well-known OpenAI engineer used wi-fi.",
            "ɐ wˌɛlnˈOn ˌOpᵊnˈAˌI ˌɛnʤənˈɪɹ jˈuzd wˈI fˌI.",
        ),
        ("Vivavoce recognizes Zbigniew.", "vˈɪvəvˌOs ɹˈɛkəɡnˌIzᵻz zˈibˈɪɡnju."),
        ("I am who I am.", "ˌI ɐm hˌu ˌI æm."),
        (
            "Please record a new record at nine A.M.",
            "plˈiz ɹəkˈɔɹd ɐ nˈu ɹˈɛkəɹd æt nˈIn ˌAˈɛm.",
        ),  # THEIRS plˈiz ɹəkˈɔɹd ɐ nˈu ɹˈɛkəɹd æt nˈIn ˌAˈɛm
        ("What is it for?", "wˌʌt ɪz ɪt fɔɹ?"),
        ("BREAKING NEWS", "bɹˈAkɪŋ nˈuz"),
        ("She watches buses and boxes.", "ʃˌi wˈɑʧᵻz bˈʌsᵻz ænd bˈɑksᵻz."),
    ],
)
def test_sentences_are_read_as_misaki_reads_them(
    phonemizer: EnglishPhonemizer, text: str, expected: str
) -> None:
    assert said(phonemizer, text) == expected


def test_each_word_tells_where_it_begins(phonemizer: EnglishPhonemizer) -> None:
    words = phonemizer.words("So, it's well-known.")
    assert [(word.start, word.phonemes) for word in words] == [
        (0, "sˌO"), (2, ","), (4, "ɪts"), (9, "wˌɛlnˈOn"), (19, "."),
    ]  # fmt: skip


def test_a_stretch_of_text_can_be_given_its_sound(phonemizer: EnglishPhonemizer) -> None:
    text = "In New York now."
    assert said(phonemizer, text, GivenSound(3, 11, "nujˈɔɹk")) == "ɪn nujˈɔɹk nˈW."


@pytest.mark.parametrize("text", ["", " ", "?!", "...", "12 + 3", "\x00", "😀", "'", "' ' '", "-"])
def test_what_has_no_words_says_nothing(phonemizer: EnglishPhonemizer, text: str) -> None:
    assert not any(map(str.isalpha, said(phonemizer, text)))
