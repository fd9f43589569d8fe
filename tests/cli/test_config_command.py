"""`vivavoce config`."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from vivavoce.config.configuration import load_config
from vivavoce.config.template import template

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_show_prints_the_settings_in_effect(
    vivavoce: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.toml").write_text('profile = "fast"\n[session]\nvoice = "x"\n')
    monkeypatch.setenv("VIVAVOCE_SESSION__GREETING", "Grüß Gott")
    arguments = ["config", "show", "--config", "a.toml", "--stt", "whisper:small"]
    shown = yaml.safe_load(vivavoce(*arguments).stdout)
    assert shown == json.loads(vivavoce(*arguments, "--json").stdout)
    assert shown["profile"] == "fast"
    assert shown["stt"] == "whisper:small"
    assert (shown["session"]["voice"], shown["session"]["greeting"]) == ("x", "Grüß Gott")


def test_show_says_which_file_was_read(vivavoce: Run, tmp_path: Path) -> None:
    assert "from the profile embedded and no file" in vivavoce("config", "show").stderr
    (tmp_path / "vivavoce.yaml").write_text("profile: fast\n")
    ran = vivavoce("config", "show")
    assert "from the profile fast and the file vivavoce.yaml" in ran.stderr
    assert yaml.safe_load(ran.stdout)["profile"] == "fast"
    ran = vivavoce("config", "check")
    assert "vivavoce.yaml: every setting is right; profile fast" in ran.stderr


def test_show_masks_secrets(vivavoce: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    ran = vivavoce("config", "show", "--profile", "cloud")
    assert ran.returncode == 0
    assert "sk-secret" not in ran.stdout
    assert "***" in ran.stdout


def test_check_tells_everything_that_is_wrong(vivavoce: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("sst: x\nsession: {speeed: 1}\n")
    ran = vivavoce("config", "check", "a.yaml")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "a.yaml: sst: unknown key; did you mean 'stt'?" in ran.stderr
    assert "a.yaml: session.speeed: unknown key; did you mean 'speed'?" in ran.stderr


def test_check_is_content_with_what_is_right(vivavoce: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("profile: balanced\n")
    ran = vivavoce("config", "check", "a.yaml")
    assert (ran.returncode, ran.stdout) == (0, "")
    assert "a.yaml: every setting is right; profile balanced" in ran.stderr


def test_init_writes_a_file_that_changes_nothing_yet(vivavoce: Run, tmp_path: Path) -> None:
    ran = vivavoce("config", "init")
    assert ran.returncode == 0
    assert "commands in its folder use it" in ran.stderr
    assert "--config other.yaml" in vivavoce("config", "init", "other.yaml").stderr
    assert load_config(tmp_path / "vivavoce.yaml", environment={}) == load_config(environment={})
    assert vivavoce("config", "check", "vivavoce.yaml").returncode == 0


def test_every_setting_in_that_file_can_be_uncommented() -> None:
    uncommented = re.sub(r"^# ", "", template(), flags=re.MULTILINE)
    data = yaml.safe_load(uncommented)
    shown = load_config(environment={}).as_dict()
    assert data["session"] == shown["session"]
    assert data["models"] == shown["models"]
    assert data["server"] == {**shown["server"], "keys": [], "origins": []}  # type: ignore[dict-item]
    assert load_config(overrides=data, environment={}).stt[0].name == "whisper"


def test_init_replaces_a_file_only_when_forced(vivavoce: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("stt: moonshine\n")
    ran = vivavoce("config", "init", "mine.yaml")
    assert ran.returncode == 1
    assert "replace it with --force" in ran.stderr
    assert (tmp_path / "mine.yaml").read_text() == "stt: moonshine\n"
    assert vivavoce("config", "init", "mine.yaml", "--force").returncode == 0
    assert (tmp_path / "mine.yaml").read_text() == template()


def test_init_writes_yaml_only(vivavoce: Run) -> None:
    assert "ends in .yaml" in vivavoce("config", "init", "a.toml").stderr
