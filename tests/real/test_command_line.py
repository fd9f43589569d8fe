"""The command line with the engines that come out of the box."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from vivavoce.media.decode import read_audio, write_audio

SPEECH = Path(__file__).parents[3] / "shared" / "speech"


def vivavoce(*args: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vivavoce", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_what_is_said_to_a_file_is_understood_from_it(tmp_path: Path) -> None:
    path = tmp_path / "a.ogg"
    assert vivavoce("say", "The weather is very nice today.", "-o", path).returncode == 0
    ran = vivavoce("transcribe", path)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "weather" in ran.stdout.lower()


def test_a_recording_is_transcribed_whatever_its_container(tmp_path: Path) -> None:
    recording = SPEECH / "leopard" / "test.wav"
    if not recording.exists():
        pytest.skip(f"no recording {recording}")
    write_audio(read_audio(recording).resampled(44_100), tmp_path / "a.mp3")
    ran = vivavoce("transcribe", recording, tmp_path / "a.mp3", "--format", "json")
    assert ran.returncode == 0
    for line in ran.stdout.splitlines():
        assert "apostle of the middle classes" in json.loads(line)["text"]


def test_doctor_finds_nothing_missing() -> None:
    ran = vivavoce("doctor", "--try", "--json")
    missing = [found for found in json.loads(ran.stdout) if found["state"] == "missing"]
    assert (ran.returncode, missing) == (0, [])
