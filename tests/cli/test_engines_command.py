"""`vivavoce engines` and `vivavoce voices`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_engines_of_every_kind_are_listed(vivavoce: Run) -> None:
    ran = vivavoce("engines")
    assert (ran.returncode, ran.stderr) == (0, "")
    kinds = [line.split()[0] for line in ran.stdout.splitlines()]
    assert kinds == sorted(kinds, key=["KIND", "vad", "turn", "stt", "llm", "tts"].index)
    assert "tts   espeak-ng" in ran.stdout


def test_json_tells_options_with_their_defaults_and_models(vivavoce: Run) -> None:
    listed = json.loads(vivavoce("engines", "--json").stdout)
    [silero] = [engine for engine in listed if engine["name"] == "silero"]
    assert silero["kind"] == "vad"
    assert silero["installed"] is True
    assert silero["options"]["model"] == "silero-vad"
    [moonshine] = [engine for engine in listed if engine["name"] == "moonshine"]
    assert moonshine["models"][0] == "tiny-en"
    assert not [name for name in moonshine["models"] if name.startswith("moonshine")]


def test_the_options_of_one_engine_are_listed_with_what_they_mean(vivavoce: Run) -> None:
    ran = vivavoce("engines", "llama-cpp")
    assert ran.stdout.startswith("llm: {engine: llama-cpp, …}\n")
    assert "  context: 2048\n      tokens that one slot holds, prompt and reply" in ran.stdout
    assert '  device: "auto"\n' in ran.stdout
    wrong = vivavoce("engines", "lama-cpp")
    assert "no engine 'lama-cpp'; did you mean 'llama-cpp'" in wrong.stderr


@pytest.mark.usefixtures("plugin")
def test_engines_of_other_packages_are_listed_too(vivavoce: Run) -> None:
    listed = json.loads(vivavoce("engines", "--json").stdout)
    names = {(engine["kind"], engine["name"]): engine for engine in listed}
    assert names["tts", "scripted"]["installed"]
    missing = names["stt", "uninstalled"]
    assert not missing["installed"]
    assert "package_that_is_not_there" in missing["problem"]


@pytest.mark.usefixtures("plugin")
def test_voices_of_each_configured_engine_are_listed(vivavoce: Run) -> None:
    ran = vivavoce("voices", "--tts", "scripted", "--tts", "espeak-ng", "--json")
    listed = json.loads(ran.stdout)
    assert listed[0] == {
        "engine": "scripted", "id": "tone", "name": "Tone", "languages": ["en"], "gender": None
    }  # fmt: skip
    assert "de" in {voice["id"] for voice in listed if voice["engine"] == "espeak-ng"}


def test_voices_can_be_narrowed_to_a_language(vivavoce: Run) -> None:
    listed = json.loads(vivavoce("voices", "--language", "de", "--json").stdout)
    assert listed
    assert all("de" in voice["languages"] for voice in listed)
    assert vivavoce("voices", "--language", "xx").stdout == ""


@pytest.mark.usefixtures("plugin")
def test_an_engine_that_fails_does_not_hide_the_others(vivavoce: Run) -> None:
    ran = vivavoce("voices", "--tts", "absent", "--tts", "scripted")
    assert (ran.returncode, ran.stderr) == (1, "error: absent: no answer\n")
    assert "scripted" in ran.stdout
