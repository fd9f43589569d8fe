"""All that is kept of jobs, opened together."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from vivavoce.server.errors import Problem

from .job_files import JobFiles
from .store import Store

_NO_ROOM = {sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE}
"""What a write to a full disk fails with, beside SQLITE_FULL."""
T = TypeVar("T")


class JobStorage:
    """The folder and the database in it, as the last server left them or new.

    Blocks while it is made. Raises what Place does, and sqlite3.Error for a database that is none.
    """

    def __init__(self, folder: Path) -> None:
        self.place = JobFiles(folder)
        try:
            self.store = Store(self.place.database)
            try:
                self.store.queue.recover()
                self.place.tidy(job.id for job in self.store.jobs())
                self.place.keep_reserve()
            except BaseException:
                self.store.close()
                raise
        except BaseException:
            self.place.close()
            raise

    async def ask(self, question: Callable[[Store], T]) -> T:
        """What the database says. Raises Problem (507) when its disk is full, or sqlite3.Error."""
        try:
            return await asyncio.to_thread(question, self.store)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL or (
                error.sqlite_errorcode in _NO_ROOM
            ):
                raise full_disk() from error
            raise

    async def forget(self, job: str) -> None:
        """Remove a job that is not being worked on, with its files.

        The files go first, and make room for what the database has to write. Where that is not
        enough, there is the reserve, and rows go a few at a time.
        """
        await asyncio.to_thread(self.place.remove, job)
        try:
            await self.ask(lambda store: store.remove(job))
        except Problem:
            await asyncio.to_thread(self.place.release_reserve)
            await self.ask(lambda store: store.remove_in_steps(job))
        await asyncio.to_thread(self.place.keep_reserve)

    def close(self) -> None:
        """Let another server have it."""
        self.store.close()
        self.place.close()


def full_disk() -> Problem:
    """What is told when there is no room for what was sent, or for what came of it."""
    return Problem(
        "the server has no room left for batches; delete the ones you no longer need and try again",
        status=507,
        code="disk_full",
    )
