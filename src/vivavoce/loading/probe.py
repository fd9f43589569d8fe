"""The least use of an engine that shows whether it works."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import cast

import numpy as np

from vivavoce.audio import Audio, Samples
from vivavoce.engines import (
    Engine,
    Kind,
    Llm,
    LlmOptions,
    Message,
    Stt,
    SttOptions,
    Tts,
    TtsOptions,
    TurnDetector,
    Vad,
)


async def probe(kind: Kind, engine: Engine) -> None:
    """Load the engine and use it once, for as little as possible; raises what it raises."""
    await engine.load()
    await use(kind, engine)


async def use(kind: Kind, engine: Engine) -> None:
    """Use a loaded engine once, for as little as possible; raises what it raises."""
    match kind:
        case "vad":
            vad = cast("Vad", engine)
            vad.open().feed(np.zeros(vad.frame, np.float32))
        case "turn":
            detector = cast("TurnDetector", engine)
            await detector.probability(Audio.silence(1.0, detector.rate), "")
        case "stt":
            stt = cast("Stt", engine)
            stream = await stt.open(SttOptions(partials=False))
            try:
                await stream.feed(_murmur(stt.rate))
                await stream.finish()
            finally:
                await stream.aclose()
        case "llm":
            await _first(cast("Llm", engine).reply([Message("user", "Hi")], LlmOptions(1)))
        case "tts":
            async with aclosing(await cast("Tts", engine).open(TtsOptions())) as voice:
                await _first(voice.speak("Hi."))


def _murmur(rate: int) -> Samples:
    """Half a second that is no silence, which engines do not listen to."""
    noise = np.random.default_rng(0).standard_normal(rate // 2)
    return (0.02 * noise).astype(np.float32)


async def _first(items: AsyncIterator[object]) -> None:
    async with aclosing(items):  # type: ignore[type-var]
        await anext(items)
