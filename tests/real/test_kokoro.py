"""Kokoro-82M's own weights: what it says, when, and in which languages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

from vivavoce.audio import Samples
from vivavoce.engine.kokoro.tts import Kokoro
from vivavoce.engines import Speech, TtsOptions, Word
from vivavoce.errors import BadRequest
from vivavoce.testing.check_tts import check_tts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

RATE = 24_000


@pytest.fixture
async def kokoro(pulled: Callable[[str], Path]) -> AsyncIterator[Kokoro]:
    pulled("kokoro-v1.0")
    engine = Kokoro()
    await engine.load()
    yield engine
    await engine.aclose()


async def said(
    engine: Kokoro, phrase: str, options: TtsOptions | None = None
) -> tuple[list[Speech], Samples, list[Word]]:
    async with (
        aclosing(await engine.open(options or TtsOptions())) as stream,
        aclosing(stream.speak(phrase)) as spoken,
    ):
        pieces = [piece async for piece in spoken]
    words = [word for piece in pieces for word in piece.words]
    return pieces, np.concatenate([piece.samples for piece in pieces]), words


async def test_it_keeps_the_contract_of_a_voice(kokoro: Kokoro) -> None:
    await check_tts(kokoro, "Hello there.", words=True)


async def test_all_its_voices_are_there(kokoro: Kokoro) -> None:
    listed = [voice.id for voice in kokoro.voices]
    assert listed[0] == "af_heart"
    assert len(listed) == len(set(listed)) == 41  # 54 without the Japanese and Chinese ones
    languages = [voice.languages[0] for voice in kokoro.voices]
    counts = {code: languages.count(code) for code in languages}
    assert counts == {
        "en-us": 20, "en-gb": 8, "es": 3, "fr-fr": 1, "hi": 4, "it": 2, "pt-br": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("language", "phrase"),
    [
        ("en-US", "Good morning, everyone."),
        ("en-GB", "Good morning, everyone."),
        ("es", "Buenos días a todos."),
        ("fr", "Bonjour à tous."),
        ("hi", "नमस्ते, आप कैसे हैं?"),
        ("it", "Buongiorno a tutti."),
        ("pt", "Bom dia a todos."),
    ],
)
async def test_every_language_is_spoken_at_a_natural_pace(
    kokoro: Kokoro, language: str, phrase: str
) -> None:
    _, samples, words = await said(kokoro, phrase, TtsOptions(language=language))
    assert " ".join(word.text for word in words) == phrase
    assert 0.03 < len(samples) / RATE / len(phrase) < 0.15
    assert 0.02 < float(np.sqrt(np.mean(samples**2))) < 0.3


async def test_the_first_clause_is_heard_before_the_rest_is_made(kokoro: Kokoro) -> None:
    phrase = "In the middle of the night, the old clock in the hall struck thirteen times."
    pieces, _, _ = await said(kokoro, phrase)
    assert [piece.words[-1].text for piece in pieces] == ["night,", "times."]


async def test_a_blend_is_another_voice(kokoro: Kokoro) -> None:
    _, own, _ = await said(kokoro, "Hello.")
    _, blend, _ = await said(kokoro, "Hello.", TtsOptions("af_heart*0.5+am_michael*0.5"))
    assert own.tobytes() != blend.tobytes()


async def test_what_it_cannot_say_is_refused(kokoro: Kokoro) -> None:
    with pytest.raises(BadRequest, match="cannot read Japanese yet"):
        await kokoro.open(TtsOptions("jf_alpha"))
    with pytest.raises(BadRequest, match="in Latin letters"):
        await said(kokoro, "Привет, как дела?")
