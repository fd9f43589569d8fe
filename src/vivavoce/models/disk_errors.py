"""What goes wrong with disks, as a ModelError that says what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vivavoce.errors import ModelError

FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def clear_errors(name: str, folder: Path) -> Iterator[None]:
    """Turn an OSError within into a ModelError about model `name` in store `folder`."""
    try:
        yield
    except OSError as error:
        raise explain(error, name, folder) from error


def explain(error: OSError, name: str, folder: Path) -> ModelError:
    """The ModelError that says what an OSError means for model `name` in store `folder`."""
    if error.errno in FULL:
        return disk_full(name, folder)
    if error.errno in FORBIDDEN:
        return ModelError(
            f"{name}: cannot write in {folder} ({error.strerror}); "
            "set VIVAVOCE_MODELS to a folder that you own"
        )
    return ModelError(f"{name}: {error}; the models' folder is {folder}")


def disk_full(name: str, folder: Path, needed: int | None = None) -> ModelError:
    """The ModelError for a disk with too little room."""
    amount = f"; it needs {megabytes(needed)}" if needed else ""
    return ModelError(
        f"{name}: the disk of {folder} is full{amount}. "
        "Make room, or set VIVAVOCE_MODELS to a folder on another disk"
    )


def megabytes(size: int) -> str:
    """A size for people."""
    if size >= 1_000_000_000:
        return f"{size / 1e9:.1f} GB"
    return f"{size / 1e6:.1f} MB" if size < 10_000_000 else f"{size / 1e6:.0f} MB"
