"""Models from a Hugging Face hub that runs here, through huggingface_hub and the command line."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from subprocess import CompletedProcess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.models.conftest import FileServer, Hub, Store

Cli = Callable[..., CompletedProcess[str]]

WEIGHTS = random.Random(2).randbytes(200_000)
REPO = {
    ".gitattributes": b"*.bin filter=lfs",
    "config.json": b"{}",
    "model.bin": WEIGHTS,
    "onnx/model.onnx": WEIGHTS[::-1],
}


def test_a_repository_is_pulled_whole_and_recorded(store: Store, hub: Hub, cli: Cli) -> None:
    hub.add("org/voice", REPO)
    ran = cli("models", "pull", "hf:org/voice")
    assert ran.returncode == 0, ran.stderr
    [listed] = json.loads(cli("models", "list", "--here", "--json").stdout)["models"]
    assert listed["name"] == "hf:org/voice"
    assert listed["revision"].startswith("c0ffee")
    assert {file["name"] for file in listed["files"]} == {
        "config.json",
        "model.bin",
        "onnx/model.onnx",
    }
    place = cli("models", "path", "hf:org/voice").stdout.strip()
    assert (store.path / place / "onnx/model.onnx").read_bytes() == WEIGHTS[::-1]
    assert store.leftovers() == []
    hub.asked.clear()
    assert cli("models", "pull", "hf:org/voice").returncode == 0
    assert hub.asked == []


def test_one_file_of_a_revision_is_pulled_alone(store: Store, hub: Hub, cli: Cli) -> None:
    hub.add("org/voice", REPO)
    ran = cli("models", "pull", "hf:org/voice/onnx/model.onnx@v1")
    assert ran.returncode == 0, ran.stderr
    place = cli("models", "path", "hf:org/voice/onnx/model.onnx@v1").stdout.strip()
    assert place.endswith("model.onnx")
    assert (store.path / place).read_bytes() == WEIGHTS[::-1]
    assert not hub.requests_for("/org/voice/resolve/c0ffee" + "0" * 34 + "/model.bin")


def test_a_built_in_voice_lies_under_its_plain_names(store: Store, hub: Hub, cli: Cli) -> None:
    folder = "nl/nl_BE/nathalie/medium"
    voice = "nl_BE-nathalie-medium.onnx"
    hub.add(
        "rhasspy/piper-voices",
        {
            f"{folder}/{voice}": WEIGHTS,
            f"{folder}/{voice}.json": b"{}",
            f"{folder}/MODEL_CARD": b"CC0",
            f"{folder}/samples/speaker_0.mp3": b"mp3",
            "en/en_US/amy/low/en_US-amy-low.onnx": b"other",
        },
    )
    ran = cli("models", "pull", "piper-nl_BE-nathalie-medium")
    assert ran.returncode == 0, ran.stderr
    place = store.path / "piper-nl_BE-nathalie-medium"
    names = {path.name for path in place.glob("[!.]*")}
    assert names == {voice, f"{voice}.json", "MODEL_CARD"}


def test_a_built_in_whisper_takes_either_vocabulary(store: Store, hub: Hub, cli: Cli) -> None:
    files = {
        "model.bin": WEIGHTS,
        "config.json": b"{}",
        "tokenizer.json": b"{}",
        "vocabulary.txt": b"a",
        "README.txt": b"not needed",
    }
    hub.add("Systran/faster-whisper-tiny", files)
    ran = cli("models", "pull", "whisper-tiny")
    assert ran.returncode == 0, ran.stderr
    names = {path.name for path in (store.path / "whisper-tiny").glob("[!.]*")}
    assert names == {"model.bin", "config.json", "tokenizer.json", "vocabulary.txt"}


def test_a_cut_connection_is_gone_on_with(store: Store, hub: Hub, cli: Cli) -> None:
    hub.add("org/voice", {"model.bin": WEIGHTS})
    hub.cuts = [10**9, 50_000]  # the listing comes whole
    ran = cli("models", "pull", "hf:org/voice")
    assert ran.returncode == 0, ran.stderr
    path = next(path for path, _ in hub.asked if path.endswith("model.bin"))
    first, second = hub.requests_for(path)
    assert first is None
    assert second is not None
    place = cli("models", "path", "hf:org/voice").stdout.strip()
    assert (store.path / place / "model.bin").read_bytes() == WEIGHTS


def test_what_a_cut_pull_got_of_an_older_version_is_not_mixed_in(
    store: Store, hub: Hub, cli: Cli
) -> None:
    hub.etags = True
    hub.add("org/voice", {"model.bin": WEIGHTS})
    path = next(path for path in hub.files if path.endswith("model.bin"))
    hub.cuts = [10**9, 50_000, 0, 0, 0, 0]
    ran = cli("models", "pull", "hf:org/voice")
    assert ran.returncode == 1
    assert "resumes it" in ran.stderr
    [part] = [left for left in store.leftovers() if left.name == "model.bin"]
    part.write_bytes(b"x" * part.stat().st_size)  # as if it were of another version
    hub.cuts = []
    ran = cli("models", "pull", "hf:org/voice")
    assert ran.returncode == 0, ran.stderr
    place = cli("models", "path", "hf:org/voice").stdout.strip()
    assert (store.path / place / "model.bin").read_bytes() == WEIGHTS
    assert hub.requests_for(path)[-1] is None


@pytest.mark.parametrize("name", ["model.bin", "config.json"])
def test_contents_that_are_not_the_hubs_are_dropped(
    store: Store, hub: Hub, cli: Cli, name: str
) -> None:
    lie = bytes(len(REPO[name]))
    hub.add("org/voice", REPO, lie={name: lie})
    ran = cli("models", "pull", "hf:org/voice")
    assert ran.returncode == 1
    assert f"{name} has the wrong checksum" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert store.pulled() == []
    assert all(left.name != name for left in store.leftovers())


@pytest.mark.parametrize("name", ["../../evil.bin", "/etc/evil.bin", "a/../b.bin", "a\\evil.bin"])
def test_a_name_that_leaves_the_folder_is_refused(
    store: Store, hub: Hub, cli: Cli, name: str
) -> None:
    hub.add("org/voice", {name: WEIGHTS})
    ran = cli("models", "pull", "hf:org/voice")
    assert ran.returncode == 1
    assert "unsafe name" in ran.stderr
    assert not list(store.path.parent.rglob("evil.bin"))


@pytest.mark.parametrize(
    ("ref", "code", "says"),
    [
        ("hf:org/none", "RepoNotFound", "no model 'org/none'; check the name"),
        ("hf:org/none@v9", "RevisionNotFound", "no revision 'v9'"),
        ("hf:org/none", "GatedRepo", "gated; accept its licence on the hub and set HF_TOKEN"),
        ("hf:org/none", "", "the hub returned an error"),
    ],
)
def test_the_hubs_refusal_says_what_to_do(
    store: Store, hub: Hub, cli: Cli, ref: str, code: str, says: str
) -> None:
    revision = ref.partition("@")[2] or "main"
    status = 403 if code == "GatedRepo" else 404 if code else 418
    hub.errors[f"/api/models/org/none/revision/{revision}"] = (status, {"X-Error-Code": code})
    ran = cli("models", "pull", ref)
    assert ran.returncode == 1
    assert says in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_file_that_the_repository_lacks_is_named(store: Store, hub: Hub, cli: Cli) -> None:
    hub.add("org/voice", REPO)
    ran = cli("models", "pull", "hf:org/voice/nothing.gguf")
    assert ran.returncode == 1
    assert "org/voice at main has no nothing.gguf" in ran.stderr


def test_the_hubs_own_offline_switch_is_honoured(
    store: Store, hub: Hub, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    ran = cli("models", "pull", "hf:org/voice")
    assert ran.returncode == 1
    assert "HF_HUB_OFFLINE forbids downloads" in ran.stderr
    assert hub.asked == []


def test_a_hub_out_of_reach_is_a_clear_error(
    store: Store, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    ran = cli("models", "pull", "hf:org/voice")
    assert ran.returncode == 1
    assert "no connection to the hub" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_the_token_goes_to_the_hub_and_not_where_it_redirects(
    store: Store, hub: Hub, web: FileServer, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("org/voice", {"model.bin": WEIGHTS})
    path = next(path for path in hub.files if path.endswith("model.bin"))
    hub.redirects[path] = f"{web.url}/blob"
    web.files["/blob"] = WEIGHTS
    monkeypatch.setenv("HF_TOKEN", "hf_hush")
    ran = cli("models", "pull", "hf:org/voice")
    assert ran.returncode == 0, ran.stderr
    asked = zip(hub.asked, hub.headers, strict=True)
    tokens = [headers.get("authorization") for (name, _), headers in asked if "org/voice" in name]
    assert tokens == ["Bearer hf_hush"] * 2
    [elsewhere] = web.headers
    assert "authorization" not in elsewhere


@pytest.mark.parametrize("ref", ["hf:", "hf:org", "hf:org/repo/../x", "hf:org/repo@", "hf:a b/c"])
def test_a_reference_that_names_no_repository_is_a_clear_error(
    store: Store, cli: Cli, ref: str
) -> None:
    ran = cli("models", "path", ref)
    assert ran.returncode == 1
    assert "write hf:ORG/REPO" in ran.stderr
