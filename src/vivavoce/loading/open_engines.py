"""The engines that a configuration names: made, loaded together, watched, and closed."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any, cast

import numpy as np

from vivavoce import registry
from vivavoce.audio import Audio
from vivavoce.config.configuration import Config, load_config
from vivavoce.engines import (
    KINDS,
    Engine,
    Engines,
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
from vivavoce.errors import describe
from vivavoce.registry import EngineSpec

from .fallback import Chain, FallbackLlm, FallbackStt, FallbackTts, FallbackTurn, FallbackVad

log = logging.getLogger(__name__)

PROBE_S = 30.0
"""How often an engine that is down is probed."""

_CHAINS: dict[Kind, Callable[[Sequence[Any]], Chain[Any]]] = {
    "vad": FallbackVad,
    "turn": FallbackTurn,
    "stt": FallbackStt,
    "llm": FallbackLlm,
    "tts": FallbackTts,
}


@asynccontextmanager
async def open_engines(
    config: Config | None = None, *, probe_s: float = PROBE_S
) -> AsyncIterator[Engines]:
    """All five engines of the configuration, loaded; closed at the end.

    config: None goes by the environment and the defaults.
    Raises what the registry and `Engine.load` raise; nothing stays loaded then.
    """
    config = config or load_config()
    made: dict[Kind, Engine] = {}
    for kind in KINDS:
        made[kind] = make(kind, config.engines(kind))
    engines = Engines(
        cast("Vad", made["vad"]),
        cast("TurnDetector", made["turn"]),
        cast("Stt", made["stt"]),
        cast("Llm", made["llm"]),
        cast("Tts", made["tts"]),
    )
    chains = [engine for engine in made.values() if isinstance(engine, Chain)]
    try:
        await asyncio.gather(*(engine.load() for engine in made.values()))
        gc.freeze()  # what was loaded stays; walking it again and again would delay frames
        watch = asyncio.create_task(_watch(chains, probe_s)) if chains else None
        try:
            yield engines
        finally:
            if watch is not None:
                watch.cancel()
                await asyncio.wait({watch})
    finally:
        for engine in made.values():
            await engine.aclose()


def make(kind: Kind, specs: Sequence[EngineSpec]) -> Engine:
    """One engine, or one that falls back through several; not loaded yet."""
    engines = [registry.create(kind, spec) for spec in specs]
    return engines[0] if len(engines) == 1 else _CHAINS[kind](engines)


async def _watch(chains: Sequence[Chain[Any]], probe_s: float) -> None:
    """Bring back engines that work again."""
    while True:
        await asyncio.sleep(probe_s)
        for chain in chains:
            for engine in chain.down:
                try:
                    await chain.within(probe(chain.kind, engine))
                except Exception as error:  # noqa: BLE001 - it may raise anything
                    log.debug("%s is still down: %s", engine.name, describe(error))
                else:
                    chain.restore(engine)


async def probe(kind: Kind, engine: Engine) -> None:
    """Use the engine once, for as little as possible; raises what it raises."""
    await engine.load()
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
            await stream.feed(np.zeros(stt.rate // 2, np.float32))
            await stream.finish()
            await stream.aclose()
        case "llm":
            await _first(cast("Llm", engine).reply([Message("user", "Hi")], LlmOptions(1)))
        case "tts":
            async with aclosing(await cast("Tts", engine).open(TtsOptions())) as voice:
                await _first(voice.speak("Hi."))


async def _first(items: AsyncIterator[object]) -> None:
    async with aclosing(items):  # type: ignore[type-var]
        await anext(items)
