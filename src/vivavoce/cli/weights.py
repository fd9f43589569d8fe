"""The weights of the engines that a command is about to use."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
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


def pull_weights(config: Config, kinds: Sequence[Kind]) -> None:
    """Pull what these engines lack, with progress bars on stderr.

    What cannot be pulled is left for the engine to tell, which may have another to fall back to.
    """
    from vivavoce.errors import ModelError
    from vivavoce.models import fetch, offline, path

    for kind in kinds:
        for spec in config.engines(kind):
            weights = weights_of(kind, spec)
            if weights is None:
                continue
            try:
                path(weights)
            except ModelError:
                if not offline():
                    click.echo(f"pulling {weights} for {spec.name} …", err=True)
                    with progress_bars("bytes") as show, suppress(ModelError):
                        fetch(weights, show)
