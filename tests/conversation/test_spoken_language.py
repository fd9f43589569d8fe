"""Which language a conversation is in."""

from __future__ import annotations

import pytest

from vivavoce.conversation.spoken_language import SpokenLanguage, expected, follow, speaking
from vivavoce.engines import Transcript, Voice
from vivavoce.settings import SessionSettings
from vivavoce.testing import ScriptedStt, ScriptedTts


def german(text: str, sure: float | None = 0.95) -> Transcript:
    return Transcript(text, language="de", language_confidence=sure)


def test_the_configured_language_holds_whatever_is_heard() -> None:
    settings = SessionSettings(language="en-GB")
    language = expected(settings, ScriptedStt(), ScriptedTts())
    assert follow(language, german("Wie spät ist es in Berlin?")).code == "en-GB"


def test_a_recognizer_of_one_language_tells_it_before_a_word_was_said() -> None:
    known = expected(SessionSettings(), ScriptedStt(), ScriptedTts())
    assert known == SpokenLanguage("en", fixed=True)


def test_where_the_recognizer_knows_several_that_of_the_voice_is_likely() -> None:
    known = expected(SessionSettings(), ScriptedStt(languages=("de", "fr")), ScriptedTts())
    assert known == SpokenLanguage("en")
    assert follow(known, german("Hallo")).code == "de"


def test_the_first_words_tell_the_language_though_they_are_few_or_unsure() -> None:
    assert follow(SpokenLanguage(), german("Hallo", 0.4)).code == "de"


@pytest.mark.parametrize("heard", [german("Okay."), german("Na dann."), german("So it was.", 0.5)])
def test_a_settled_language_is_not_left_for_few_words_or_unsure_ones(heard: Transcript) -> None:
    english = SpokenLanguage("en", settled=True)
    assert follow(english, heard) == english


@pytest.mark.parametrize("sure", [0.9, None])
def test_three_sure_words_change_it(sure: float | None) -> None:
    english = SpokenLanguage("en", settled=True)
    changed = follow(english, german("Wie spät ist es?", sure))
    assert changed == SpokenLanguage("de", settled=True)


def test_what_was_heard_unsurely_is_left_at_once() -> None:
    language = follow(SpokenLanguage(), german("Ja", 0.4))
    assert follow(language, Transcript("Yes", language="en")).code == "en"


def test_a_transcript_without_language_or_text_changes_nothing() -> None:
    language = SpokenLanguage("fr", settled=True)
    assert follow(language, Transcript("Quelle heure est-il ?")) == language
    assert follow(language, german("")) == language


class Polyglot(ScriptedTts):
    voices = (Voice("anna", "Anna", ("de-de",)), Voice("brian", "Brian", ("en-us", "en-gb")))


def test_a_reply_is_spoken_by_a_voice_of_its_language_if_there_is_one() -> None:
    assert speaking(SessionSettings(), Polyglot(), "de").language == "de"
    assert speaking(SessionSettings(), Polyglot(), "fr").language is None


def test_a_voice_or_language_that_was_chosen_wins() -> None:
    chosen = speaking(SessionSettings(voice="brian"), Polyglot(), "de")
    assert (chosen.voice, chosen.language) == ("brian", None)
    assert speaking(SessionSettings(language="en-GB"), Polyglot(), "en-GB").language == "en-GB"
