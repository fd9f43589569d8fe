"""`vivavoce bench server`, against servers in processes of their own, with scripted engines."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

ENGINES = [
    "--vad", "scripted", "--turn", "silence", "--llm", "scripted", "--tts", "scripted",
    "--stt", "scripted:" + "|".join(["what time is it"] * 40),
]  # fmt: skip
SMALL = [
    "--starts", 1, "--questions", 1, "--rounds", 1, "--most", 1, "--calls", 1, "--count", 3,
    "--seconds", 0.5,
]  # fmt: skip

Vivavoce = Callable[..., CompletedProcess[str]]
Parts = dict[str, dict[str, object]]


def measured(vivavoce: Vivavoce, folder: Path, *args: object) -> tuple[Parts, str]:
    """The report of a run that ends well, and what it printed."""
    path = folder / "report.json"
    done = vivavoce("bench", "server", "--quick", *SMALL, *ENGINES, "--json", path, *args)
    assert done.returncode == 0, done.stderr
    report = json.loads(path.read_text())
    assert report["benchmark"] == "server"
    assert set(report["machine"]) == {"cpus", "processor", "system", "python"}
    return report["parts"], done.stdout


@pytest.mark.slow
def test_ready_idle_and_silent_sessions_are_measured(
    vivavoce: Vivavoce, plugin: Path, tmp_path: Path
) -> None:
    parts, out = measured(vivavoce, tmp_path, "--only", "ready,idle,sessions")
    assert list(parts) == ["server: ready", "server: idle", "server: sessions"]
    (ready,) = rows(parts, "server: ready")
    assert ready["starts"] == 1
    assert list(rows(parts, "server: idle")[0]) == ["seconds", "CPU of one core %", "memory MB"]
    (sessions,) = rows(parts, "server: sessions")
    counts = ("sessions", "refused", "broken off", "left behind")
    assert [sessions[name] for name in counts] == [3, 0, 0, 0]
    assert all(name in out for name in parts)


@pytest.mark.slow
def test_the_gap_is_measured_in_process_and_through_the_server(
    vivavoce: Vivavoce, plugin: Path, tmp_path: Path
) -> None:
    parts, _ = measured(vivavoce, tmp_path, "--only", "gap")
    ways = {row["way"]: row for row in rows(parts, "server: gap")}
    assert list(ways) == ["in process", "WebSocket", "WebRTC"]
    for row in ways.values():
        assert (row["n"], row["no answer"]) == (1, 0)
    turns = parts["server: gap"]["turns"]
    assert isinstance(turns, dict)
    assert turns["WebSocket"][0]["reply"].startswith("You said")


@pytest.mark.slow
def test_speakers_speech_and_transcripts_are_measured(
    vivavoce: Vivavoce, plugin: Path, tmp_path: Path
) -> None:
    parts, _ = measured(vivavoce, tmp_path, "--only", "speaking,speech,transcribe")
    at_once = rows(parts, "server: speaking")
    assert [row["sessions at once"] for row in at_once] == [1, 2]
    assert [row["n"] for row in at_once] == [1, 2]
    assert [row["no answer"] for row in at_once] == [0, 0]
    assert [row["format"] for row in rows(parts, "server: speech")] == ["wav", "pcm", "mp3", "opus"]
    assert rows(parts, "server: transcribe")[0]["calls"] == 1
    assert parts["server: more than it holds"]["refusals"] == []


def rows(parts: Parts, name: str) -> list[dict[str, object]]:
    found = parts[name]["rows"]
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--only", "gaps"], "gap"),
        (["--only", ","], "choose from ready"),
        (["--chunk-ms", 0], "--chunk-ms"),
        (["--count", 0], "--count"),
        (["--url", "localhost"], "not a server address"),
        (["--url", "http://127.0.0.1:1", "--only", "idle"], "cannot reach"),
    ],
)
def test_what_cannot_be_measured_is_told(
    vivavoce: Vivavoce, plugin: Path, args: list[object], told: str
) -> None:
    done = vivavoce("bench", "server", *ENGINES, *args)
    assert done.returncode != 0
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_that_cannot_start_is_told_with_what_it_wrote(
    vivavoce: Vivavoce, plugin: Path
) -> None:
    done = vivavoce(
        "bench", "server", "--only", "idle", *ENGINES[:6], "--tts", "absent", *ENGINES[8:]
    )
    assert done.returncode != 0
    assert "absent: no answer" in done.stderr
    assert "Traceback" not in done.stderr
