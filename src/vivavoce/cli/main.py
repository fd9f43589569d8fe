"""The `vivavoce` command: finds the subcommand, and turns errors into messages and exit codes.

0 done, 1 an error that stderr tells, 2 wrong usage, 130 Ctrl-C, 141 nobody reads the output.
Results go to stdout, everything else to stderr.
"""

from __future__ import annotations

import importlib
import io
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

import click

from vivavoce import __version__
from vivavoce.errors import VivavoceError

from .interrupt import INTERRUPTED, die_when_interrupted, interrupt_or_leave

COMMANDS = {
    "ask": ("ask:ask", "Answer a spoken question from a file"),
    "bench": ("bench:bench", "Measure this machine"),
    "config": ("config:config", "Show, check or create a configuration"),
    "demo": ("demo:demo", "Show one spoken turn and where its time went"),
    "doctor": ("doctor:doctor", "Check what works here, what is missing, and how to fix it"),
    "engines": ("engines:engines", "List the engines"),
    "keys": ("api_keys:keys", "Create API keys for the server"),
    "listen": ("listen:listen", "Show live captions from the microphone or stdin"),
    "models": ("models:models", "List, pull and remove the engines' weights"),
    "replay": ("replay:replay", "Run a recorded session again"),
    "say": ("say:say", "Speak a text"),
    "serve": ("serve:serve", "Run the server and its web page"),
    "talk": ("talk:talk", "Talk with the microphone and loudspeaker"),
    "transcribe": ("transcribe:transcribe", "Transcribe audio and video files"),
    "voices": ("voices:voices", "List the voices"),
}
"""Each command's home below `vivavoce.cli`, and its line in the help."""

_CLOSED_PIPE = 141
_NO_ARGUMENTS: type[click.UsageError] | tuple[()] = getattr(
    click.exceptions, "NoArgsIsHelpError", ()
)
"""What newer click raises instead of showing the help."""


class Commands(click.Group):
    """The subcommands, each imported only when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One of them, with the options that all have."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(f"{__package__}.{module}"), name)
        assert isinstance(command, click.Command), command
        _add_options(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but an unknown name gets a hint."""
        if args[0] not in COMMANDS:
            from vivavoce.hints import nearest

            raise click.UsageError(
                f"unknown command {args[0]!r}; {nearest(args[0], COMMANDS)}", ctx
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Their lines in the help, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        """Run the subcommand; quietly end when nobody reads its output any more."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            _drop_output()
            ctx.exit(_CLOSED_PIPE)


class _Stderr(logging.Handler):
    """Log records as lines like `warning: what happened`."""

    def emit(self, record: logging.LogRecord) -> None:
        click.echo(f"{record.levelname.lower()}: {self.format(record)}", err=True)


def _set_verbosity(ctx: click.Context, parameter: click.Parameter, count: int) -> None:
    logger = logging.getLogger("vivavoce")
    if not any(isinstance(handler, _Stderr) for handler in logger.handlers):
        logger.addHandler(_Stderr())
    if count or ctx.parent is None:
        logger.setLevel((logging.WARNING, logging.INFO, logging.DEBUG)[min(count, 2)])


def _verbose() -> click.Option:
    return click.Option(
        ["-v", "--verbose"],
        count=True,
        expose_value=False,
        callback=_set_verbosity,
        help="Print more to stderr; repeat for even more.",
    )


def _debug() -> click.Option:
    # `run` looks for it among the arguments: it also holds for errors in parsing them.
    return click.Option(["--debug"], is_flag=True, expose_value=False, help="Show tracebacks.")


def _add_options(command: click.Command) -> None:
    if not any(option.name == "debug" for option in command.params):
        command.params += [_verbose(), _debug()]
    if isinstance(command, click.Group):
        for subcommand in command.commands.values():
            _add_options(subcommand)


cli = Commands(
    "vivavoce",
    params=[_verbose(), _debug()],
    help="Vivavoce listens, thinks and speaks: voice AI that you host yourself.",
    epilog="Run a command with --help to see its options.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
cli = click.version_option(__version__, prog_name="vivavoce")(cli)


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit; being asked to terminate is as good as Ctrl-C."""
    interrupt_or_leave()
    try:
        code = run(sys.argv[1:] if args is None else args)
        die_when_interrupted()
    except KeyboardInterrupt:  # after the last word of `run`
        code = INTERRUPTED
        die_when_interrupted()
    sys.exit(code)


def run(args: Sequence[str]) -> int:
    """Run the command line and return its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a transcript's letters
    try:
        code = cli.main(list(args), prog_name="vivavoce", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        _drop_output()
        return _CLOSED_PIPE
    except Exception as error:  # noqa: BLE001 - the end of the line: all become messages
        if "--debug" in args:
            traceback.print_exc()
        return _tell(error)


def _tell(error: BaseException) -> int:
    """Write the error's message to stderr and return the exit code that it means."""
    if isinstance(error, _NO_ARGUMENTS):
        error.show()
        return error.exit_code
    if isinstance(error, click.UsageError) and error.ctx is not None:
        click.echo(f"error: {error.format_message()}", err=True)
        click.echo(f"Try '{error.ctx.command_path} --help'.", err=True)
        return error.exit_code
    if isinstance(error, click.ClickException):
        click.echo(f"error: {error.format_message()}", err=True)
        return error.exit_code
    if isinstance(error, BaseExceptionGroup):
        return max(_tell(inner) for inner in error.exceptions)
    if isinstance(error, VivavoceError):
        message = str(error)
    elif isinstance(error, OSError) and error.strerror:
        message = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    else:
        message = f"unexpected error: {error!r}; run again with --debug and report it"
    click.echo(f"error: {message}", err=True)
    return 1


def _drop_output() -> None:
    """Let nothing more be written to stdout, whose reader is gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
