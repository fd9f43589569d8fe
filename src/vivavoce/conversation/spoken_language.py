"""Which language a conversation is in, and what it is answered with; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from vivavoce.engines import Stt, Transcript, Tts, TtsOptions
from vivavoce.settings import AUTO, SessionSettings
from vivavoce.speech.synthesis import voice_language
from vivavoce.text.language.codes import language_of, match_language
from vivavoce.text.language.packs import pack_of

_WORDS = 3
"""Fewer words change no language: "okay" and "no" are said in many."""
_SURE = 0.7
"""The confidence from which a recognizer is believed that the language has changed."""


@dataclass(frozen=True, slots=True)
class SpokenLanguage:
    """The language of a conversation, as far as it is known.

    code: such as `en`; None while nobody knows. fixed: it was configured, or is the only one that
    the recognizer knows. settled: it was heard well enough to be left only for good reasons.
    """

    code: str | None = None
    fixed: bool = False
    settled: bool = False


def expected(settings: SessionSettings, stt: Stt, tts: Tts) -> SpokenLanguage:
    """What is known before a word was said: the language that is configured, or the only one that
    the recognizer knows; else that of the voice is likely.
    """
    if settings.language:
        return SpokenLanguage(settings.language, fixed=True)
    only = {language_of(code) for code in stt.languages}
    if len(only) == 1:
        return SpokenLanguage(only.pop(), fixed=True)
    return SpokenLanguage(voice_language(settings.voice, tts))


def follow(before: SpokenLanguage, heard: Transcript) -> SpokenLanguage:
    """The language after an utterance. One that was settled changes only for three words or more
    that are surely of another.
    """
    if before.fixed or not heard.language or not heard.text:
        return before
    confidence = heard.language_confidence
    long = len(heard.text.split()) >= _WORDS
    sure = long and (confidence is None or confidence >= _SURE)
    if language_of(heard.language) == language_of(before.code):
        return replace(before, settled=before.settled or sure)
    if before.settled and not sure:
        return before
    return SpokenLanguage(heard.language, settled=sure)


Phrase: TypeAlias = Literal["greeting", "apology", "tool_filler", "idle_prompt"]


def phrase_of(settings: SessionSettings, phrase: Phrase, language: str | None) -> str:
    """What is said on an occasion: as the settings say, or the language's own."""
    said: str = getattr(settings, phrase)
    if said != AUTO:
        return said
    own: str = getattr(pack_of(language).phrases, phrase)
    return own


def speaking(settings: SessionSettings, tts: Tts, language: str | None) -> TtsOptions:
    """How a reply in this language is spoken: by the voice that was chosen, or else by one of the
    language, if there is one.
    """
    if settings.voice is None and settings.language is None:
        asked = _spoken(language, [code for voice in tts.voices for code in voice.languages])
    else:
        asked = settings.language
    return TtsOptions(settings.voice, asked, settings.speed, settings.pitch)


def _spoken(language: str | None, known: Sequence[str]) -> str | None:
    return language if not known or match_language(language, known) else None
