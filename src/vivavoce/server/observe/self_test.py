"""A spoken question that the server asks itself, to show that it listens, thinks and speaks."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, replace

import numpy as np

from vivavoce.audio import Audio
from vivavoce.conversation.session import Engines
from vivavoce.conversation.single_turn import answer
from vivavoce.engines import Tts, TtsOptions
from vivavoce.errors import EngineError
from vivavoce.settings import SessionSettings

QUESTIONS = {
    "en": "What is the capital of France?",
    "de": "Was ist die Hauptstadt von Frankreich?",
    "es": "¿Cuál es la capital de Francia?",
    "fr": "Quelle est la capitale de la France ?",
    "it": "Qual è la capitale della Francia?",
}
"""By language; sessions in others are asked in English."""
_TOKENS = 24
"""Of the answer, which is played out at the speed of speech."""


@dataclass(frozen=True, slots=True)
class SelfTest:
    """How it went. gap: seconds from the end of the question to the answer's first sound."""

    asked: str
    heard: str
    answer: str
    gap: float


async def prove(engines: Engines, settings: SessionSettings) -> SelfTest:
    """Ask the question by the server's own voice, at the speed of speech.

    Raises BadAudio when it was not understood, EngineError when an engine failed.
    """
    settings = replace(
        settings,
        greeting="",
        idle_prompt="",
        spoken=True,
        max_reply_tokens=min(settings.max_reply_tokens, _TOKENS),
        turns=replace(settings.turns, mode="auto"),
    )
    asked = question_in(settings.language)
    voice = TtsOptions(voice=settings.voice, language=settings.language)
    question = await _spoken(engines.tts, asked, voice)
    turn = await answer(engines, question, settings=settings, real_time=True)
    if not turn.text or turn.times is None or turn.times.gap is None:
        raise EngineError(f"heard {turn.heard.text!r}, but the model answered nothing")
    return SelfTest(asked, turn.heard.text, turn.text.strip(), turn.times.gap)


def question_in(language: str | None) -> str:
    """The question in a language, such as `de` or `de-at`."""
    return QUESTIONS.get((language or "en").partition("-")[0].lower(), QUESTIONS["en"])


async def _spoken(tts: Tts, question: str, options: TtsOptions) -> Audio:
    async with (
        aclosing(await tts.open(options)) as voice,
        aclosing(voice.speak(question)) as pieces,
    ):
        samples = [piece.samples async for piece in pieces]
    if not samples:
        raise EngineError(f"{tts.name} produced no audio")
    return Audio(np.concatenate(samples), tts.rate)
