"""Engines by name: entry points in the groups `vivavoce.vad`, `.turn`, `.stt`, `.llm`, `.tts`.

Listing reads metadata and imports nothing; loading imports just the one named.
An engine's constructor takes keyword arguments only, plain and annotated (str, int, float,
bool, or None); the first may be `model`. They are what a configuration may set.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TypeAlias, cast

from .engines import Engine, Kind
from .errors import BadConfig, BadRequest, EngineUnavailable
from .hints import nearest

Option: TypeAlias = str | int | float | bool | None

EXTRAS = {
    "aiortc": "server", "av": "", "ctranslate2": "whisper", "fastapi": "server",
    "faster_whisper": "whisper", "livekit": "mic", "piper": "piper", "prometheus_client": "server",
    "sounddevice": "mic", "uvicorn": "server", "webrtcvad": "webrtc", "wyoming": "server",
}  # fmt: skip
"""Which extra brings a module that the base install lacks."""


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """An engine by name, its model, and its other options: `whisper:small`."""

    name: str
    model: str | None = None
    options: Mapping[str, Option] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> EngineSpec:
        """From `NAME` or `NAME:MODEL`."""
        name, _, model = text.partition(":")
        return cls(name, model or None)

    def __str__(self) -> str:
        return f"{self.name}:{self.model}" if self.model else self.name


def names(kind: Kind) -> list[str]:
    """The engines of this kind that are known, installed or not."""
    return sorted(_entries(kind))


def load(kind: Kind, name: str) -> Callable[..., Engine]:
    """The engine's constructor.

    Raises BadRequest for a name that is not known, EngineUnavailable when its package is not
    installed.
    """
    entry = _entries(kind).get(name)
    if entry is None:
        raise BadRequest(f"no {kind} engine {name!r}; {nearest(name, names(kind))}")
    try:
        return cast("Callable[..., Engine]", entry.load())
    except ImportError as error:
        raise missing(f"{kind} engine {name!r}", error) from error


def create(kind: Kind, spec: EngineSpec) -> Engine:
    """An engine, not loaded yet. Raises BadConfig for an option that it does not have."""
    constructor = load(kind, spec.name)
    known = dict(inspect.signature(constructor).parameters)
    options = dict(spec.options)
    if spec.model is not None:
        options["model"] = spec.model
    for option in options:
        if option not in known:
            raise BadConfig(
                f"{kind} engine {spec.name!r} has no option {option!r}; {nearest(option, known)}"
            )
    try:
        return constructor(**options)
    except ImportError as error:
        raise missing(f"{kind} engine {spec.name!r}", error) from error


def missing(what: str, error: ImportError) -> EngineUnavailable:
    """The error that says which extra installs what an import lacked."""
    module = (error.name or "").partition(".")[0]
    extra = EXTRAS.get(module)
    if extra:
        return EngineUnavailable(f"{what} needs an extra: pip install 'vivavoce[{extra}]'")
    return EngineUnavailable(f"{what} cannot be imported: {error}")


@cache
def _entries(kind: Kind) -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=f"vivavoce.{kind}")}
