"""From the name that a client gives to the engine that is to be loaded.

Names are `whisper-tiny`, as `/audio/models` lists it, or an engine with its model, `whisper:tiny`.
Paths and addresses are none: what clients name lies in the store, or needs no weights.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from vivavoce import models, registry
from vivavoce.config.configuration import Config
from vivavoce.engines import Kind
from vivavoce.errors import EngineUnavailable, ModelError
from vivavoce.hints import nearest
from vivavoce.models import MODELS, Model
from vivavoce.options import OptionKey
from vivavoce.registry import EngineSpec
from vivavoce.server.errors import Problem

NAMED: tuple[Kind, ...] = ("stt", "llm", "tts")
"""Kinds of engines that a request can name."""
_WORD = re.compile(r"[A-Za-z0-9][\w.+-]*")


def weights_of(kind: Kind, engine: str) -> Model | None:
    """The model of the catalog that an engine runs, by the engine's own name; None for no such.

    Engines are named `silero` or `moonshine:tiny-en`.
    """
    base, _, size = engine.partition(":")
    if not size:
        return next((it for it in MODELS.values() if _is_of(it, kind, base)), None)
    found = (models.find(name) for name in (f"{base}-{size}", size))
    return next((model for model in found if model is not None and model.kind == kind), None)


def wanted(name: str, kind: Kind | None = None) -> tuple[Kind, EngineSpec]:
    """The kind of engine and the engine that is meant. kind: where several have its name.

    Raises Problem: 404 for a name of nothing, 400 for what no request could name, 501 for an
    engine that is not installed.
    """
    model = models.find(name)
    if model is not None:
        return _running(model)
    base, _, rest = name.partition(":")
    kinds = [each for each in NAMED if base in registry.names(each) and kind in (None, each)]
    if not kinds:
        raise _unknown(name, kind)
    if not all(registry.is_local(each, base) for each in kinds):
        raise _refused(
            f"requests cannot choose {base} engines, which use this server's key; configure them "
            "instead"
        )
    if len(kinds) > 1:
        what = f"{base} is an engine for {' and '.join(kinds)}; set `kind` to one of them"
        raise Problem(what, code="missing_required_parameter", param="kind")
    return kinds[0], _with_model(kinds[0], EngineSpec(base, rest or None))


def configured(kind: Kind, spec: EngineSpec, config: Config) -> EngineSpec:
    """The engine with the options that the configuration gives to the engine of this name."""
    options = (dict(it.options) for it in config.engines(kind) if it.name == spec.name)
    return EngineSpec(spec.name, spec.model, next(options, {}))


def check_weights(kind: Kind, spec: EngineSpec) -> None:
    """See that its weights are here, where it has any; reads the disk.

    Raises Problem (404) when they are not, or are none that this server knows.
    """
    model = weights_of(kind, str(spec))
    if model is None and spec.name in _with_weights(kind):
        stored = [it.name for it in models.installed()]
        if spec.model not in stored:
            own = (it.name for it in MODELS.values() if _engine_of(it) == (kind, spec.name))
            raise _no_model(spec, [it.removeprefix(f"{spec.name}-") for it in (*own, *stored)])
        return
    if model is None:
        return
    try:
        models.path(model.name)
    except ModelError as error:
        raise Problem(
            f"{model.name} is not installed; pull it first with POST /audio/models/pull or "
            f"`vivavoce models pull {model.name}`",
            status=404,
            code="model_not_installed",
            param="model",
        ) from error


def _running(model: Model) -> tuple[Kind, EngineSpec]:
    found = _engine_of(model)
    if found is None or found[0] not in NAMED:
        what = f"{model.name} is for {model.kind}, which requests cannot choose"
        raise _refused(f"{what}; configure it and restart the server")
    kind, name = found
    _keys(kind, name)
    if model.engine:
        return kind, EngineSpec.parse(model.engine)
    return kind, EngineSpec(name, model.name.removeprefix(f"{name}-"))


def _engine_of(model: Model) -> tuple[Kind, str] | None:
    """The kind and name of the engine that runs a model of the catalog."""
    if model.kind is None:
        return None
    if model.engine:
        return model.kind, EngineSpec.parse(model.engine).name
    names = registry.names(model.kind)
    base = next((name for name in names if model.name.startswith(f"{name}-")), None)
    if base is None and model.kind == "llm":
        base = "llama-cpp"
    return None if base is None else (model.kind, base)


def _is_of(model: Model, kind: Kind, base: str) -> bool:
    return model.kind == kind and _engine_of(model) == (kind, base)


def _with_weights(kind: Kind) -> frozenset[str]:
    """The engines of this kind that run models of the catalog."""
    found = map(_engine_of, MODELS.values())
    return frozenset(it[1] for it in found if it is not None and it[0] == kind)


def _with_model(kind: Kind, spec: EngineSpec) -> EngineSpec:
    """The engine with its usual model where none was named."""
    known = _keys(kind, spec.name)
    if spec.model is None:
        usual = known["model"].default if "model" in known else None
        return EngineSpec(spec.name, usual if isinstance(usual, str) else None)
    if "model" not in known or not (
        spec.name in _with_weights(kind) or _WORD.fullmatch(spec.model)
    ):
        raise _no_model(spec, [spec.name])
    return spec


def _keys(kind: Kind, name: str) -> Mapping[str, OptionKey]:
    """What may be set of the engine. Raises Problem (501) when it is not installed."""
    try:
        return registry.keys(kind, name)
    except EngineUnavailable as error:
        raise Problem(str(error), status=501, code="engine_not_installed", param="model") from error


def _unknown(name: str, kind: Kind | None) -> Problem:
    base, colon, _ = name.partition(":")
    if not colon:
        return _not_found(f"no model {name!r}; {nearest(name, MODELS)}")
    kinds = NAMED if kind is None else (kind,)
    engines = sorted(
        {each for it in kinds for each in registry.names(it) if registry.is_local(it, each)}
    )
    return _not_found(f"no engine {base!r}; {nearest(base, engines)}")


def _no_model(spec: EngineSpec, known: Iterable[str]) -> Problem:
    return _not_found(f"{spec.name}: no model {spec.model!r}; {nearest(str(spec.model), known)}")


def _not_found(what: str) -> Problem:
    return Problem(what, status=404, code="model_not_found", param="model")


def _refused(what: str) -> Problem:
    return Problem(what, code="not_loadable", param="model")
