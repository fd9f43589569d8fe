"""Files from URLs: whole, checked, resumed, or a clear error and nothing half-written."""

from __future__ import annotations

import hashlib
import json
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import Popen
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vivavoce import models
from vivavoce.errors import ModelError
from vivavoce.http_client.retries import Retries
from vivavoce.models import web as web_module

if TYPE_CHECKING:
    from tests.models.conftest import FileServer, Store

DATA = random.Random(1).randbytes(300_000)
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_module, "RETRIES", Retries(2, 0.0))


def test_a_file_is_pulled_once_and_then_found(store: Store, web: FileServer) -> None:
    web.files["/m/tiny.gguf"] = DATA
    place = models.fetch(f"{web.url}/m/tiny.gguf")
    assert place.name == "tiny.gguf"
    assert place.read_bytes() == DATA
    assert models.fetch(f"{web.url}/m/tiny.gguf") == place
    assert len(web.asked) == 1
    assert store.leftovers() == []


def test_progress_grows_to_the_whole(store: Store, web: FileServer) -> None:
    web.files["/tiny.gguf"] = DATA
    seen: list[tuple[str, int]] = []
    models.fetch(f"{web.url}/tiny.gguf", lambda label, done, total: seen.append((label, done)))
    amounts = [done for _, done in seen]
    assert amounts == sorted(amounts)
    assert amounts[-1] == len(DATA)
    assert {label for label, _ in seen} == {f"{web.url}/tiny.gguf"}


def test_the_right_checksum_is_accepted_in_any_case(store: Store, web: FileServer) -> None:
    web.files["/tiny.gguf"] = DATA
    place = models.fetch(f"{web.url}/tiny.gguf#sha256={SHA256.upper()}")
    assert place.read_bytes() == DATA


def test_a_wrong_checksum_is_an_error_that_leaves_nothing(store: Store, web: FileServer) -> None:
    web.files["/tiny.gguf"] = DATA
    with pytest.raises(ModelError, match=f"wrong checksum.*{SHA256}"):
        models.fetch(f"{web.url}/tiny.gguf#sha256={'0' * 64}")
    assert store.pulled() == []
    assert store.leftovers() == []


def test_a_checksum_given_later_is_checked(store: Store, web: FileServer) -> None:
    web.files["/tiny.gguf"] = DATA
    models.fetch(f"{web.url}/tiny.gguf")
    with pytest.raises(ModelError, match="wrong checksum"):
        models.fetch(f"{web.url}/tiny.gguf#sha256={'0' * 64}")


def test_a_cut_connection_is_gone_on_with(store: Store, web: FileServer) -> None:
    web.files["/tiny.gguf"] = DATA
    web.cuts = [100_000]
    assert models.fetch(f"{web.url}/tiny.gguf").read_bytes() == DATA
    first, second = web.requests_for("/tiny.gguf")
    assert first is None
    assert second is not None
    assert 0 < int(second.removeprefix("bytes=").rstrip("-")) <= 100_000


def test_what_came_before_the_network_went_is_used_by_the_next_pull(
    store: Store, web: FileServer
) -> None:
    web.files["/tiny.gguf"] = DATA
    web.cuts = [200_000, 0, 0]
    with pytest.raises(ModelError, match="the next pull resumes it"):
        models.fetch(f"{web.url}/tiny.gguf")
    assert store.pulled() == []
    web.asked.clear()
    assert models.fetch(f"{web.url}/tiny.gguf").read_bytes() == DATA
    [asked] = web.requests_for("/tiny.gguf")
    assert asked is not None
    assert asked != "bytes=0-"
    assert store.leftovers() == []


def test_a_file_that_changed_meanwhile_is_begun_anew(store: Store, web: FileServer) -> None:
    web.files["/tiny.gguf"] = DATA
    web.cuts = [200_000, 0, 0]
    with pytest.raises(ModelError):
        models.fetch(f"{web.url}/tiny.gguf")
    web.files["/tiny.gguf"] = DATA[::-1]
    assert models.fetch(f"{web.url}/tiny.gguf").read_bytes() == DATA[::-1]


