"""The frame around all commands: help, hints, exit codes and quiet ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from vivavoce import __version__
from vivavoce.cli.main import COMMANDS, cli

Run = Callable[..., subprocess.CompletedProcess[str]]
VIVAVOCE = [sys.executable, "-m", "vivavoce"]


def test_help_lists_every_command(vivavoce: Run) -> None:
    ran = vivavoce("--help")
    assert ran.returncode == 0
    for name, (_, line) in COMMANDS.items():
        assert f"  {name} " in ran.stdout
        assert line in ran.stdout


def test_without_a_command_it_shows_the_help(vivavoce: Run) -> None:
    assert "Usage: vivavoce" in vivavoce().stderr


def test_it_tells_its_version(vivavoce: Run) -> None:
    assert vivavoce("--version").stdout == f"vivavoce, version {__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_that_ends_its_sentences(name: str) -> None:
    context = click.Context(cli)
    command = cli.get_command(context, name)
    assert command is not None
    assert command.help
    assert command.help.split("\n\n")[0].strip().endswith(".")
    assert {"verbose", "debug"} <= {option.name for option in command.params}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["sya"], "unknown command 'sya'; did you mean 'say'?"),
        (["say", "hi", "--sped", "2"], "Did you mean '--speed'?"),
        (["say"], "Missing argument 'TEXT'"),
        (["say", "hi", "--speed", "9"], "9.0 is not in the range"),
        (["config", "chek"], "Did you mean 'check'?"),
    ],
)
def test_wrong_usage_is_told_with_a_hint_and_exits_with_2(
    args: list[str], message: str, vivavoce: Run
) -> None:
    ran = vivavoce(*args)
    assert ran.returncode == 2
    assert ran.stdout == ""
    assert message in ran.stderr
    assert "--help'" in ran.stderr


def test_an_error_is_one_line_on_stderr_and_exits_with_1(vivavoce: Run) -> None:
    ran = vivavoce("say", "hi", "--tts", "espek")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith(
        "error: --tts: unknown tts engine 'espek'; did you mean 'espeak-ng'?"
    )
    assert ran.stderr.count("\n") == 1


@pytest.mark.usefixtures("plugin")
def test_what_should_not_happen_shows_a_traceback_only_with_debug(vivavoce: Run) -> None:
    ran = vivavoce("say", "hi", "--tts", "broken")
    assert ran.returncode == 1
    assert ran.stderr == "error: tts engine 'broken' failed: RuntimeError: a bug\n"
    assert "Traceback" in vivavoce("say", "hi", "--tts", "broken", "--debug").stderr


@pytest.mark.usefixtures("plugin")
def test_a_missing_package_is_an_error_that_says_so(vivavoce: Run, tmp_path: Path) -> None:
    ran = vivavoce("transcribe", tmp_path / "a.wav", "--stt", "uninstalled")
    assert ran.returncode == 1
    assert "No module named 'package_that_is_not_there'" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_more_is_said_when_asked(vivavoce: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIVAVOCE_PROFIL", "fast")
    assert vivavoce("config", "check").stderr.startswith(
        "warning: VIVAVOCE_PROFIL is not a known variable;"
    )


@pytest.mark.usefixtures("plugin")
@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process")
@pytest.mark.parametrize("wish", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_quietly_with_130_and_leaves_nothing_half_written(
    wish: signal.Signals, tmp_path: Path
) -> None:
    command = [*VIVAVOCE, "say", "hi", "--tts", "endless", "-o", str(tmp_path / "a.mp3")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "begun\n"
        process.send_signal(wish)
        assert process.wait() == 130
        assert process.stderr.read().strip() == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="pipes close in another way")
def test_a_closed_pipe_is_quiet() -> None:
    command = [*VIVAVOCE, "engines", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait() == 141
