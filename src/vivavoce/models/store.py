"""The folder where weights lie: pulling them there, finding, checking and removing them.

STORE/NAME/…          a model's files and its record, put there all at once
STORE/.partial/NAME/  a pull at work, or what a cut one left; resumed or removed by the next
STORE/.locks/         one per model, so that two processes do not pull the same at once
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from vivavoce.errors import ModelError

from . import sources
from .builtin import MODELS
from .catalog import Model
from .files import digest
from .problems import clear_errors
from .record import Record
from .refs import resolve

WAIT = 0.2
"""Seconds between two looks at whether another process is done."""

FORGET = 7 * 86_400
"""Seconds after which a cut pull that nobody resumed is removed."""


class Progress(Protocol):
    """Takes what has come so far. An exception that it raises stops the pull."""

    def __call__(self, label: str, done: int, total: int | None) -> None:
        """label: the model, and what is being done with it. done, total: in bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Installed:
    """A model that lies in the store. model: None where its name is not built in any more."""

    name: str
    path: Path
    record: Record
    model: Model | None

    @property
    def bytes(self) -> int:
        """All its files together."""
        return sum(entry.size for entry in self.record.files.values())


def home() -> Path:
    """The store's folder: $VIVAVOCE_MODELS, else `vivavoce/models` in the user's data folder."""
    if chosen := os.environ.get("VIVAVOCE_MODELS"):
        return Path(chosen).expanduser().absolute()
    if sys.platform == "win32":
        data = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        data = Path.home() / "Library" / "Application Support"
    else:
        data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return data / "vivavoce" / "models"


def offline() -> bool:
    """Whether VIVAVOCE_OFFLINE forbids every download."""
    return os.environ.get("VIVAVOCE_OFFLINE", "").strip().lower() not in ("", "0", "false", "no")


def fetch(ref: str, progress: Progress | None = None) -> Path:
    """Where the weights lie, pulled first if they are missing. Blocks meanwhile.

    ref: a built-in model's name gives the folder with its files; an existing path gives itself;
    `hf:ORG/REPO[@REVISION]` gives a folder, `hf:ORG/REPO/FILE` and `https://…[#sha256=…]` a file.
    Raises ModelError when they cannot be had; nothing half-written is left.
    """
    wanted = resolve(ref)
    if isinstance(wanted, Path):
        return wanted
    with clear_errors(wanted.name, home()):
        if _present(wanted) is None:
            _pull(wanted, progress or _silent)
    return _answer(wanted)


def path(ref: str) -> Path:
    """Where the weights lie. Raises ModelError if they are not here; pulls nothing."""
    wanted = resolve(ref)
    if isinstance(wanted, Path):
        return wanted
    if _present(wanted) is None:
        raise ModelError(f"{ref}: not here; get it with: vivavoce models pull {ref}")
    return _answer(wanted)


def installed() -> list[Installed]:
    """The models in the store, by name."""
    folders = sorted(home().glob("[!.]*/")) if home().is_dir() else []
    found = [(folder, record) for folder in folders if (record := Record.read(folder))]
    return [
        Installed(record.name, folder, record, MODELS.get(record.name)) for folder, record in found
    ]


def remove(ref: str) -> int:
    """Delete a model from the store, and what a cut pull of it left; the bytes freed.

    Raises ModelError when it is not in the store. A path that the user gave is never deleted.
    """
    key = _key(ref)
    root, folder = home(), home() / key
    freed = sum(f.stat().st_size for part in (folder, root / ".partial" / key)
                for f in part.rglob("*") if f.is_file())  # fmt: skip
    if not freed:
        raise ModelError(f"{ref}: not in {root}; vivavoce models list shows what is")
    with clear_errors(ref, root), _lock(key, ref, _silent):
        stage = root / ".partial" / key
        stage.mkdir(parents=True, exist_ok=True)
        if folder.exists():
            folder.rename(_free(stage / "removed"))
        shutil.rmtree(stage)
    return freed


def verify(ref: str, progress: Progress | None = None) -> list[str]:
    """What is wrong with a model's files, by reading them all; nothing when all is right.

    Raises ModelError when it is not in the store.
    """
    folder = home() / _key(ref)
    record = Record.read(folder)
    if record is None:
        raise ModelError(f"{ref}: not in {home()}; vivavoce models list shows what is")
    faults, total, before = [], sum(e.size for e in record.files.values()), 0
    model = MODELS.get(record.name)
    if model and not record.serves(model):
        faults.append("not the version that this Vivavoce uses")
    with clear_errors(ref, home()):
        for name, entry in record.files.items():
            if not (folder / name).is_file():
                faults.append(f"{name}: missing")
                continue

            def tell(done: int, before: int = before) -> None:
                if progress:
                    progress(record.name, before + done, total)

            seen = digest(folder / name, tell)
            if (seen.size, seen.sha256) != (entry.size, entry.sha256):
                faults.append(f"{name}: not what was pulled (SHA-256 {seen.sha256})")
            before += entry.size
    return faults


def _silent(label: str, done: int, total: int | None) -> None:
    """Say nothing."""


def _key(ref: str) -> str:
    """The store's folder for what a user calls a model."""
    for known in installed():
        if ref == known.name:
            return known.path.name
    wanted = resolve(ref)
    if isinstance(wanted, Path):
        raise ModelError(f"{ref} is a path of yours, not a model in {home()}")
    return wanted.key


def _present(model: Model) -> Record | None:
    folder = home() / model.key
    record = Record.read(folder)
    return record if record and record.serves(model) and record.whole(folder) else None


def _answer(model: Model) -> Path:
    folder = home() / model.key
    return folder / model.only_file if model.only_file else folder


def _pull(model: Model, progress: Progress) -> None:
    """Put the model into the store, or raise and leave nothing half-written there."""
    if offline():
        raise ModelError(
            f"{model.name}: not here, and VIVAVOCE_OFFLINE forbids downloads; "
            f"unset it, or run once where there is a network: vivavoce models pull {model.name}"
        )
    root = home()
    with _lock(model.key, model.name, progress):
        if _present(model):  # whoever held the lock has pulled it
            return
        _sweep(root)
        stage = root / ".partial" / model.key
        stage.mkdir(parents=True, exist_ok=True)
        os.utime(stage)
        record = sources.pull(model, stage, progress)
        files = stage / "files"
        record.write(files)
        target = root / model.key
        if target.exists():
            target.rename(_free(stage / "old"))
        files.rename(target)
        shutil.rmtree(stage, ignore_errors=True)


@contextmanager
def _lock(key: str, name: str, progress: Progress) -> Iterator[None]:
    """Hold the model's lock; say so while another process holds it."""
    folder = home() / ".locks"
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{key}.lock")
    while True:
        try:
            lock.acquire(timeout=WAIT)
            break
        except Timeout:
            progress(f"{name}: another process is at it; waiting", 0, None)
    try:
        yield
    finally:
        lock.release()


def _free(path: Path) -> Path:
    """The path, with nothing there."""
    if path.exists():
        shutil.rmtree(path)
    return path


def _sweep(root: Path) -> None:
    """Remove what cut pulls left long ago."""
    for stage in (root / ".partial").glob("*"):
        lock = FileLock(root / ".locks" / f"{stage.name}.lock")
        with suppress(Timeout, OSError):
            if time.time() - stage.stat().st_mtime > FORGET:
                with lock.acquire(timeout=0):
                    shutil.rmtree(stage)
