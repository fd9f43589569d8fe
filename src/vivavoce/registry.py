"""Engines by name: entry points in the groups `vivavoce.vad`, `.turn`, `.stt` … of all `kinds`.

Listing reads metadata and imports nothing; loading imports just the one named.
An engine's constructor takes nothing, or one argument: its options, annotated with the dataclass
that they are (see `options`). Their keys are what a configuration may set; one may be `model`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, is_dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast, get_args

from .engines import Engine, Kind
from .errors import BadConfig, BadRequest, EngineUnavailable
from .guard import Guard, guarded
from .hints import nearest
from .kinds import kinds
from .options import Option as Option
from .options import OptionKey, build, keys_of

EXTRAS = {
    "aiortc": "server", "av": "", "ctranslate2": "whisper", "fastapi": "server",
    "faster_whisper": "whisper", "livekit": "mic", "piper": "piper", "prometheus_client": "server",
    "jiwer": "bench", "rapidfuzz": "bench", "whisper_normalizer": "bench",
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
        raise BadRequest(f"unknown {kind} engine {name!r}; {nearest(name, names(kind))}")
    try:
        return cast("Callable[..., Engine]", entry.load())
    except ImportError as error:
        raise missing(f"{kind} engine {name!r}", error) from error


def keys(kind: Kind, name: str) -> Mapping[str, OptionKey]:
    """What a configuration may set of this engine. Raises what `load` raises."""
    shape = _options(load(kind, name))
    return {} if shape is None else keys_of(shape)


def create(kind: Kind, spec: EngineSpec) -> Engine:
    """An engine behind its guard, not loaded yet. Raises BadConfig for an option it lacks."""
    constructor = load(kind, spec.name)
    shape = _options(constructor)
    given = dict(spec.options)
    if spec.model is not None:
        given["model"] = spec.model
    what = f"{kind} engine {spec.name!r}"
    if shape is None and given:
        raise BadConfig(f"{what} has no option {next(iter(given))!r}; it has none at all")
    with Guard(what):
        try:
            engine = constructor() if shape is None else constructor(build(shape, given, what))
        except ImportError as error:
            raise missing(what, error) from error
    lacks = kinds()[kind].lacks(engine)
    if lacks:
        raise EngineUnavailable(f"{what} lacks {', '.join(lacks)}; is its package up to date?")
    return guarded(kind, engine)


def is_local(kind: Kind, name: str) -> bool:
    """Whether the engine computes on this machine, as far as can be told without its package."""
    try:
        return bool(getattr(load(kind, name), "local", True))
    except EngineUnavailable:
        return True


def _options(constructor: Callable[..., Engine]) -> type[Any] | None:
    """The dataclass that the constructor's one argument is of; None where it takes none."""
    for parameter in inspect.signature(constructor, eval_str=True).parameters.values():
        for shape in (parameter.annotation, *get_args(parameter.annotation)):
            if isinstance(shape, type) and is_dataclass(shape):
                return shape
        break
    return None


def missing(what: str, error: ImportError) -> EngineUnavailable:
    """The error that says which extra installs what an import lacked."""
    module = (error.name or "").partition(".")[0]
    extra = EXTRAS.get(module)
    if extra:
        return EngineUnavailable(f"{what} needs an extra: pip install 'vivavoce[{extra}]'")
    return EngineUnavailable(f"{what} cannot be imported ({error}); reinstall its package")


@cache
def _entries(kind: Kind) -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=f"vivavoce.{kind}")}
