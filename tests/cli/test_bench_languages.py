"""`vivavoce bench languages`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from vivavoce.media.decode import write_audio
from vivavoce.testing import say

ENGINES = ["--stt", "scripted:one two three four five|hm", "--vad", "scripted"]


def bench(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vivavoce", "bench", "languages", "--speech", str(folder)]
    command += ["--json", str(folder / "out.json"), *ENGINES]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.usefixtures("plugin")
def test_recordings_are_counted_by_language_unless_they_have_hardly_any_words(
    tmp_path: Path,
) -> None:
    lines = [{"path": f"{name}.wav", "lang": "en-US"} for name in "ab"]
    for line in lines:
        write_audio(say(2.0), tmp_path / line["path"])
    (tmp_path / "manifest.jsonl").write_text("\n".join(map(json.dumps, lines)))
    ran = bench(tmp_path)
    assert ran.returncode == 0, ran.stderr
    told = (tmp_path / "out.json").read_text("utf-8")
    assert '"a.wav"' in told
    assert '"b.wav"' not in told
    assert " en " in ran.stdout


@pytest.mark.usefixtures("plugin")
@pytest.mark.parametrize("manifest", ['{"path": "a.wav"}', "no json", "[1]"])
def test_a_manifest_without_languages_is_refused(tmp_path: Path, manifest: str) -> None:
    (tmp_path / "manifest.jsonl").write_text(manifest)
    ran = bench(tmp_path)
    assert ran.returncode != 0
    assert "lines have path and lang" in ran.stderr
    assert "Traceback" not in ran.stderr
