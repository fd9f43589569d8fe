"""What the store wrote down when it put a model in its folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from .catalog import Model
from .files import write_whole

NAME = ".vivavoce.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file as it was put there. made_from: the file that it was computed from, if it was."""

    size: int
    sha256: str
    made_from: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A model's folder as it was left.

    name: the model's, or the reference that named it. revision: what exactly the source held.
    """

    name: str
    version: str
    source: str
    revision: str
    files: Mapping[str, Entry]

    @classmethod
    def read(cls, folder: Path) -> Record | None:
        """The folder's record; None where there is none, or it cannot be read."""
        try:
            loaded = json.loads((folder / NAME).read_text("utf-8"))
            files = {name: Entry(**entry) for name, entry in loaded.pop("files").items()}
            return cls(**loaded, files=files)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def write(self, folder: Path) -> None:
        """Put it into the folder, at once."""
        files = {
            name: {"size": entry.size, "sha256": entry.sha256, "made_from": entry.made_from}
            for name, entry in self.files.items()
        }
        table = {
            "name": self.name, "version": self.version, "source": self.source,
            "revision": self.revision, "files": files,
        }  # fmt: skip
        write_whole(folder / NAME, json.dumps(table, indent=1).encode())

    def with_file(self, name: str, entry: Entry) -> Record:
        """The same with one more file."""
        return replace(self, files={**self.files, name: entry})

    def whole(self, folder: Path) -> bool:
        """Whether every file is there with its size; contents are not read."""
        try:
            return all((folder / n).stat().st_size == e.size for n, e in self.files.items())
        except OSError:
            return False

    def serves(self, model: Model) -> bool:
        """Whether these files are those that the model has now."""
        if model.version != self.version:
            return False
        mirror = model.mirror
        mirrored = mirror is not None and self.source == str(mirror.source)
        files = mirror.files if mirror is not None and mirrored else model.files
        wanted = {file.name: file.sha256 for file in files}
        return all(
            name in self.files and sha256 in (None, self.files[name].sha256)
            for name, sha256 in wanted.items()
        )
