"""Every example runs, with the embedded engines."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from vivavoce.media.decode import read_audio

ROOT = Path(__file__).parents[2]
QUESTION = ROOT / "src/vivavoce/data/question.wav"


def run(example: str, *arguments: object) -> str:
    command = [sys.executable, str(ROOT / "examples" / example), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_file_is_transcribed() -> None:
    assert "What is the capital of France?" in run("transcribe_a_file.py", QUESTION)


def test_a_text_is_spoken(tmp_path: Path) -> None:
    run("speak_a_text.py", tmp_path / "said.mp3")
    audio = read_audio(tmp_path / "said.mp3")
    assert 3 < audio.seconds < 12
    assert audio.dbfs > -35


def test_a_question_is_answered(tmp_path: Path) -> None:
    output = run("ask_a_question.py", QUESTION, tmp_path / "answer.wav")
    assert "heard:  What is the capital of France?" in output
    assert "Paris" in output
    assert read_audio(tmp_path / "answer.wav").seconds > 0.5


def test_a_live_session_hears_and_replies() -> None:
    output = run("live_session.py", QUESTION)
    assert "heard:   What is the capital of France?" in output
    assert "(done;" in output


def test_a_tool_is_run() -> None:
    assert "Sunny in Rome for 3 days." in run("use_a_tool.py")


def test_a_custom_engine_is_checked() -> None:
    assert "keeps the contract" in run("custom_engine.py")


def test_a_language_pack_is_checked() -> None:
    output = run("language_pack.py")
    assert "Finnish keeps the contract. It lacks 11 parts" in output
    assert "forms.dates" in output


def test_no_example_is_left_out() -> None:
    """`voice_client.py` and `client.py` run against servers, in tests of their own."""
    source = Path(__file__).read_text()
    missing = [path.name for path in (ROOT / "examples").glob("*.py") if path.name not in source]
    assert missing == []


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.py")), ids=lambda p: p.stem)
def test_an_example_says_what_it_shows(path: Path) -> None:
    assert path.read_text().startswith('"""')
