"""The kinds of engines, as a table: one row a kind, and all that is done with its engines.

A session needs the required ones; an optional one is there only where a configuration names an
engine of it. A new kind is a row here and a protocol. A package adds one by an entry point in the
group `vivavoce.kind` that gives its row; the kind's engines are entry points in `vivavoce.NAME`,
as of all kinds.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import Any

import numpy as np

from .audio import Audio, Samples
from .engines import (
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
from .errors import describe

GROUP = "vivavoce.kind"
"""Where packages register kinds of their own."""
_TAKEN = frozenset(
    {"device", "kind", "fallback", "language", "models", "profile", "server", "session"}
)
"""Names that a configuration or a group of entry points uses otherwise."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EngineKind:
    """A row of the table.

    name: its key in a configuration, and the end of its engines' group. title: for people.
    protocol: what its engines do.
    check: `module:function` that takes an engine and raises AssertionError where it does not keep
    to the protocol.
    probe: use a loaded engine once, for as little as possible; raises what it raises.
    guard: `module:class` that wraps an engine and turns what it raises into `errors`.
    chain: `module:class` that falls back through several; None lets only one be named.
    """

    name: Kind
    title: str
    protocol: type[Any]
    check: str
    probe: Callable[[Any], Awaitable[None]]
    required: bool = False
    guard: str | None = None
    chain: str | None = None

    def lacks(self, engine: object) -> list[str]:
        """What the protocol names and the engine does not have."""
        if hasattr(type(engine), "__getattr__"):
            return []  # it may have anything
        here = {*dir(type(engine)), *getattr(engine, "__dict__", ())}
        return sorted(_members(self.protocol) - here)


@cache
def kinds() -> Mapping[Kind, EngineKind]:
    """All rows by name, the required ones first."""
    rows = {row.name: row for row in _BUILT_IN}
    for entry in sorted(entry_points(group=GROUP), key=lambda it: it.name):
        try:
            row = entry.load()
        except Exception as error:  # noqa: BLE001 - a package's import may raise anything
            log.warning("the kind of engines %r is left out: %s", entry.name, describe(error))
            continue
        problem = _problem(row, entry.name, rows)
        if problem:
            log.warning("the kind of engines %r is left out: %s", entry.name, problem)
        else:
            rows[row.name] = row
    return MappingProxyType(rows)


def _problem(row: object, name: str, rows: Mapping[Kind, EngineKind]) -> str | None:
    """Why a package's row cannot be in the table."""
    if not isinstance(row, EngineKind):
        return f"{GROUP} wants an EngineKind, not {row!r}"
    if row.name != name:
        return f"the entry point is named {name!r}, and its row {row.name!r}"
    if row.required:
        return "only an optional kind can be added"
    if name in _TAKEN or name in rows:
        return f"the name {name!r} is taken"
    return None


def _members(protocol: type[Any]) -> set[str]:
    bases = [base for base in protocol.__mro__ if getattr(base, "_is_protocol", False)]
    names = (name for base in bases for name in (*vars(base), *inspect.get_annotations(base)))
    return {name for name in names if not name.startswith("_")}


async def _probe_vad(vad: Vad) -> None:
    vad.open().feed(np.zeros(vad.frame, np.float32))


async def _probe_turn(detector: TurnDetector) -> None:
    await detector.probability(Audio.silence(1.0, detector.rate), "")


async def _probe_stt(stt: Stt) -> None:
    async with aclosing(await stt.open(SttOptions(partials=False))) as stream:
        await stream.feed(_murmur(stt.rate))
        await stream.finish()


def _murmur(rate: int) -> Samples:
    """Half a second that is no silence, which engines do not listen to."""
    noise = np.random.default_rng(0).standard_normal(rate // 2)
    return (0.02 * noise).astype(np.float32)


async def _probe_llm(llm: Llm) -> None:
    await _first(llm.reply([Message("user", "Hi")], LlmOptions(1)))


async def _probe_tts(tts: Tts) -> None:
    async with aclosing(await tts.open(TtsOptions())) as voice:
        await _first(voice.speak("Hi."))


async def _first(items: AsyncGenerator[object, None]) -> None:
    async with aclosing(items):
        await anext(items)


_BUILT_IN = (
    EngineKind(
        "vad", "Voice activity detection", Vad, "vivavoce.testing:check_vad", _probe_vad,
        required=True,
        guard="vivavoce.guard:GuardedVad",
        chain="vivavoce.loading.fallback_vad:FallbackVad",
    ),
    EngineKind(
        "turn", "Turn detection", TurnDetector, "vivavoce.testing:check_turn", _probe_turn,
        required=True,
        guard="vivavoce.guard:GuardedTurn",
        chain="vivavoce.loading.fallback:FallbackTurn",
    ),
    EngineKind(
        "stt", "Speech-to-text", Stt, "vivavoce.testing:check_stt", _probe_stt,
        required=True,
        guard="vivavoce.guard:GuardedStt",
        chain="vivavoce.loading.fallback_stt:FallbackStt",
    ),
    EngineKind(
        "llm", "Language model", Llm, "vivavoce.testing:check_llm", _probe_llm,
        required=True,
        guard="vivavoce.guard:GuardedLlm",
        chain="vivavoce.loading.fallback:FallbackLlm",
    ),
    EngineKind(
        "tts", "Text-to-speech", Tts, "vivavoce.testing:check_tts", _probe_tts,
        required=True,
        guard="vivavoce.guard:GuardedTts",
        chain="vivavoce.loading.fallback_tts:FallbackTts",
    ),
)  # fmt: skip
