"""What a reader is warned of."""

from __future__ import annotations

import pytest

from vivavoce.engines import Transcript
from vivavoce.transcripts.doubts import doubtful_language, missing_words
from vivavoce.transcripts.segment import Segment


def said(text: str, confidence: float | None, start: float = 0.0) -> Segment:
    return Segment(start, start + 2.0, Transcript(text, language="en", confidence=confidence))


def test_foreign_speech_that_an_english_engine_was_unsure_of_is_told_with_what_helps() -> None:
    segments = [said("The swath of La Pappier befin it.", 0.42)]
    warning = doubtful_language(segments, "moonshine:tiny-en", "en")
    assert warning is not None
    assert warning.code == "language_doubtful"
    assert warning.stretches == ((0.0, 2.0),)
    assert warning.message == (
        "the speech may not be English: moonshine:tiny-en was only 42% sure of the words there; "
        "to find out the language, try --stt whisper:base (it needs: pip install "
        "'vivavoce[whisper]' and vivavoce models pull whisper-base)"
    )


def test_only_the_unsure_parts_are_told_where_languages_change() -> None:
    segments = [
        said("Permission is hereby granted.", 0.96),
        said("Free of charge, my son.", 0.4, 9),
    ]
    warning = doubtful_language(segments, "moonshine:tiny-en", "en")
    assert warning is not None
    assert warning.message.startswith("1 of 2 parts of the speech may not be English")
    assert warning.stretches == ((9, 11.0),)


@pytest.mark.parametrize(
    "segments",
    [
        [],
        [said("Please call Stella.", 0.87)],
        [said("Oh, well now.", 0.4)],
        [said("We do not know how sure this is.", None)],
    ],
)
def test_sure_short_and_unknown_speech_is_not_doubted(segments: list[Segment]) -> None:
    assert doubtful_language(segments, "moonshine:tiny-en", "en") is None


def test_an_engine_of_many_languages_is_not_doubted_for_words_that_it_was_unsure_of() -> None:
    segments = [said("Un deux trois quatre cinq.", 0.3)]
    assert doubtful_language(segments, "whisper:base", None) is None


def taken_for(language: str, sure: float | None, words: str = "one two three four five") -> Segment:
    heard = Transcript(words, language=language, language_confidence=sure, confidence=0.4)
    return Segment(0.0, 2.0, heard)


def test_how_sure_the_language_is_counts_where_it_is_known() -> None:
    warning = doubtful_language([taken_for("en", 0.2)], "moonshine:tiny-en", "en")
    assert warning is not None
    assert "may not be English: moonshine:tiny-en was only 20% sure of that" in warning.message
    assert doubtful_language([taken_for("en", 0.9)], "moonshine:tiny-en", "en") is None


def test_a_language_that_an_engine_of_many_is_unsure_of_is_told() -> None:
    warning = doubtful_language([taken_for("de", 0.3)], "whisper:base", None)
    assert warning is not None
    assert warning.message == (
        "the speech may not be German: whisper:base was only 30% sure of that; "
        "if you know the language, name it (`--language`)"
    )


def test_missing_words_are_told_with_where_they_are() -> None:
    warning = missing_words([(1.8, 13.2), (75.0, 80.5)], None)
    assert warning is not None
    assert warning.code == "words_missing"
    assert warning.message.startswith(
        "words are missing: 17 s of speech gave hardly any text (0:01.8–0:13.2, 1:15.0–1:20.5); "
        "try again with another engine: --stt whisper:base"
    )
    assert missing_words([], None) is None


def test_an_engine_of_one_language_may_miss_words_of_another() -> None:
    warning = missing_words([(0.0, 5.0)], "en")
    assert warning is not None
    assert "try again if it is not English: --stt whisper:base" in warning.message


def test_of_many_stretches_the_message_names_three() -> None:
    warning = missing_words([(float(at), at + 3.0) for at in range(0, 50, 10)], None)
    assert warning is not None
    assert "0:20.0–0:23.0, …)" in warning.message
    assert len(warning.stretches) == 5
