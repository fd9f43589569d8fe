"""`vivavoce doctor`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
KINDS = ["vad", "stt", "llm", "tts"]
SCRIPTED = [*(arg for kind in KINDS for arg in (f"--{kind}", "scripted")), "--turn", "silence"]


def test_what_is_missing_comes_with_the_remedy(
    vivavoce: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIVAVOCE_MODELS", str(tmp_path))
    ran = vivavoce("doctor")
    assert ran.returncode == 1
    for name in ("silero-vad", "moonshine-tiny-en", "smollm2-135m"):
        assert f"→ vivavoce models pull {name}" in ran.stdout
    assert list(tmp_path.iterdir()) == []


def test_json_tells_the_same(vivavoce: Run) -> None:
    findings = json.loads(vivavoce("doctor", "--json").stdout)
    subjects = [finding["subject"] for finding in findings]
    assert subjects[:4] == ["python", "cpu", "memory", "models"]
    assert {"vad", "turn", "stt", "llm", "tts"} <= set(subjects)
    assert {finding["state"] for finding in findings} <= {"ok", "note", "missing"}


def test_what_each_engine_computes_on_is_told(
    vivavoce: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIVAVOCE_DEVICE", "cuda:99")
    given = ("--stt", "openai:whisper-1", "--tts", "espeak-ng")
    findings = json.loads(vivavoce("doctor", "--json", *given).stdout)
    told = {finding["subject"]: finding for finding in findings}
    assert told["vad"]["detail"].startswith("silero, on cpu")
    assert told["stt"]["detail"] == "openai:whisper-1, on a server"
    assert told["tts"]["detail"] == "espeak-ng, on cpu"
    assert told["llm"]["state"] == "missing"
    assert "cuda:99 is not here" in told["llm"]["remedy"]
    assert "set device: cpu" in told["llm"]["remedy"]


@pytest.mark.usefixtures("plugin")
def test_one_engine_that_works_is_enough(vivavoce: Run) -> None:
    ran = vivavoce("doctor", "--json", "--stt", "uninstalled", *SCRIPTED)
    stt = [finding for finding in json.loads(ran.stdout) if finding["subject"] == "stt"]
    assert [finding["state"] for finding in stt] == ["note", "ok"]
    assert "package_that_is_not_there" in stt[0]["remedy"]


@pytest.mark.usefixtures("plugin")
def test_engines_can_be_tried(vivavoce: Run) -> None:
    ran = vivavoce("doctor", "--try", "--json", *SCRIPTED, "--tts", "broken")
    tried = {
        finding["detail"].split()[0]: finding["state"]
        for finding in json.loads(ran.stdout)
        if finding["subject"] == "try tts"
    }
    assert tried == {"scripted": "ok", "broken": "note"}
    assert ran.returncode == 0
