"""`vivavoce engines`: what there is to listen, think and speak with."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import click

from .options import json_option

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vivavoce.engines import Kind


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What is known of an engine without loading its weights.

    models: those that have names. options: with their defaults; `model` is one.
    problem: why it cannot be used, and the remedy. extra: what brings it, if one does.
    """

    kind: Kind
    name: str
    models: tuple[str, ...]
    options: Mapping[str, object] = field(default_factory=dict)
    problem: str | None = None
    extra: str | None = None

    @property
    def installed(self) -> bool:
        """Whether it can be used once it has its weights."""
        return self.problem is None


@click.command()
@json_option
def engines(as_json: bool) -> None:
    """List the engines of each kind, whether they are installed, and their models.

    Use one with --stt, --llm, --tts, --vad or --turn NAME[:MODEL], or in a configuration.
    """
    from vivavoce.engines import KINDS
    from vivavoce.registry import names

    from .table import table

    found = [engine_info(kind, name) for kind in KINDS for name in names(kind)]
    if as_json:
        listed = [{**asdict(engine), "installed": engine.installed} for engine in found]
        click.echo(json.dumps(listed, indent=2))
        return
    rows = [("KIND", "ENGINE", "INSTALLED", "MODELS")]
    for engine in found:
        missing = f"no: vivavoce[{engine.extra}]" if engine.extra else "no"
        installed = "yes" if engine.installed else missing
        rows.append((engine.kind, engine.name, installed, " ".join(engine.models)))
    click.echo(table(rows))


def engine_info(kind: Kind, name: str) -> EngineInfo:
    """About one engine; imports its module."""
    import inspect

    from vivavoce.errors import EngineUnavailable
    from vivavoce.registry import EXTRAS, Option, load

    try:
        constructor = load(kind, name)
    except EngineUnavailable as error:
        module = getattr(error.__cause__, "name", None) or ""
        extra = EXTRAS.get(module.partition(".")[0])
        return EngineInfo(kind, name, _models(kind, name, None), problem=str(error), extra=extra)
    options = {
        option: parameter.default if isinstance(parameter.default, Option) else None
        for option, parameter in inspect.signature(constructor).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    return EngineInfo(kind, name, _models(kind, name, options.get("model")), options)


def _models(kind: Kind, engine: str, default: object) -> tuple[str, ...]:
    """The names of the models that the engine can have, its default first."""
    from vivavoce.models import MODELS

    known = [model.name for model in MODELS.values() if model.kind == kind]
    own = [name for name in known if name.startswith(f"{engine}-")]
    if isinstance(default, str) and default in known:
        names = known
    else:
        names = [name.removeprefix(f"{engine}-") for name in own]
    first = [default] if isinstance(default, str) and default else []
    return tuple(dict.fromkeys([*first, *names]))
