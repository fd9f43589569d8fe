"""Weights are pulled before they are used, and only once."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = pytest.mark.usefixtures("plugin")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Of a server with one voice."""
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "voice.bin").write_bytes(b"a voice")
    serve = partial(Quiet, directory=str(tmp_path / "served"))
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIVAVOCE_MODELS", str(tmp_path / "store"))


def test_weights_that_are_missing_are_pulled_once(
    address: str, vivavoce: Run, tmp_path: Path
) -> None:
    arguments = ["say", "Hi.", "-o", tmp_path / "a.wav", "--tts", f"scripted:{address}/voice.bin"]
    ran = vivavoce(*arguments)
    assert ran.returncode == 0
    assert f"downloading {address}/voice.bin for scripted" in ran.stderr
    [pulled] = (tmp_path / "store").rglob("voice.bin")
    assert pulled.read_bytes() == b"a voice"
    assert "downloading" not in vivavoce(*arguments).stderr


def test_offline_nothing_is_pulled(
    address: str, vivavoce: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIVAVOCE_OFFLINE", "1")
    ran = vivavoce("say", "Hi.", "-o", tmp_path / "a.wav", "--tts", f"scripted:{address}/voice.bin")
    assert ran.returncode == 0
    assert "downloading" not in ran.stderr
    assert not (tmp_path / "store").exists()


@pytest.fixture
def lacking(plugin: Path) -> None:
    """Engines whose packages are not installed: two extras, and one that no extra brings."""
    for module, package in (("needs_an_ear", "faster_whisper"), ("needs_a_voice", "piper")):
        line = f"raise ImportError('No module named {package}', name={package!r})"
        (plugin / f"{module}.py").write_text(line)


@pytest.mark.usefixtures("lacking")
def test_all_missing_packages_are_told_at_once_before_anything_is_pulled(
    address: str, vivavoce: Run, tmp_path: Path
) -> None:
    ran = vivavoce(
        "ask", "Hi.", "--stt", "earless", "--tts", f"scripted:{address}/voice.bin",
        "--tts", "voiceless", "--llm", "scripted", "--vad", "scripted", "--turn", "silence",
    )  # fmt: skip
    assert ran.returncode == 1
    assert ran.stderr == (
        "error: packages are missing for stt earless, tts voiceless; install them: "
        "pip install 'vivavoce[piper,whisper]'\n"
    )
    assert not (tmp_path / "store").exists()


@pytest.mark.usefixtures("lacking")
def test_what_no_extra_brings_is_told_beside_what_one_does(vivavoce: Run) -> None:
    ran = vivavoce(
        "serve", "--port", "0", "--stt", "uninstalled", "--tts", "voiceless",
        "--llm", "scripted", "--vad", "scripted", "--turn", "silence",
    )  # fmt: skip
    assert ran.returncode == 1
    assert "pip install 'vivavoce[piper]'; stt engine 'uninstalled' cannot be" in ran.stderr
