"""Pulling weights into the store, and finding them there."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from vivavoce.errors import ModelError

from . import sources, word_lists
from .catalog import Model
from .disk_errors import clear_errors
from .files import digest
from .folder import Progress, cleared, home, lock, offline, partial, silent
from .record import Entry, Record
from .refs import resolve
from .requantize import optimized

FORGET = 7 * 86_400
"""Seconds after which a cut pull that nobody resumed is removed."""


def fetch(ref: str, progress: Progress | None = None) -> Path:
    """Where the weights lie, pulled first if they are missing. Blocks meanwhile.

    ref: a built-in model's name gives the folder with its files; an existing path gives itself;
    `hf:ORG/REPO[@REVISION]` gives a folder, `hf:ORG/REPO/FILE` and `https://…[#sha256=…]` a file.
    Raises ModelError when they cannot be had; nothing half-written is left.
    """
    wanted = resolve(ref)
    return wanted if isinstance(wanted, Path) else pull(wanted, progress)


def pull(model: Model, progress: Progress | None = None) -> Path:
    """As `fetch`, for a model that you describe yourself."""
    with clear_errors(model.name, home()):
        if not _present(model):
            _pull(model, progress or silent)
    return _answer(model)


def path(ref: str) -> Path:
    """Where the weights lie. Raises ModelError if they are not here; pulls nothing."""
    wanted = resolve(ref)
    if isinstance(wanted, Path):
        return wanted
    if not _present(wanted):
        raise ModelError(f"{ref}: not installed; run `vivavoce models pull {ref}`")
    return _answer(wanted)


def missing(ref: str) -> Model | None:
    """The model that `fetch` would pull first; None where nothing is to be pulled."""
    wanted = resolve(ref)
    return None if isinstance(wanted, Path) or _present(wanted) else wanted


def _present(model: Model) -> bool:
    folder = home() / model.key
    record = Record.read(folder)
    return record is not None and record.serves(model) and record.whole(folder)


def _answer(model: Model) -> Path:
    folder = home() / model.key
    return folder / model.files[0].name if model.one_file else folder


def _pull(model: Model, progress: Progress) -> None:
    """Put the model into the store, or raise and leave nothing half-written there."""
    if offline():
        raise ModelError(
            f"{model.name}: not installed, and VIVAVOCE_OFFLINE forbids downloads; unset it, "
            f"or run `vivavoce models pull {model.name}` once with a network"
        )
    root = home()
    with lock(model.key, model.name, progress):
        if _present(model):  # whoever held the lock has pulled it
            return
        _sweep(root)
        stage = partial(model.key)
        stage.mkdir(parents=True, exist_ok=True)
        os.utime(stage)
        record = sources.pull(model, stage, progress)
        files = stage / "files"
        if model.optimize:
            record = _with_optimized(model, record, files, progress)
        if model.word_lists:
            record = _with_words(model, record, files)
        record.write(files)
        target = root / model.key
        if target.exists():
            target.rename(cleared(stage / "old"))
        files.rename(target)
        shutil.rmtree(stage, ignore_errors=True)


def _with_optimized(model: Model, record: Record, files: Path, progress: Progress) -> Record:
    """Add to the pulled files a copy that is read faster, and say so in the record."""
    name = model.files[0].name

    def tell(done: int, total: int) -> None:
        progress(f"{model.name}: optimizing", done, total)

    made = optimized(files / name, files, tell)
    seen = digest(made)
    return record.with_file(made.name, Entry(seen.size, seen.sha256, made_from=name))


def _with_words(model: Model, record: Record, files: Path) -> Record:
    """Add to the pulled files the database of their word lists, and say so in the record."""
    made = word_lists.build(model.word_lists, files)
    seen = digest(made)
    return record.with_file(
        made.name, Entry(seen.size, seen.sha256, made_from=model.word_lists[0].file)
    )


def _sweep(root: Path) -> None:
    """Remove what cut pulls left long ago."""
    for stage in (root / ".partial").glob("*"):
        lock = FileLock(root / ".locks" / f"{stage.name}.lock")
        with suppress(Timeout, OSError):
            if time.time() - stage.stat().st_mtime > FORGET:
                with lock.acquire(timeout=0):
                    shutil.rmtree(stage)