def test_a_file_that_changed_and_shrank_is_begun_anew(store: Store, web: FileServer) -> None:
    web.files["/tiny.gguf"] = DATA
    web.cuts = [200_000, 0, 0]
    with pytest.raises(ModelError):
        models.fetch(f"{web.url}/tiny.gguf")
    web.files["/tiny.gguf"] = b"short"
    assert models.fetch(f"{web.url}/tiny.gguf").read_bytes() == b"short"


@pytest.mark.parametrize("lack", ["ranges", "etags"])
def test_a_server_that_cannot_resume_still_serves(store: Store, web: FileServer, lack: str) -> None:
    setattr(web, lack, False)
    web.files["/tiny.gguf"] = DATA
    web.cuts = [100_000]
    assert models.fetch(f"{web.url}/tiny.gguf").read_bytes() == DATA


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cuts=st.lists(st.integers(1, 120_000), max_size=6), size=st.integers(0, 300_000))
def test_however_the_connection_is_cut_the_file_arrives_whole(
    store: Store, web: FileServer, cuts: list[int], size: int
) -> None:
    web.files["/tiny.gguf"] = DATA[:size]
    web.cuts = list(cuts)
    place = models.fetch(f"{web.url}/tiny.gguf")
    assert place.read_bytes() == DATA[:size]
    web.cuts.clear()
    models.remove(f"{web.url}/tiny.gguf")


def test_an_empty_file_can_be_removed_again(store: Store, web: FileServer) -> None:
    web.files["/empty.bin"] = b""
    models.fetch(f"{web.url}/empty.bin")
    assert models.remove(f"{web.url}/empty.bin") > 0


def test_a_web_page_is_not_taken_for_a_model(store: Store, web: FileServer) -> None:
    web.files["/org/repo/blob/main/tiny.gguf"] = b"<html>"
    web.types["/org/repo/blob/main/tiny.gguf"] = "text/html; charset=utf-8"
    with pytest.raises(ModelError, match=r"a web page, not a file.*/resolve/"):
        models.fetch(f"{web.url}/org/repo/blob/main/tiny.gguf")
    assert store.leftovers() == []


@pytest.mark.parametrize(
    ("status", "remedy"),
    [(404, "file not found"), (403, "HF_TOKEN"), (401, "HF_TOKEN"), (503, "try again later")],
)
def test_a_refusal_says_what_to_do(store: Store, web: FileServer, status: int, remedy: str) -> None:
    web.errors["/tiny.gguf"] = (status, {})
    with pytest.raises(ModelError, match=f"{status}.*{remedy}"):
        models.fetch(f"{web.url}/tiny.gguf")
    assert store.pulled() == []


def test_no_network_is_a_clear_error(store: Store, web: FileServer) -> None:
    closed = web.url.replace("127.0.0.1", "127.0.0.2")
    with pytest.raises(ModelError, match=r"cannot connect to 127\.0\.0\.2.*check the network"):
        models.fetch(f"{closed}/tiny.gguf")


def test_a_proxy_that_is_no_address_is_a_clear_error(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "nonsense://x")
    with pytest.raises(ModelError, match="ALL_PROXY is 'nonsense://x', which is no proxy"):
        models.fetch("http://example.invalid/tiny.gguf")


