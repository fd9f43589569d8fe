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

    models: those that have names. options: with their defaults; `model` is one. meanings: of
    options, where they are told.
    problem: why it cannot be used, and the remedy. extra: what brings it, if one does.
    """

    kind: Kind
    name: str
    models: tuple[str, ...]
    options: Mapping[str, object] = field(default_factory=dict)
    meanings: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None
    extra: str | None = None

    @property
    def installed(self) -> bool:
        """Whether it can be used once it has its weights."""
        return self.problem is None


@click.command()
@click.argument("name", metavar="[NAME]", required=False)
@json_option
def engines(name: str | None, as_json: bool) -> None:
    """List the engines of each kind, whether they are installed, and their models.

    With the NAME of one, list its options. Use an engine with --stt, --llm, --tts, --vad or
    --turn NAME[:MODEL]; a configuration may set its options, too.
    """
    from vivavoce.errors import BadRequest
    from vivavoce.hints import nearest
    from vivavoce.kinds import kinds
    from vivavoce.registry import names

    from .table import table

    every = {(kind, each) for kind in kinds() for each in names(kind)}
    if name is not None and name not in {each for _, each in every}:
        raise BadRequest(f"no engine {name!r}; {nearest(name, {each for _, each in every})}")
    found = [
        engine_info(kind, each) for kind in kinds() for each in names(kind) if name in {None, each}
    ]
    if as_json:
        listed = [{**asdict(engine), "installed": engine.installed} for engine in found]
        click.echo(json.dumps(listed, indent=2))
        return
    if name is not None:
        click.echo("\n".join(_options(engine) for engine in found))
        return
    rows = [("KIND", "ENGINE", "INSTALLED", "MODELS")]
    for engine in found:
        missing = f"no: vivavoce[{engine.extra}]" if engine.extra else "no"
        installed = "yes" if engine.installed else missing
        rows.append((engine.kind, engine.name, installed, " ".join(engine.models)))
    click.echo(table(rows))


def _options(engine: EngineInfo) -> str:
    """What may be set of an engine, with defaults and meanings."""
    import textwrap

    head = f"{engine.kind}: {{engine: {engine.name}, …}}"
    if engine.problem is not None:
        return f"{head}\n  {engine.problem}\n"
    lines = [head]
    for option, default in engine.options.items():
        meaning = engine.meanings.get(option, "")
        lines.append(f"  {option}: {json.dumps(default, ensure_ascii=False)}")
        lines += textwrap.wrap(meaning, 88, initial_indent="      ", subsequent_indent="      ")
    return "\n".join(lines) + "\n"


def engine_info(kind: Kind, name: str) -> EngineInfo:
    """About one engine; imports its module."""
    from vivavoce.errors import EngineUnavailable
    from vivavoce.registry import EXTRAS, keys

    try:
        known = keys(kind, name)
    except EngineUnavailable as error:
        module = getattr(error.__cause__, "name", None) or ""
        extra = EXTRAS.get(module.partition(".")[0])
        return EngineInfo(kind, name, _models(kind, name, None), problem=str(error), extra=extra)
    options: dict[str, object] = {key.name: key.default for key in known.values()}
    meanings = {key.name: key.description for key in known.values() if key.description}
    return EngineInfo(kind, name, _models(kind, name, options.get("model")), options, meanings)


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
