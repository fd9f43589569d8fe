"""A spoken question that the server asks itself, to show that it listens, thinks and speaks."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, replace

import numpy as np

from vivavoce.audio import Audio
from vivavoce.conversation.session import Engines
from vivavoce.conversation.single_turn import answer
from vivavoce.conversation.spoken_language import expected, speaking
from vivavoce.engines import Tts, TtsOptions
from vivavoce.errors import EngineError
from vivavoce.settings import SessionSettings
from vivavoce.text.language.packs import pack_of

_TOKENS = 24
"""Of the answer, which is played out at the speed of speech."""


@dataclass(frozen=True, slots=True)
class SelfTest:
    """How it went. gap: seconds from the end of the question to the answer's first sound."""

    asked: str
    heard: str
    answer: str
    gap: float


@dataclass(frozen=True, slots=True)
class SelfTestSkipped:
    """It asked itself nothing. why: such as that no pack has a question in the language."""

    why: str


async def prove(engines: Engines, settings: SessionSettings) -> SelfTest | SelfTestSkipped:
    """Ask the question by the server's own voice, at the speed of speech, in a language that the
    ears know.

    Raises BadAudio when it was not understood, EngineError when an engine failed.
    """
    settings = replace(
        settings,
        greeting="",
        idle_prompt="",
        spoken=True,
        max_reply_tokens=min(settings.max_reply_tokens or _TOKENS, _TOKENS),
        turns=replace(settings.turns, mode="auto"),
    )
    language = expected(settings, engines.stt, engines.tts).code
    asked = question_in(language)
    if not asked:
        return SelfTestSkipped(_lacking(language))
    question = await _spoken(engines.tts, asked, speaking(settings, engines.tts, language))
    turn = await answer(engines, question, settings=settings, real_time=True)
    if not turn.text or turn.times is None or turn.times.gap is None:
        raise EngineError(f"heard {turn.heard.text!r}, but the model answered nothing")
    return SelfTest(asked, turn.heard.text, turn.text.strip(), turn.times.gap)


def question_in(language: str | None) -> str:
    """The question in a language, such as `de` or `de-at`; "" where its pack has none."""
    return pack_of(language).phrases.question


def _lacking(language: str | None) -> str:
    if language is None:
        return "the engines do not say which language they know; set session.language"
    return f"the language pack for {language!r} has no question"


async def _spoken(tts: Tts, question: str, options: TtsOptions) -> Audio:
    async with (
        aclosing(await tts.open(options)) as voice,
        aclosing(voice.speak(question)) as pieces,
    ):
        samples = [piece.samples async for piece in pieces]
    if not samples:
        raise EngineError(f"{tts.name} produced no audio")
    return Audio(np.concatenate(samples), tts.rate)
