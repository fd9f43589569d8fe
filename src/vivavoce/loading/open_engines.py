"""The engines that a configuration names: made, loaded together, watched, and closed."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

from vivavoce import registry
from vivavoce.config.configuration import Config, load_config
from vivavoce.engines import KINDS, Engine, Engines, Kind, Llm, Stt, Tts, TurnDetector, Vad
from vivavoce.errors import BadRequest
from vivavoce.registry import EngineSpec

from .chain import Chain
from .fallback import FallbackLlm, FallbackTurn
from .fallback_stt import FallbackStt
from .fallback_tts import FallbackTts
from .fallback_vad import FallbackVad

_CHAINS: dict[Kind, Callable[[Sequence[Any], float], Chain[Any]]] = {
    "vad": FallbackVad,
    "turn": FallbackTurn,
    "stt": FallbackStt,
    "llm": FallbackLlm,
    "tts": FallbackTts,
}


@asynccontextmanager
async def open_engines(
    config: Config | None = None, *, lenient: bool = False
) -> AsyncIterator[Engines]:
    """All five engines of the configuration, loaded; closed at the end.

    config: None goes by the environment and the defaults.
    lenient: go without those that cannot be loaded, and take them in when they come.
    Raises what the registry and, unless lenient, `Engine.load` raise; nothing stays loaded then.
    """
    config = config or load_config()
    settings = config.fallback
    made = {kind: chain(kind, config.engines(kind), settings.patience(kind)) for kind in KINDS}
    engines = Engines(
        cast("Vad", made["vad"]),
        cast("TurnDetector", made["turn"]),
        cast("Stt", made["stt"]),
        cast("Llm", made["llm"]),
        cast("Tts", made["tts"]),
    )
    try:
        await asyncio.gather(*(_load(one, lenient) for one in made.values()))
        gc.freeze()  # what was loaded stays; walking it again and again would delay frames
        watches = [
            asyncio.create_task(one.watch(link, settings.probe_s))
            for one in made.values()
            for link in one.links
        ]
        try:
            yield engines
        finally:
            for watch in watches:
                watch.cancel()
            await asyncio.wait(watches)
    finally:
        for one in made.values():
            await one.aclose()


async def _load(one: Chain[Any], lenient: bool) -> None:
    try:
        await one.load()
    except BadRequest:
        raise
    except Exception:
        if not lenient:
            raise


def chain(kind: Kind, specs: Sequence[EngineSpec], patience_s: float = 5.0) -> Chain[Any]:
    """Engines that take over from one another, not loaded yet; one alone is watched."""
    return _CHAINS[kind]([registry.create(kind, spec) for spec in specs], patience_s)


def make(kind: Kind, specs: Sequence[EngineSpec]) -> Engine:
    """One engine, or one that falls back through several; not loaded yet."""
    return registry.create(kind, specs[0]) if len(specs) == 1 else chain(kind, specs)
