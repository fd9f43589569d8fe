"""What the engines that a command is about to use need: packages, then weights."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

from .engines import engine_info
from .progress import progress_bars

if TYPE_CHECKING:
    from vivavoce.config.configuration import Config
    from vivavoce.engines import Kind
    from vivavoce.registry import EngineSpec


def weights_of(kind: Kind, spec: EngineSpec) -> str | None:
    """What the model store calls an engine's weights; None where they are none of its."""
    from vivavoce.models.builtin import find

    model = spec.model or engine_info(kind, spec.name).options.get("model")
    if not isinstance(model, str):
        return None
    if model.startswith(("hf:", "https://", "http://")):
        return model
    return next((name for name in (f"{spec.name}-{model}", model) if find(name)), None)


def check_packages(config: Config, kinds: Sequence[Kind], modules: Sequence[str] = ()) -> None:
    """See that the packages of all these engines are here.

    modules: that the command itself needs, from EXTRAS.
    Raises EngineUnavailable, which tells all that is missing, with one line that installs it.
    """
    from vivavoce.errors import EngineUnavailable
    from vivavoce.kinds import kinds as all_kinds
    from vivavoce.registry import EXTRAS

    named = [
        (kind, spec.name) for kind in all_kinds() if kind in kinds for spec in config.engines(kind)
    ]
    infos = [engine_info(kind, name) for kind, name in dict.fromkeys(named)]
    lacking = [info for info in infos if info.problem is not None]
    if not lacking:
        return
    others = [f"{info.problem}" for info in lacking if not info.extra]
    extras = {info.extra for info in lacking if info.extra}
    if not extras:
        raise EngineUnavailable("; ".join(others))
    extras |= {EXTRAS[module] for module in modules if find_spec(module) is None}
    names = ", ".join(f"{info.kind} {info.name}" for info in lacking if info.extra)
    what = f"packages are missing for {names}; install them: {pip_line(extras)}"
    raise EngineUnavailable("; ".join([what, *others]))


def pip_line(extras: Iterable[str]) -> str:
    """The command that installs these extras."""
    return f"pip install 'vivavoce[{','.join(sorted(extras))}]'"


def extras_of(models: Sequence[str]) -> set[str]:
    """The extras that are missing for engines to run these built-in models."""
    from vivavoce.models.builtin import find
    from vivavoce.registry import names

    found = [model for model in map(find, models) if model is not None and model.kind is not None]
    infos = [
        engine_info(model.kind, name)
        for model in found
        if model.kind is not None
        for name in names(model.kind)
        if model.name.startswith(f"{name}-")
    ]
    return {info.extra for info in infos if info.extra}


def pull_weights(config: Config, kinds: Sequence[Kind]) -> None:
    """Pull what these engines lack, with progress bars on stderr, once their packages are here.

    What cannot be pulled is left for the engine to tell, which may have another to fall back to.
    Raises EngineUnavailable for packages that are missing, before anything is pulled.
    """
    from vivavoce.errors import ModelError
    from vivavoce.models import fetch, offline, path

    check_packages(config, kinds)

    for kind in kinds:
        for spec in config.engines(kind):
            weights = weights_of(kind, spec)
            if weights is None:
                continue
            try:
                path(weights)
            except ModelError:
                if not offline():
                    click.echo(f"downloading {weights} for {spec.name} …", err=True)
                    with progress_bars("bytes") as show, suppress(ModelError):
                        fetch(weights, show)
