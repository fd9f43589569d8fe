"""A copy of a language model that this machine reads faster, beside the original."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from vivavoce.errors import ModelError

from .disk_errors import clear_errors
from .files import digest
from .folder import Progress, home, lock, partial, silent
from .record import Entry, Record
from .refs import resolve
from .requantize import optimized
from .store import fetch


def optimize(ref: str, progress: Progress | None = None) -> Path:
    """The copy, made first if it is missing. Blocks meanwhile.

    ref: as for `fetch`, which is called; or a GGUF file, or a folder that holds one.
    Raises ModelError when there are no Q4_1 weights in it.
    """
    show = progress or silent
    wanted, where = resolve(ref), fetch(ref, progress)
    if isinstance(wanted, Path):
        source = _q4_1(where, ref)
        with clear_errors(ref, where):
            return optimized(source, source.parent, _labelled(show, source.stem))
    folder = home() / wanted.key
    with clear_errors(wanted.name, home()), lock(wanted.key, wanted.name, show):
        record = Record.read(folder)
        if record is None:
            raise ModelError(
                f"{ref}: was removed in the meantime; run `vivavoce models pull {ref}`"
            )
        source = _q4_1(where, ref)
        origin = source.relative_to(folder)
        for name, entry in record.files.items():
            if entry.made_from == origin.as_posix() and record.whole(folder):
                return folder / name
        stage = partial(wanted.key)
        stage.mkdir(parents=True, exist_ok=True)
        made = optimized(source, stage, _labelled(show, wanted.name))
        seen = digest(made)
        name = origin.with_name(made.name).as_posix()
        made = made.replace(folder / name)
        entry = Entry(seen.size, seen.sha256, made_from=origin.as_posix())
        record.with_file(name, entry).write(folder)
        return made


def _q4_1(where: Path, ref: str) -> Path:
    """The GGUF file to optimize, at this path."""
    if where.is_file():
        return where
    found = sorted(path for path in where.rglob("*.gguf") if "q4_1" in path.name.lower())
    if not found:
        raise ModelError(f"{ref}: has no Q4_1 .gguf file, so there is nothing to optimize")
    return found[0]


def _labelled(progress: Progress, name: str) -> Callable[[int, int], None]:
    return lambda done, total: progress(f"{name}: optimizing", done, total)
