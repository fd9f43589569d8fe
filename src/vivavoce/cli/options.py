"""Options that several commands share."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from vivavoce.config.profiles import PROFILES

if TYPE_CHECKING:
    from vivavoce.config.configuration import Config

R = TypeVar("R")

_KINDS = {
    "stt": "Speech-to-text",
    "llm": "Language model",
    "tts": "Text-to-speech",
    "vad": "Voice activity detection",
    "turn": "Turn detection",
}


def engine_options(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command `config: Config`, from --config, --profile, --stt and so on."""

    @functools.wraps(command)
    def run(*args: object, config_file: Path | None, profile: str | None, **values: object) -> R:
        engines = {kind: list(values.pop(kind)) for kind in _KINDS}  # type: ignore[call-overload]
        config = resolved(config_file, profile, engines)
        return command(*args, config=config, **values)

    for kind, what in reversed(_KINDS.items()):
        run = click.option(
            f"--{kind}",
            multiple=True,
            metavar="NAME[:MODEL]",
            help=f"{what} engine; repeat to add fallbacks.",
        )(run)
    run = click.option(
        "--profile", type=click.Choice(list(PROFILES)), help="A predefined set of settings."
    )(run)
    return click.option(
        "--config",
        "config_file",
        type=click.Path(path_type=Path),
        help="YAML, TOML or JSON file with settings. Defaults to ./vivavoce.yaml if it exists.",
    )(run)


class _ServerOption(click.Option):
    """An option that sets a key of the configuration's `server`, and shows what that means."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The option, and what the configuration says of its key."""
        # Not before: the configuration takes long to import.
        from vivavoce.config.sections import fields_of
        from vivavoce.config.server_settings import ServerSettings

        assert self.name is not None
        self.help = fields_of(ServerSettings)[self.name].description
        return super().get_help_record(ctx)


def server_option(
    key: str, metavar: str, shape: type[int | str] = str
) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Give a command an option for `server.KEY`; None where it was not given, else unchecked."""
    name = f"--{key.replace('_', '-')}"
    return click.option(name, key, metavar=metavar, type=shape, cls=_ServerOption)


def engine_arguments(params: Mapping[str, Any]) -> list[str]:
    """The options of `engine_options` that a command was given, for another process's.

    params: of the command's click context.
    """
    arguments = []
    for name, option in (("config_file", "config"), ("profile", "profile")):
        if params.get(name) is not None:
            arguments += [f"--{option}", str(params[name])]
    for kind in _KINDS:
        for engine in params.get(kind, ()):
            arguments += [f"--{kind}", engine]
    return arguments


def json_option(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command `as_json: bool`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def resolved(path: Path | None, profile: str | None, engines: dict[str, list[str]]) -> Config:
    """The settings in effect; the model store of this process goes by them."""
    from vivavoce.config.configuration import load_config
    from vivavoce.config.model_settings import use_models

    named = {
        kind: names if len(names) > 1 else names[0] for kind, names in engines.items() if names
    }
    config = load_config(path, profile, named)
    use_models(config.models)
    return config
