"""The store's folder: kept tidy, may be moved, and says when it cannot be used."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vivavoce import models
from vivavoce.errors import ModelError, UnknownModel

if TYPE_CHECKING:
    from tests.models.conftest import FileServer, Store


@pytest.fixture
def address(store: Store, web: FileServer) -> str:
    """Of a file that can be pulled."""
    web.files["/voice.bin"] = b"a voice"
    return f"{web.url}/voice.bin"


def test_what_cut_pulls_left_long_ago_is_removed(store: Store, address: str) -> None:
    old, new = (store.path / ".partial" / name for name in ("old", "new"))
    for stage in (old, new):
        stage.mkdir(parents=True)
        (stage / "part").write_bytes(b"half")
    os.utime(old, (0, 0))
    models.fetch(address)
    assert not old.exists()
    assert new.exists()


def test_a_store_that_cannot_be_made_is_a_clear_error(store: Store, address: str) -> None:
    store.path.write_text("a file")
    with pytest.raises(ModelError, match=r"the models' folder is"):
        models.fetch(address)


def test_a_store_that_is_moved_still_serves(
    store: Store,
    web: FileServer,
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    models.fetch(address)
    web.files.clear()
    shutil.move(store.path, tmp_path / "elsewhere")
    monkeypatch.setenv("VIVAVOCE_MODELS", str(tmp_path / "elsewhere"))
    assert models.fetch(address).read_bytes() == b"a voice"


def test_a_record_that_is_damaged_makes_the_next_fetch_pull_anew(
    store: Store, web: FileServer, address: str
) -> None:
    place = models.fetch(address)
    (place.parent / ".vivavoce.json").write_text("{")
    assert models.installed() == []
    assert models.fetch(address) == place
    assert len(web.asked) == 2


def test_remove_also_clears_what_a_cut_pull_left(store: Store, web: FileServer) -> None:
    web.files["/big.bin"] = bytes(100_000)

    def stop(label: str, done: int, total: int | None) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        models.fetch(f"{web.url}/big.bin", stop)
    assert store.leftovers() != []
    models.remove(f"{web.url}/big.bin")
    assert store.leftovers() == []


def test_without_a_choice_the_store_is_in_the_users_data_folder(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("VIVAVOCE_MODELS")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert models.home().is_relative_to(tmp_path)
    assert models.home().parts[-2:] == ("vivavoce", "models")
    assert not models.home().exists()


@pytest.mark.parametrize(
    ("value", "means"), [("1", True), ("yes", True), ("0", False), ("", False)]
)
def test_offline_is_what_its_variable_says(
    store: Store, monkeypatch: pytest.MonkeyPatch, value: str, means: bool
) -> None:
    monkeypatch.setenv("VIVAVOCE_OFFLINE", value)
    assert models.offline() is means


def test_a_path_of_the_users_is_given_back(tmp_path: Path) -> None:
    mine = tmp_path / "mine.gguf"
    mine.write_bytes(b"mine")
    assert models.fetch(str(mine)) == mine
    assert models.path(str(tmp_path)) == tmp_path


@pytest.mark.parametrize("ref", ["", "no-such-model", "./none.gguf", "/none/here", "~nobody/x"])
def test_what_names_nothing_is_a_clear_error(store: Store, ref: str) -> None:
    with pytest.raises(ModelError, match=r"unknown model|no file or folder"):
        models.fetch(ref)


@pytest.mark.parametrize("ref", ["moonshine-tini", "hf:nobody", "hf:../x/y"])
def test_a_name_that_no_model_has_is_told_from_weights_that_are_late(
    store: Store, ref: str
) -> None:
    with pytest.raises(UnknownModel):
        models.fetch(ref)


def test_an_alias_is_the_model_that_it_stands_for() -> None:
    assert models.find("whisper-turbo") is models.MODELS["whisper-large-v3-turbo"]


@pytest.mark.skipif(sys.platform == "win32", reason="root or not is a matter of Unix")
def test_a_store_that_may_not_be_written_says_what_to_set(store: Store, address: str) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    store.path.mkdir(mode=0o500)
    with pytest.raises(ModelError, match="set VIVAVOCE_MODELS to a folder that you own"):
        models.fetch(address)
