"""`vivavoce models`, with weights from a server of this test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VIVAVOCE_MODELS", str(tmp_path / "store"))
    return tmp_path / "store"


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Of a file, on a server."""
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "voice.bin").write_bytes(b"a voice")
    serve = partial(Quiet, directory=str(tmp_path / "served"))
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/voice.bin"
        server.shutdown()
        thread.join()


def test_pull_says_where_the_model_lies_and_path_prints_it(
    vivavoce: Run, address: str, store: Path
) -> None:
    ran = vivavoce("models", "pull", address)
    assert ran.returncode == 0
    assert ran.stdout == ""
    assert f"{address}: in {store}" in ran.stderr
    place = Path(vivavoce("models", "path", address).stdout.strip())
    assert place.read_bytes() == b"a voice"


def test_pull_says_what_it_will_fetch_before_it_does(vivavoce: Run, address: str) -> None:
    first = vivavoce("models", "pull", address).stderr
    assert f"pulling {address}: from {address.removesuffix('voice.bin')}\n" in first
    assert "pulling" not in vivavoce("models", "pull", address).stderr


def test_pull_tells_size_source_and_licence_also_where_the_pull_is_forbidden(
    vivavoce: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIVAVOCE_OFFLINE", "1")
    ran = vivavoce("models", "pull", "silero-vad")
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[0] == (
        "pulling silero-vad: 1.3 MB from wheel silero-vad==6.2.3, licence: MIT"
    )


def test_path_alone_prints_the_stores_folder(vivavoce: Run, store: Path) -> None:
    assert vivavoce("models", "path").stdout.strip() == str(store)


def test_path_of_a_model_that_is_not_here_says_how_to_get_it(vivavoce: Run) -> None:
    ran = vivavoce("models", "path", "silero-vad")
    assert ran.returncode == 1
    assert ran.stderr == "error: silero-vad: not installed; run `vivavoce models pull silero-vad`\n"


def test_list_shows_what_is_known_and_what_is_here(vivavoce: Run, address: str) -> None:
    vivavoce("models", "pull", address)
    lines = vivavoce("models", "list").stdout.splitlines()
    [voice] = [line.split() for line in lines if line.startswith(address)]
    assert voice[1:4] == ["-", "0.0", "MB"]
    assert "yes" in voice
    [silero] = [line.split() for line in lines if line.startswith("silero-vad")]
    assert silero[1:] == ["vad", "1.3", "MB", "-", "-", "MIT", "Silero", "VAD", "at", "16", "kHz"]


def test_list_can_be_narrowed(vivavoce: Run, address: str) -> None:
    vivavoce("models", "pull", address)
    here = vivavoce("models", "list", "--here").stdout.splitlines()
    assert len(here) == 2
    kinds = {
        line.split()[1] for line in vivavoce("models", "list", "--kind", "llm").stdout.splitlines()
    }
    assert kinds == {"KIND", "llm"}


def test_list_as_json_has_each_embedded_models_size_licence_and_checksum(vivavoce: Run) -> None:
    listed = json.loads(vivavoce("models", "list", "--json").stdout)["models"]
    embedded = [model for model in listed if model["source"].startswith("wheel ")]
    assert {model["name"] for model in embedded} == {
        "silero-vad", "smart-turn-v3.2", "moonshine-tiny-en", "smollm2-135m", "hibari", "dnsmos",
    }  # fmt: skip
    for model in embedded:
        assert model["licence"]
        assert model["size"] == sum(file["size"] for file in model["files"])
        assert all(len(file["sha256"]) == 64 for file in model["files"])


def test_every_built_in_model_says_its_kind_licence_and_description(vivavoce: Run) -> None:
    listed = json.loads(vivavoce("models", "list", "--json").stdout)["models"]
    assert all(model["licence"] and model["description"] for model in listed)
    assert [model["name"] for model in listed if not model["kind"]] == ["dnsmos"]  # it measures


def test_remove_frees_the_disk(vivavoce: Run, address: str, store: Path) -> None:
    vivavoce("models", "pull", address)
    ran = vivavoce("models", "remove", address)
    assert ran.returncode == 0
    assert f"{address}: removed" in ran.stderr
    assert not list(store.rglob("voice.bin"))
    again = vivavoce("models", "remove", address)
    assert again.returncode == 1
    assert "`vivavoce models list` shows what is" in again.stderr


def test_remove_never_deletes_a_path_of_the_users(vivavoce: Run, tmp_path: Path) -> None:
    mine = tmp_path / "mine.gguf"
    mine.write_bytes(b"mine")
    ran = vivavoce("models", "remove", mine)
    assert ran.returncode == 1
    assert "a path of your own" in ran.stderr
    assert mine.exists()


def test_verify_finds_damage_and_says_how_to_mend_it(vivavoce: Run, address: str) -> None:
    vivavoce("models", "pull", address)
    right = vivavoce("models", "verify")
    assert (right.returncode, right.stdout) == (0, f"{address}: right\n")
    Path(vivavoce("models", "path", address).stdout.strip()).write_bytes(b"a vOice")
    wrong = vivavoce("models", "verify", address)
    assert wrong.returncode == 1
    assert "voice.bin: changed since it was pulled" in wrong.stdout
    assert "vivavoce models remove" in wrong.stderr
    faults = json.loads(vivavoce("models", "verify", "--json").stdout)
    assert list(faults) == [address]
    assert len(faults[address]) == 1


def test_verify_of_a_file_that_is_gone_says_so(vivavoce: Run, address: str) -> None:
    vivavoce("models", "pull", address)
    Path(vivavoce("models", "path", address).stdout.strip()).unlink()
    assert "voice.bin: missing" in vivavoce("models", "verify").stdout


def test_a_model_that_is_mistyped_gets_the_nearest_name(vivavoce: Run) -> None:
    ran = vivavoce("models", "pull", "silero-vat")
    assert ran.returncode == 1
    assert "did you mean silero-vad" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_pull_of_nothing_is_wrong_usage(vivavoce: Run) -> None:
    ran = vivavoce("models", "pull")
    assert ran.returncode == 2
    assert "--embedded" in ran.stderr


def test_optimize_prints_the_copy_or_says_why_there_is_none(vivavoce: Run, address: str) -> None:
    ran = vivavoce("models", "optimize", address)
    assert ran.returncode == 1
    assert "cannot read the GGUF file" in ran.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_terminal_gets_a_bar(address: str, store: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    code = "from vivavoce.cli.main import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "models", "pull", address],
        stderr=theirs,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "200"},
    )
    os.close(theirs)
    seen = b""
    try:
        while part := os.read(ours, 4096):
            seen += part
    except OSError:  # how Linux tells the end of a terminal
        pass
    os.close(ours)
    assert process.wait() == 0
    assert b"\x1b[" in seen
    assert f"{address}: in".encode() in seen
