"""Models from a Hugging Face hub that runs here, through huggingface_hub and the command line."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from subprocess import CompletedProcess, Popen
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


def test_a_file_that_changed_after_a_cut_pull_is_pulled_again(
    store: Store, hub: Hub, cli: Cli
) -> None:
    hub.add("org/voice", {"a.json": b"{}", "b.json": b"old", "model.bin": WEIGHTS})
    hub.cuts = [10**9, 10**9, 10**9, 50_000, 0, 0, 0, 0]
    ran = cli("models", "pull", "hf:org/voice")
    assert ran.returncode == 1
    assert {left.name for left in store.leftovers()} >= {"a.json", "b.json"}
    hub.cuts = []
    hub.asked.clear()
    hub.add("org/voice", {"b.json": b"new", "model.bin": WEIGHTS})
    ran = cli("models", "pull", "hf:org/voice")
    assert ran.returncode == 0, ran.stderr
    place = store.path / cli("models", "path", "hf:org/voice").stdout.strip()
    assert {path.name for path in place.glob("[!.]*")} == {"b.json", "model.bin"}
    assert (place / "b.json").read_bytes() == b"new"
    assert (place / "model.bin").read_bytes() == WEIGHTS


def test_a_cancelled_pull_puts_nothing_in_the_store_and_is_gone_on_with(
    store: Store, hub: Hub, cli: Cli, start: Callable[[str], Popen[str]]
) -> None:
    hub.add("org/voice", {"model.bin": WEIGHTS})
    hub.stalling = "model.bin"
    code = """
from vivavoce import models

def tell(label, done, total):
    print(label, done, total)
    if done:
        raise KeyboardInterrupt

models.fetch("hf:org/voice", tell)
"""
    out, err = start(code).communicate(timeout=60)
    assert "KeyboardInterrupt" in err
    *_, last = out.splitlines()
    label, done, total = last.split()
    assert (label, total) == ("hf:org/voice", "200000")
    assert 0 < int(done) <= 100_000
    assert store.pulled() == []
    hub.stalling = None
    hub.asked.clear()
    assert cli("models", "pull", "hf:org/voice").returncode == 0
    path = next(path for path, _ in hub.asked if path.endswith("model.bin"))
    assert hub.requests_for(path) == [f"bytes={done}-"]
    assert store.leftovers() == []


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
        ("hf:org/none", "Unauthorized", "refuses access to org/none; set HF_TOKEN to a valid"),
        ("hf:org/none", "Unavailable", "try again later"),
        ("hf:org/none", "", "the hub returned an error"),
    ],
)
def test_the_hubs_refusal_says_what_to_do(
    store: Store, hub: Hub, cli: Cli, ref: str, code: str, says: str
) -> None:
    revision = ref.partition("@")[2] or "main"
    statuses = {"GatedRepo": 403, "Unauthorized": 401, "Unavailable": 503, "": 418}
    status = statuses.get(code, 404)
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


def test_a_gated_file_of_a_listed_repository_names_the_remedy(
    store: Store, hub: Hub, cli: Cli
) -> None:
    hub.add("org/voice", {"model.bin": WEIGHTS})
    path = next(path for path in hub.files if path.endswith("model.bin"))
    hub.errors[path] = (403, {"X-Error-Code": "GatedRepo"})
    ran = cli("models", "pull", "hf:org/voice")
    assert ran.returncode == 1
    assert "accept its licence on the hub and set HF_TOKEN" in ran.stderr
    assert store.pulled() == []
    assert store.leftovers() == []


def test_a_hub_that_does_not_answer_is_given_up(
    store: Store, hub: Hub, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("org/voice", REPO)
    hub.stalling = "?blobs=true"
    monkeypatch.setenv("HF_HUB_DOWNLOAD_TIMEOUT", "1")
    ran = cli("models", "pull", "hf:org/voice")
    assert ran.returncode == 1
    assert "no connection to the hub (timed out)" in ran.stderr


@pytest.mark.parametrize("name", ["NO_PROXY", "ALL_PROXY"])
@pytest.mark.parametrize("value", ["", "[::1]", "fd07:b51a::/64", "socks://h:1/"])
def test_listing_and_files_go_through_the_proxy(
    store: Store, hub: Hub, cli: Cli, name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("org/voice", REPO)
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.invalid")
    monkeypatch.setenv("HTTP_PROXY", hub.url)
    monkeypatch.setenv(name, value)
    ran = cli("models", "pull", "hf:org/voice")
    assert ran.returncode == 0, ran.stderr
    assert {headers["host"] for headers in hub.headers} == {"hub.invalid"}


def test_a_proxy_that_is_none_is_named(
    store: Store, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.invalid")
    monkeypatch.setenv("ALL_PROXY", "nonsense://x")
    ran = cli("models", "pull", "hf:org/voice")
    assert ran.returncode == 1
    assert "hf:org/voice: ALL_PROXY is 'nonsense://x', which is no proxy; set it to" in ran.stderr


def test_vivavoces_offline_switch_asks_no_hub(
    store: Store, hub: Hub, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIVAVOCE_OFFLINE", "1")
    ran = cli("models", "pull", "hf:org/voice")
    assert ran.returncode == 1
    assert "VIVAVOCE_OFFLINE forbids downloads" in ran.stderr
    assert hub.asked == []


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