@pytest.mark.parametrize("name", ["ALL_PROXY", "NO_PROXY"])
@pytest.mark.parametrize("value", ["nonsense://x", "[::1]", "fd07:b51a::/64", "socks://h:1/"])
def test_no_proxy_variable_matters_for_this_machine(
    name: str, value: str, store: Store, web: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.files["/tiny.gguf"] = b"weights"
    monkeypatch.setenv(name, value)
    assert models.fetch(f"{web.url}/tiny.gguf").read_bytes() == b"weights"


@pytest.mark.parametrize("status", [429, 503])
def test_what_may_pass_is_asked_for_again(status: int, store: Store, web: FileServer) -> None:
    web.errors["/tiny.gguf"] = (status, {"Retry-After": "0"})
    with pytest.raises(ModelError, match=f"{status} from"):
        models.fetch(f"{web.url}/tiny.gguf")
    assert len(web.requests_for("/tiny.gguf")) == 3


def test_offline_forbids_downloads_but_not_what_is_here(
    store: Store, web: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.files["/a.gguf"] = web.files["/b.gguf"] = DATA
    place = models.fetch(f"{web.url}/a.gguf")
    monkeypatch.setenv("VIVAVOCE_OFFLINE", "1")
    assert models.fetch(f"{web.url}/a.gguf") == place
    with pytest.raises(ModelError, match=r"VIVAVOCE_OFFLINE.*vivavoce models pull"):
        models.fetch(f"{web.url}/b.gguf")


def test_secrets_in_an_address_are_not_kept_or_shown(store: Store, web: FileServer) -> None:
    web.files["/a.gguf"] = DATA
    host = web.url.removeprefix("http://")
    place = models.fetch(f"http://me:hush@{host}/a.gguf?token=hush")
    assert place.read_bytes() == DATA
    record = (place.parent / ".vivavoce.json").read_text()
    assert "hush" not in record
    assert json.loads(record)["name"] == f"{web.url}/a.gguf"
    web.errors["/b.gguf"] = (404, {})
    with pytest.raises(ModelError) as caught:
        models.fetch(f"http://me:hush@{host}/b.gguf?token=hush")
    assert "hush" not in str(caught.value)


def test_a_full_disk_leaves_nothing(
    store: Store, web: FileServer, start: Callable[[str], Popen[str]]
) -> None:
    resource = pytest.importorskip("resource", reason="the limit on file sizes is Unix's")
    assert resource.RLIMIT_FSIZE
    web.files["/tiny.gguf"] = DATA
    code = f"""
import resource
from vivavoce import models
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    models.fetch({web.url + "/tiny.gguf"!r})
except models.ModelError as error:
    print(error)
"""
    out, err = start(code.replace("models.ModelError", "Exception")).communicate()
    assert "is full" in out, err
    assert "VIVAVOCE_MODELS" in out
    assert store.leftovers() == []
    assert store.pulled() == []


def test_more_than_the_disk_has_is_refused_before_it_is_pulled(
    store: Store, web: FileServer, tmp_path: Path
) -> None:
    web.files["/huge.gguf"] = DATA
    huge = models.Model(
        "huge",
        "huge",
        models.Web(f"{web.url}/"),
        (models.File("huge.gguf", size=1 << 60),),
    )
    with pytest.raises(ModelError, match=r"huge: the disk of .* is full; it needs \d+"):
        models.pull(huge)
    assert web.asked == []


def test_two_threads_pull_the_same_file_once(store: Store, web: FileServer) -> None:
    web.files["/tiny.gguf"] = DATA
    web.stalling = ".gguf"
    waiting = threading.Event()

    def tell(label: str, done: int, total: int | None) -> None:
        if "waiting" in label:
            waiting.set()

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(models.fetch, f"{web.url}/tiny.gguf")
        assert web.halfway.wait(60)
        second = threads.submit(models.fetch, f"{web.url}/tiny.gguf", tell)
        assert waiting.wait(60)
        web.go_on.set()
        assert first.result() == second.result()
    assert len(web.asked) == 1


def test_a_progress_that_raises_stops_the_pull(store: Store, web: FileServer) -> None:
    web.files["/tiny.gguf"] = DATA

    def stop(label: str, done: int, total: int | None) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        models.fetch(f"{web.url}/tiny.gguf", stop)
    assert store.pulled() == []
    assert models.fetch(f"{web.url}/tiny.gguf").read_bytes() == DATA


@pytest.mark.parametrize(
    ("ref", "hint"),
    [
        ("https://", "is not the address of a file"),
        ("https://127.0.0.1", "is not the address of a file"),
        ("https://127.0.0.1/models/", "is not the address of a file"),
        ("https://127.0.0.1/x.gguf#sha256=abc", "64 hex digits"),
        ("https://127.0.0.1/x.gguf#md5=abc", "64 hex digits"),
        ("https://[::1/x.gguf", "is not the address of a file"),
        ("https://127.0.0.1/%2e%2e", "unsafe name"),
    ],
)
def test_an_address_that_names_no_file_is_a_clear_error(store: Store, ref: str, hint: str) -> None:
    with pytest.raises(ModelError, match=hint):
        models.fetch(ref)
