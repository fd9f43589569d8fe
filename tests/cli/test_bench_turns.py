"""`vivavoce bench turns`: what it writes, and what it refuses before anybody is called."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import TypeAlias

import pytest

Run: TypeAlias = Callable[..., CompletedProcess[str]]

NOBODY = "about: Nobody speaks.\nset: tuning\nscript:\n  - listen_s: 0.1\n"
ENGINES = ("--vad", "scripted", "--turn", "silence", "--stt", "scripted", "--llm", "scripted",
           "--tts", "scripted")  # fmt: skip


@pytest.fixture
def nobody(tmp_path: Path) -> Path:
    path = tmp_path / "nobody.yaml"
    path.write_text(NOBODY)
    return path


def test_a_wrong_scenario_ends_it_with_its_place(vivavoce: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(NOBODY.replace("listen_s", "lissen_s"))
    done = vivavoce("bench", "turns", "--scenarios", tmp_path)
    assert done.returncode != 0
    assert "bad.yaml:4: script[0].lissen_s: unknown key" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--scenarios", "nowhere"), "no scenarios nowhere"),
        (("--only", "qestions"), "did you mean 'questions'"),
        (("--url", "not a server"), "is not a server address"),
        (("--html", "/nowhere/at/all/a.html"), "does not exist"),
        (("--repeats", "0"), "--repeats"),
    ],
)
def test_what_makes_no_sense_is_told_at_once(
    vivavoce: Run, arguments: tuple[str, ...], told: str
) -> None:
    done = vivavoce("bench", "turns", *arguments)
    assert done.returncode != 0
    assert told in done.stderr


@pytest.mark.usefixtures("plugin")
def test_calls_are_made_written_and_compared(vivavoce: Run, nobody: Path, tmp_path: Path) -> None:
    files = (tmp_path / "a.json", tmp_path / "a.html")
    done = vivavoce("bench", "turns", "--scenarios", nobody, *ENGINES, "--json", files[0],
                    "--html", files[1])  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "unprompted replies" in done.stdout
    assert "nobody: 1 #1" in done.stderr
    data = json.loads(files[0].read_text())
    assert data["benchmark"] == "turns"
    assert data["figures"]["nobody"]["unprompted"]["value"] == 0.0
    assert files[1].read_text().startswith("<!doctype html>")
    compared = vivavoce("bench", "turns", "--compare", files[0], files[0])
    assert compared.returncode == 0, compared.stderr
    assert "differ by no more than noise" in compared.stdout


def test_a_file_that_is_no_result_is_not_compared(vivavoce: Run, nobody: Path) -> None:
    done = vivavoce("bench", "turns", "--compare", nobody, nobody)
    assert done.returncode != 0
    assert "is not JSON" in done.stderr
