"""Files that are what they should be: checksums, and writing whole or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from vivavoce.errors import ModelError

from .catalog import File

BLOCK = 1 << 20


class Digest:
    """Size and SHA-256 of bytes as they pass."""

    def __init__(self) -> None:
        self.size = 0
        self._hash = hashlib.sha256()

    def update(self, block: bytes) -> None:
        """Take the next bytes."""
        self.size += len(block)
        self._hash.update(block)

    @property
    def sha256(self) -> str:
        """Of all bytes so far, in hex."""
        return self._hash.hexdigest()


def digest(path: Path, tell: Callable[[int], None] | None = None) -> Digest:
    """Size and SHA-256 of a file. tell: takes the bytes read so far."""
    seen = Digest()
    with path.open("rb") as source:
        while block := source.read(BLOCK):
            seen.update(block)
            if tell:
                tell(seen.size)
    return seen


def check(model: str, file: File, size: int, sha256: str | None) -> None:
    """Raise ModelError unless this is what the file should be."""
    if file.size is not None and size != file.size:
        raise ModelError(
            f"{model}: {file.name} arrived with {size} bytes instead of {file.size} and was "
            "deleted; pull again. If that fails too, the source has changed"
        )
    if file.sha256 is not None and sha256 is not None and sha256 != file.sha256:
        raise ModelError(
            f"{model}: {file.name} has the wrong checksum (SHA-256 {sha256} instead of "
            f"{file.sha256}) and was deleted; pull again. If that fails too, the source has changed"
        )


def write_whole(path: Path, data: bytes) -> None:
    """Replace the file at once; who reads it sees the old or the new, never a part."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with beside.open("wb") as sink:
            sink.write(data)
            sink.flush()
            os.fsync(sink.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
