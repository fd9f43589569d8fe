"""What the embedded voices say is understood by the embedded ears."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

import numpy as np
import pytest

from vivavoce.audio import Audio
from vivavoce.engine.espeak.tts import EspeakNg
from vivavoce.engine.hibari.tts import Hibari
from vivavoce.engine.moonshine.stt import Moonshine, MoonshineOptions
from vivavoce.engines import SttOptions, Tts, TtsOptions, Word
from vivavoce.text.phrases import Phraser, heard
from vivavoce.transcripts.word_errors import WordErrors, word_errors

SENTENCES = (
    "I am happy to help you with that question.",
    "There are seven days in a week and twelve months in a year.",
    "Photosynthesis is how plants turn sunlight into energy.",
    "To make tea, first boil some water and then add the leaves.",
    "Jupiter is the largest planet in our solar system.",
    "My favorite book is about a young boy who travels around the world.",
    "Regular exercise helps you sleep better and feel more relaxed.",
    "The museum is closed on Mondays but open every other day.",
)


@pytest.fixture(params=[Hibari, EspeakNg])
async def voice(request: pytest.FixtureRequest) -> AsyncIterator[Tts]:
    engine: Tts = request.param()
    await engine.load()
    yield engine
    await engine.aclose()


@pytest.fixture
async def ears() -> AsyncIterator[Moonshine]:
    engine = Moonshine(MoonshineOptions(model="tiny-en"))
    await engine.load()
    yield engine
    await engine.aclose()


async def said(voice: Tts, phrase: str) -> tuple[Audio, list[Word]]:
    async with (
        aclosing(await voice.open(TtsOptions())) as opened,
        aclosing(opened.speak(phrase)) as stream,
    ):
        pieces = [piece async for piece in stream]
    samples = np.concatenate([piece.samples for piece in pieces])
    return Audio(samples, voice.rate), [word for piece in pieces for word in piece.words]


async def understood(ears: Moonshine, audio: Audio) -> str:
    stream = await ears.open(SttOptions(partials=False))
    await stream.feed(audio.resampled(ears.rate).samples)
    text = (await stream.finish()).text
    await stream.aclose()
    return text


async def test_the_voice_is_understood(voice: Tts, ears: Moonshine) -> None:
    errors = WordErrors()
    for sentence in SENTENCES:
        audio, _ = await said(voice, sentence)
        errors += word_errors(sentence, await understood(ears, audio))
    assert errors.rate < 0.25


async def test_a_reply_cut_into_phrases_is_understood_as_a_whole(
    voice: Tts, ears: Moonshine
) -> None:
    phraser = Phraser("en")
    text = "**The museum** is closed on Mondays, but open on the other 6 days. 😀 It costs $5."
    phrases = [*phraser.feed(text), *phraser.flush()]
    assert len(phrases) > 2
    parts = [(await said(voice, phrase.spoken))[0].samples for phrase in phrases if phrase.spoken]
    heard_text = await understood(ears, Audio(np.concatenate(parts), voice.rate))
    plain = "The museum is closed on Mondays but open on the other six days. It costs five dollars."
    assert word_errors(plain, heard_text).rate < 0.3


async def test_what_was_heard_when_interrupted_is_what_the_cut_audio_says(
    voice: Tts, ears: Moonshine
) -> None:
    phraser = Phraser("en", first_words=30)
    (phrase,) = [*phraser.feed(SENTENCES[1]), *phraser.flush()]
    audio, words = await said(voice, phrase.spoken)
    for at in (0.4, 0.7):
        moment = at * audio.seconds
        told = heard(phrase, words, moment, audio.seconds)
        sounded = await understood(ears, audio.cut(0, moment))
        assert abs(len(told.split()) - len(sounded.split())) <= 2, (told, sounded)
