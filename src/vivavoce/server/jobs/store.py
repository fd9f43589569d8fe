"""What outlives a restart: all jobs and their items, in a database."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from .database import ITEM, JOB, Database, job_of, next_change
from .job import JobKind, NewItem, StoredItem, StoredJob
from .queue import Queue

_STEP = 10
"""Items that are removed at once; one may take 100 KB."""


class Store:
    """Jobs and items on disk. Each call is one change, whole or not at all, and blocks for it.

    Any thread may call. Raises sqlite3.Error when the disk fails or is full.
    queue: what of them is to be done.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path)
        self.queue = Queue(self._database)

    def close(self) -> None:
        """Nothing may follow."""
        self._database.close()

    def add(
        self, job: str, owner: str, kind: JobKind, wishes: str, items: Sequence[NewItem]
    ) -> StoredJob:
        """A new job, queued."""
        with self._database.change() as db:
            now = time.time()
            values = (job, owner, kind, wishes, "queued", now, None, 0)
            db.execute("INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
            db.executemany(
                "INSERT INTO items VALUES (?, ?, ?, ?, 'queued', 0, 0, ?, NULL, NULL)",
                [(job, n, it.name, it.request, it.size) for n, it in enumerate(items)],
            )
            return StoredJob(
                job, owner, kind, wishes, "queued", now, None, 0, {"queued": len(items)}
            )

    def used(self) -> tuple[int, int]:
        """How many jobs there are, and the bytes that all their items take."""
        with self._database.reading() as db:
            query = "SELECT (SELECT count(*) FROM jobs), coalesce(sum(size), 0) FROM items"
            count, size = db.execute(query).fetchone()
            return count, size

    def jobs(self, owner: str | None = None) -> list[StoredJob]:
        """All jobs, or all of one owner; the latest first."""
        with self._database.reading() as db:
            rows = db.execute(
                f"{JOB} WHERE owner = coalesce(?, owner) ORDER BY created DESC, id", (owner,)
            ).fetchall()
            return [job_of(db, row) for row in rows]

    def changes(self, job: str, since: int) -> tuple[StoredJob, list[StoredItem]] | None:
        """The job, and its items that changed after change `since`, the earliest first.

        All of its items for -1.
        """
        with self._database.reading() as db:
            row = db.execute(f"{JOB} WHERE id = ?", (job,)).fetchone()
            if row is None:
                return None
            query = f"{ITEM} WHERE job = ? AND change > ? ORDER BY change, number"
            return job_of(db, row), [StoredItem(*it) for it in db.execute(query, (job, since))]

    def item(self, job: str, number: int) -> StoredItem | None:
        """One of a job's items."""
        with self._database.reading() as db:
            query = f"{ITEM} WHERE job = ? AND number = ?"
            row = db.execute(query, (job, number)).fetchone()
            return None if row is None else StoredItem(*row)

    def cancel(self, job: str) -> bool:
        """End a job that has not ended; what is done stays. Whether there was anything to end."""
        with self._database.change() as db:
            change = next_change(db, job)
            db.execute(
                "UPDATE items SET state = 'cancelled', change = ?, size = 0, request = '' "
                "WHERE job = ? AND state IN ('queued', 'running')",
                (change, job),
            )
            ended = db.execute(
                "UPDATE jobs SET state = 'cancelled', ended = ? WHERE id = ? AND ended IS NULL",
                (time.time(), job),
            )
            return ended.rowcount > 0

    def remove(self, job: str) -> None:
        """Forget a job and all that is known of it."""
        with self._database.change() as db:
            db.execute("DELETE FROM jobs WHERE id = ?", (job,))

    def remove_in_steps(self, job: str) -> None:
        """The same with little room on the disk: the log of changes stays small."""
        while True:
            with self._database.change() as db:
                gone = db.execute(
                    "DELETE FROM items WHERE rowid IN "
                    "(SELECT rowid FROM items WHERE job = ? LIMIT ?)",
                    (job, _STEP),
                ).rowcount
                if not gone:
                    db.execute("DELETE FROM jobs WHERE id = ?", (job,))
            self._database.shorten_log()
            if not gone:
                return

    def ended_before(self, when: float) -> list[str]:
        """The ids of jobs that ended before then."""
        with self._database.reading() as db:
            rows = db.execute("SELECT id FROM jobs WHERE ended < ?", (when,))
            return [row[0] for row in rows]
