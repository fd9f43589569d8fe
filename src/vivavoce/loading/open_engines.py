"""The engines that a configuration names: made, loaded together, watched, and closed."""

from __future__ import annotations

import asyncio
import gc
import pkgutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

from vivavoce import registry
from vivavoce.config.configuration import Config, load_config
from vivavoce.engines import Engine, Engines, Kind, Llm, Stt, Tts, TtsOptions, TurnDetector, Vad
from vivavoce.errors import BadConfig, BadRequest, UnknownModel
from vivavoce.kinds import kinds
from vivavoce.registry import EngineSpec

from .chain import Chain
from .fallback_tts import FallbackTts
from .pulled_voices import with_pulled_voices

PATIENT_S = 15.0
"""How long a text waits for a voice to be loaded, where no conversation does."""


@asynccontextmanager
async def open_engines(
    config: Config | None = None, *, lenient: bool = False
) -> AsyncIterator[Engines]:
    """All engines of the configuration, loaded; closed at the end.

    config: None goes by the environment and the defaults.
    lenient: go without those that cannot be loaded, and take them in when they come.
    Raises what the registry and, unless lenient, `Engine.load` raise; nothing stays loaded then.
    """
    config = config or load_config()
    settings = config.fallback
    specs = {kind: config.engines(kind) for kind in kinds()}
    made = {
        kind: chained(kind, named, settings.patience(kind))
        for kind, named in specs.items()
        if named
    }
    engines = Engines(
        cast("Vad", made["vad"]),
        cast("TurnDetector", made["turn"]),
        cast("Stt", made["stt"]),
        cast("Llm", made["llm"]),
        cast("Tts", with_pulled_voices(made["tts"], config)),
        {kind: engine for kind, engine in made.items() if not kinds()[kind].required},
    )
    try:
        await asyncio.gather(*(_load(one, lenient) for one in made.values()))
        if isinstance(engines.tts, FallbackTts):
            session = config.session
            engines.tts.expect(TtsOptions(voice=session.voice, language=session.language))
        gc.freeze()  # what was loaded stays; walking it again and again would delay frames
        watches = [
            asyncio.create_task(one.watch(link, settings.probe_s))
            for one in made.values()
            if isinstance(one, Chain)
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


async def _load(one: Engine, lenient: bool) -> None:
    try:
        await one.load()
    except (BadRequest, UnknownModel):
        raise
    except Exception:
        if not lenient:
            raise


def chained(kind: Kind, specs: Sequence[EngineSpec], patience_s: float = 5.0) -> Engine:
    """Engines that take over from one another, not loaded yet; one alone is watched, too, where
    its kind has chains.
    """
    chain = kinds()[kind].chain
    if chain is None:
        if len(specs) > 1:
            raise BadConfig(f"{kind}: name one engine; several cannot stand in for each other")
        return registry.create(kind, specs[0])
    engines = [registry.create(kind, spec) for spec in specs]
    made: Chain[Any] = pkgutil.resolve_name(chain)(engines, patience_s)
    return made


def make(kind: Kind, specs: Sequence[EngineSpec]) -> Engine:
    """One engine, or one that falls back through several; not loaded yet."""
    return registry.create(kind, specs[0]) if len(specs) == 1 else chained(kind, specs)


def make_tts(config: Config) -> Tts:
    """The configuration's voice for a text that nobody waits for in a conversation; not loaded
    yet.
    """
    return cast("Tts", with_pulled_voices(make("tts", config.tts), config, PATIENT_S))
