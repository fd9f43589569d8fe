"""Conversations in several languages: what is spoken, word for word."""

from __future__ import annotations

import pytest

from vivavoce.engines import Transcript
from vivavoce.errors import EngineError
from vivavoce.settings import SessionSettings
from vivavoce.testing import Call, ScriptedLlm, ScriptedStt, ScriptedTts, hush, say

GERMAN = (
    "Am dritten Oktober zweitausendvierundzwanzig um vierzehn Uhr dreißig, zum Beispiel per Karte."
    " Das sind eintausendzweihundertvierunddreißig Euro sechsundfünfzig, also fünf Prozent weniger."
)
FRENCH = (
    "Il part le premier mai à quatorze heures trente et coûte douze euros cinquante. monsieur "
    "Dupont sera au deuxième étage."
)
SPANISH = (
    "Cuesta ochenta euros con cincuenta céntimos por noche, a las nueve y cuarto, con veintiuna"
    " habitaciones y menos cinco grados Celsius en Estados Unidos hoy."
)
CONVERSATIONS = {
    "de": (
        "Wann ist die Rechnung fällig?",
        "Am 3.10.2024 um 14:30 Uhr, z. B. per Karte. Das sind 1.234,56 €, also 5 % weniger.",
        GERMAN,
    ),
    "fr": (
        "Quand part le train pour Lyon ?",
        "Il part le 1er mai à 14h30 et coûte 12,50 €. M. Dupont sera au 2e étage.",
        FRENCH,
    ),
    "es": (
        "¿Cuánto cuesta la habitación?",
        "Cuesta 80,50 € por noche, a las 9:15, con 21 habitaciones y -5 °C en EE. UU. hoy.",
        SPANISH,
    ),
}
LANGUAGES = ("de", "en", "es", "fr")


def heard(text: str, language: str, sure: float = 0.95) -> Transcript:
    return Transcript(text, language=language, language_confidence=sure)


@pytest.mark.parametrize("language", CONVERSATIONS)
@pytest.mark.parametrize("configured", [False, True])
async def test_a_conversation_is_spoken_in_its_language(language: str, configured: bool) -> None:
    question, reply, spoken = CONVERSATIONS[language]
    tts = ScriptedTts()
    settings = SessionSettings(language=language if configured else None)
    languages = (language,) if configured else LANGUAGES
    stt = ScriptedStt(heard(question, language), languages=languages)
    async with Call(stt=stt, llm=ScriptedLlm(reply), tts=tts, settings=settings) as call:
        await call.hears(hush(0.5), say(2.0), hush(15.0))
    assert " ".join(tts.spoken) == spoken


async def test_a_conversation_that_changes_its_language_is_followed() -> None:
    stt = ScriptedStt(
        heard("What time is it now?", "en"),
        heard("Und wie spät ist es morgen?", "de"),
        heard("Okay.", "en"),
        languages=LANGUAGES,
    )
    llm, tts = ScriptedLlm("It is 5%.", "Es sind 5 %.", "Es sind 7 %."), ScriptedTts()
    async with Call(stt=stt, llm=llm, tts=tts) as call:
        for _ in range(3):
            await call.hears(say(1.5), hush(6.0))
    assert tts.spoken == ["It is five percent.", "Es sind fünf Prozent.", "Es sind sieben Prozent."]


async def test_an_apology_is_made_in_the_language_of_the_conversation() -> None:
    stt = ScriptedStt(heard("Quelle heure est-il à Paris ?", "fr"), languages=LANGUAGES)
    llm, tts = ScriptedLlm(EngineError("gone")), ScriptedTts()
    async with Call(stt=stt, llm=llm, tts=tts) as call:
        await call.hears(say(1.5), hush(8.0))
    assert " ".join(tts.spoken) == "Désolé, il y a eu un problème. Veuillez réessayer."


async def test_a_phrase_that_is_set_wins_over_the_languages_own() -> None:
    stt = ScriptedStt(heard("Quelle heure est-il à Paris ?", "fr"), languages=LANGUAGES)
    llm, tts = ScriptedLlm(EngineError("gone")), ScriptedTts()
    settings = SessionSettings(apology="Zut alors.")
    async with Call(stt=stt, llm=llm, tts=tts, settings=settings) as call:
        await call.hears(say(1.5), hush(8.0))
    assert tts.spoken == ["Zut alors."]


@pytest.mark.parametrize(
    ("language", "greeting"),
    [("de", "Hallo! Wie kann ich Ihnen helfen?"), ("nl", "Hallo! Hoe kan ik u helpen?")],
)
async def test_a_greeting_can_be_the_languages_own(language: str, greeting: str) -> None:
    settings = SessionSettings(language=language, greeting="auto")
    tts = ScriptedTts()
    async with Call(stt=ScriptedStt(languages=(language,)), tts=tts, settings=settings) as call:
        await call.hears(hush(6.0))
    assert " ".join(tts.spoken) == greeting
