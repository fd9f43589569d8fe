"""What lies in the store: listing, checking and removing it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from vivavoce.errors import ModelError

from .builtin import find
from .catalog import Model
from .disk_errors import clear_errors
from .files import digest
from .folder import Progress, cleared, home, lock, partial, silent
from .record import Record
from .refs import resolve


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


def installed() -> list[Installed]:
    """The models in the store, by name."""
    folders = sorted(home().glob("[!.]*/")) if home().is_dir() else []
    found = [(folder, record) for folder in folders if (record := Record.read(folder))]
    return [Installed(record.name, folder, record, find(record.name)) for folder, record in found]


def remove(ref: str) -> int:
    """Delete a model from the store, and what a cut pull of it left; the bytes freed.

    Raises ModelError when it is not in the store. A path that the user gave is never deleted.
    """
    key = _key(ref)
    root, folder = home(), home() / key
    freed = sum(f.stat().st_size for part in (folder, partial(key))
                for f in part.rglob("*") if f.is_file())  # fmt: skip
    if not freed:
        raise ModelError(f"{ref}: not installed in {root}; `vivavoce models list` shows what is")
    with clear_errors(ref, root), lock(key, ref, silent):
        stage = partial(key)
        stage.mkdir(parents=True, exist_ok=True)
        if folder.exists():
            folder.rename(cleared(stage / "removed"))
        shutil.rmtree(stage)
    return freed


def verify(ref: str, progress: Progress | None = None) -> list[str]:
    """What is wrong with a model's files, by reading them all; nothing when all is right.

    Raises ModelError when it is not in the store.
    """
    folder = home() / _key(ref)
    record = Record.read(folder)
    if record is None:
        raise ModelError(f"{ref}: not installed in {home()}; `vivavoce models list` shows what is")
    faults, total, before = [], sum(e.size for e in record.files.values()), 0
    model = find(record.name)
    if model and not record.serves(model):
        faults.append("not the version that this version of Vivavoce uses")
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
                faults.append(f"{name}: changed since it was pulled (SHA-256 {seen.sha256})")
            before += entry.size
    return faults


def _key(ref: str) -> str:
    """The store's folder for what a user calls a model."""
    for known in installed():
        if ref == known.name:
            return known.path.name
    wanted = resolve(ref)
    if isinstance(wanted, Path):
        raise ModelError(
            f"{ref} is a path of your own, not a model in {home()}; delete it yourself"
        )
    return wanted.key
