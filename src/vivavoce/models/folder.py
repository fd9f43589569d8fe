"""The store's folder, and what all that work in it share.

- `NAME/`: a model's files and its record, put there all at once.
- `.partial/NAME/`: a pull at work, or what a cut one left; resumed or removed by the next.
- `.locks/`: one for each model, so that two processes do not pull the same at once.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

WAIT = 0.2
"""Seconds between two looks at whether another process is done."""


class Progress(Protocol):
    """Takes what has come so far. An exception that it raises stops the pull."""

    def __call__(self, label: str, done: int, total: int | None) -> None:
        """label: the model, and what is being done with it. done, total: in bytes."""
        ...


def silent(label: str, done: int, total: int | None) -> None:
    """The progress that nobody wants to see."""


def home() -> Path:
    """The store's folder: $VIVAVOCE_MODELS, else `vivavoce/models` in the user's data folder."""
    if chosen := os.environ.get("VIVAVOCE_MODELS"):
        return Path(chosen).expanduser().absolute()
    return data_folder() / "models"


def data_folder() -> Path:
    """Where Vivavoce keeps what is the user's: `vivavoce` in their data folder."""
    if sys.platform == "win32":
        data = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        data = Path.home() / "Library" / "Application Support"
    else:
        data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return data / "vivavoce"


def offline() -> bool:
    """Whether VIVAVOCE_OFFLINE forbids every download."""
    return os.environ.get("VIVAVOCE_OFFLINE", "").strip().lower() not in ("", "0", "false", "no")


def partial(key: str) -> Path:
    """Where a pull of the model with this key is at work."""
    return home() / ".partial" / key


@contextmanager
def lock(key: str, name: str, progress: Progress) -> Iterator[None]:
    """Hold the model's lock; say so while another process holds it."""
    folder = home() / ".locks"
    folder.mkdir(parents=True, exist_ok=True)
    mutex = FileLock(folder / f"{key}.lock")
    while True:
        try:
            mutex.acquire(timeout=WAIT)
            break
        except Timeout:
            progress(f"{name}: another process is using it; waiting", 0, None)
    try:
        yield
    finally:
        mutex.release()


def cleared(path: Path) -> Path:
    """The path, with no folder there any more."""
    if path.exists():
        shutil.rmtree(path)
    return path
