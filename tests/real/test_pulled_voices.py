"""The default voices speak Spanish and French by Kokoro where it is pulled."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

from vivavoce.config.configuration import load_config
from vivavoce.engines import TtsOptions
from vivavoce.loading.fallback_tts import FallbackTts
from vivavoce.loading.open_engines import make_tts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


async def test_the_default_voices_speak_spanish_and_french_by_kokoro_once_it_is_loaded(
    pulled: Callable[[str], Path],
) -> None:
    pulled("kokoro-v1.0")
    chain = make_tts(load_config(environment={}))
    assert isinstance(chain, FallbackTts)
    try:
        chain.patience_s = 120.0
        await chain.load()
        for language, phrase, words in (
            ("en", "Good morning to you all.", 5),
            ("es", "Buenos días a todos.", 4),
            ("fr", "Bonjour tout le monde.", 4),
        ):
            options = TtsOptions(language=language)
            async with (
                aclosing(await chain.open(options)) as stream,
                aclosing(stream.speak(phrase)) as spoken,
            ):
                pieces = [piece async for piece in spoken]
            samples = np.concatenate([piece.samples for piece in pieces])
            assert 0.8 < len(samples) / chain.rate < 4
            assert np.sqrt(np.mean(samples**2)) > 0.01
            assert len([word for piece in pieces for word in piece.words]) == words
            names = [engine.name for engine in chain.engines]
            assert ("kokoro:v1.0" in names) is (language != "en")
        assert not chain.down
    finally:
        await chain.aclose()
