"""Where jobs lie: one folder, of one server at a time."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from vivavoce.config.server_settings import ServerSettings
from vivavoce.errors import BadConfig
from vivavoce.models.folder import data_folder

from .job import StoredItem

_RESERVE_BYTES = 4 << 20
_ID = re.compile(r"[0-9a-f]{32}")


def folder_of(settings: ServerSettings) -> Path:
    """The folder for jobs: below `server.state`, or else in the user's data folder."""
    state = Path(settings.state).expanduser() if settings.state else data_folder() / "state"
    return state.absolute() / "jobs"


def new_id() -> str:
    """A job's id, which nobody guesses, and which is its folder's name."""
    return secrets.token_hex(16)


class JobFiles:
    """The folder, held as long as this is open.

    - `jobs.sqlite`: all jobs and their items. `jobs.sqlite-reserve`: room for deleting some of them
      when the disk is full.
    - `ID/N.in`: what was sent for item N, until it has ended. `ID/N.out`: what came of it.
    """

    def __init__(self, folder: Path) -> None:
        """Raises OSError where nothing can be written, BadConfig where another server works."""
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = FileLock(folder / "lock", thread_local=False)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise BadConfig(
                f"another server keeps its jobs in {folder}; give this server its own folder "
                "with server.state"
            ) from None

    def keep_reserve(self) -> None:
        """Take room on the disk that can be given up for the database, if there is any."""
        if self._reserve.exists():
            return
        try:
            self._reserve.write_bytes(os.urandom(_RESERVE_BYTES))
        except OSError:
            self.release_reserve()

    def release_reserve(self) -> None:
        """Give the room up: the disk is full, and something is to be deleted."""
        self._reserve.unlink(missing_ok=True)

    @property
    def _reserve(self) -> Path:
        return self.folder / "jobs.sqlite-reserve"

    @property
    def database(self) -> Path:
        """Where the database lies."""
        return self.folder / "jobs.sqlite"

    def close(self) -> None:
        """Let another server have the folder."""
        self._lock.release()

    def make(self, job: str) -> Path:
        """A new job's folder."""
        folder = self.folder / job
        folder.mkdir(mode=0o700)
        return folder

    def sent(self, job: str, number: int) -> Path:
        """What was sent for an item."""
        return self.folder / job / f"{number}.in"

    def made(self, item: StoredItem) -> Path:
        """What came of an item."""
        return self.folder / item.job / f"{item.number}.out"

    def remove(self, job: str) -> None:
        """Delete a job's files."""
        shutil.rmtree(self.folder / job, ignore_errors=True)

    def remove_sent(self, job: str, number: int | None = None) -> None:
        """Delete what was sent for one item, or for all."""
        for path in (self.folder / job).glob(f"{'*' if number is None else number}.in"):
            path.unlink(missing_ok=True)

    def tidy(self, jobs: Iterable[str]) -> None:
        """Delete what belongs to none of these jobs, and what a cut write left.

        Folders whose names are no job's are somebody else's, and stay.
        """
        known = set(jobs)
        for folder in self.folder.glob("*/"):
            if not _ID.fullmatch(folder.name):
                continue
            if folder.name not in known:
                shutil.rmtree(folder, ignore_errors=True)
            for part in folder.glob(".*.part"):
                with suppress(OSError):
                    part.unlink()
