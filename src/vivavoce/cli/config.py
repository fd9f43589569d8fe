"""`vivavoce config`: the settings in effect, whether a file is right, and one to start from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import engine_options, json_option

if TYPE_CHECKING:
    from vivavoce.config.configuration import Config


@click.group()
def config() -> None:
    """Show, check or create a configuration."""


@config.command()
@json_option
@engine_options
def show(config: Config, as_json: bool) -> None:
    """Show the settings in effect (and the file they come from on stderr).

    Combines the profile, the file, the environment and the options. Prints YAML like a
    configuration file, or JSON with --json. Secrets are masked.
    """
    import yaml

    file = f"the file {config.file}" if config.file else "no file"
    click.echo(f"from the profile {config.profile} and {file}", err=True)

    data = config.as_dict()
    if as_json:
        click.echo(json.dumps(data, indent=2, ensure_ascii=False))
    else:
        click.echo(yaml.safe_dump(data, sort_keys=False, allow_unicode=True), nl=False)


@config.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
def check(file: Path | None) -> None:
    """Check a configuration FILE.

    Defaults to the file in VIVAVOCE_CONFIG, otherwise ./vivavoce.yaml. Prints every wrong key,
    type and value to stderr and exits with 1 if there are any.
    """
    from vivavoce.config.configuration import load_config

    config = load_config(file)
    name = config.file or "the configuration"
    click.echo(f"{name}: every setting is right; profile {config.profile}", err=True)


@config.command()
@click.argument("file", default="vivavoce.yaml", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
def init(file: Path, force: bool) -> None:
    """Create a configuration FILE (vivavoce.yaml by default).

    It lists every setting with its default and its meaning.
    """
    from vivavoce.config.configuration import FOUND
    from vivavoce.config.template import template
    from vivavoce.errors import BadRequest
    from vivavoce.media.atomic_file import replacing

    if file.suffix.lower() not in (".yaml", ".yml"):
        raise BadRequest(f"{file}: the command writes YAML; choose a name that ends in .yaml")
    if file.exists() and not force:
        raise BadRequest(f"{file} already exists; replace it with --force")
    with replacing(file) as out:
        out.write(template().encode())
    here = f"wrote {file}; commands in its folder use it; elsewhere, add --config {file}"
    elsewhere = f"wrote {file}; use it with --config {file} or VIVAVOCE_CONFIG={file}"
    click.echo(here if file.name in FOUND else elsewhere, err=True)
