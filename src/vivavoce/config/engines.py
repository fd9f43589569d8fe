"""Engines as they are written in a configuration: a name, a mapping, or a list of these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, get_args

from vivavoce import registry
from vivavoce.engines import Kind
from vivavoce.errors import EngineUnavailable
from vivavoce.hints import nearest
from vivavoce.kinds import kinds
from vivavoce.options import device as device_named
from vivavoce.registry import EngineSpec, Option

from .layers import Layer, Problems


@dataclass(frozen=True, slots=True)
class EnginePatch:
    """What to change about the engine of the layer below."""

    options: Mapping[str, Option]

    def over(self, specs: Sequence[EngineSpec]) -> tuple[EngineSpec, ...]:
        """These engines, the first one changed."""
        first, *others = specs
        options = dict(self.options)
        model = options.pop("model", first.model)
        assert model is None or isinstance(model, str)
        return (EngineSpec(first.name, model, {**first.options, **options}), *others)


Engines: TypeAlias = tuple[EngineSpec, ...] | EnginePatch


def parse_engines(kind: Kind, layer: Layer, given: object, problems: Problems) -> Engines:
    """What one layer says about the engines of a kind; what is wrong goes to `problems`."""
    if isinstance(given, Mapping) and "engine" not in given:
        return EnginePatch(_options(layer, given, kind, problems))
    one_by_one = given if isinstance(given, list) else [given]
    if not one_by_one:
        problems.add(layer.where(kind), "name at least one engine")
    if len(one_by_one) > 1 and kinds()[kind].chain is None:
        what = "name one engine; engines of this kind cannot stand in for each other"
        problems.add(layer.where(kind), what)
    specs = []
    for number, item in enumerate(one_by_one):
        path = f"{kind}[{number}]" if isinstance(given, list) else kind
        spec = _spec(kind, layer, item, path, problems)
        if spec is not None:
            specs.append(spec)
    return tuple(specs)


def parse_device(layers: Sequence[Layer], problems: Problems) -> str:
    """Where engines compute that may choose: what the last layer to name it names."""
    found = "auto"
    for layer in layers:
        given = layer.data.get("device", found)
        try:
            found = device_named(str(given))
        except ValueError as error:
            problems.add(layer.where("device"), f"{error}, not {given!r}")
    return found


def on_device(kind: Kind, spec: EngineSpec, device: str) -> EngineSpec:
    """The engine on this device, if it may choose and has not been told another."""
    if device == "auto" or "device" in spec.options:
        return spec
    try:
        key = registry.keys(kind, spec.name).get("device")
    except EngineUnavailable:
        return spec
    if key is None or key.default != "auto":
        return spec
    return replace(spec, options={**spec.options, "device": device})


def checked_options(kind: Kind, spec: EngineSpec, layer: Layer, problems: Problems) -> EngineSpec:
    """The engine with its options as it wants them.

    layer: the last one that said something about it.
    An engine that is not installed is not checked; using it will say so.
    """
    if not spec.options:
        return spec
    try:
        known = registry.keys(kind, spec.name)
    except EngineUnavailable:
        return spec
    options: dict[str, Option] = {}
    for name, value in spec.options.items():
        if name not in known:
            hint = nearest(name, known)
            problems.add(layer.where(f"{kind}.{name}"), f"{spec.name} has no such option; {hint}")
            continue
        try:
            options[name] = known[name].checked(value)
        except ValueError as error:
            problems.add(layer.where(f"{kind}.{name}"), str(error))
    return replace(spec, options=options)


def _spec(
    kind: Kind, layer: Layer, given: object, path: str, problems: Problems
) -> EngineSpec | None:
    options: dict[str, Option] = {}
    if isinstance(given, Mapping):
        options = _options(layer, given, path, problems)
        given = given.get("engine")
    if not isinstance(given, str):
        problems.add(
            layer.where(path),
            f"expected {_such_as(kind)}, not {given!r}",
        )
        return None
    spec = EngineSpec.parse(given)
    if spec.name not in registry.names(kind):
        hint = nearest(spec.name, registry.names(kind))
        problems.add(layer.where(path), f"unknown {kind} engine {spec.name!r}; {hint}")
        return None
    model = options.pop("model", spec.model)
    return EngineSpec(spec.name, model if isinstance(model, str) else None, options)


def _such_as(kind: Kind) -> str:
    return " such as ".join(["an engine", *map(repr, registry.names(kind)[:1])])


def _options(
    layer: Layer, given: Mapping[object, object], path: str, problems: Problems
) -> dict[str, Option]:
    options: dict[str, Option] = {}
    for key, value in given.items():
        here = layer.where(f"{path}.{key}")
        if key == "engine":
            continue
        if key == "model" and not isinstance(value, str | None):
            problems.add(here, f"expected a model's name in quotes, not {value!r}")
        elif not isinstance(value, get_args(Option)):
            problems.add(here, f"expected text, a number, true or false, not {value!r}")
        else:
            options[str(key)] = value
    return options
