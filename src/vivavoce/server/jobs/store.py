"""What outlives a restart: all jobs and their items, in a database."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .job import Item, Job, JobKind, NewItem

MOST_BEGUN = 3
"""How often an item is begun before it is given up: one that takes the server down with it must
not do so for ever."""

_CRASHED = (
    '{"message": "the server stopped each time that it worked on this", "type": "server_error", '
    '"param": null, "code": "gave_up"}'
)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, kind TEXT NOT NULL, wishes TEXT NOT NULL,
    state TEXT NOT NULL, created REAL NOT NULL, ended REAL, change INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS items (
    job TEXT NOT NULL REFERENCES jobs ON DELETE CASCADE, number INTEGER NOT NULL,
    name TEXT NOT NULL, request TEXT NOT NULL, state TEXT NOT NULL, begun INTEGER NOT NULL,
    change INTEGER NOT NULL, size INTEGER NOT NULL, result TEXT, error TEXT,
    PRIMARY KEY (job, number)
);
"""
_ITEM = "SELECT job, number, name, request, state, begun, change, size, result, error FROM items"
_JOB = "SELECT id, owner, kind, wishes, state, created, ended, change FROM jobs"


class Store:
    """Jobs and items on disk. Each call is one change, whole or not at all, and blocks for it.

    Any thread may call. Raises sqlite3.Error when the disk fails or is full. A change survives the
    process's end at once, and the machine's within some seconds.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.execute("PRAGMA secure_delete = ON")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Nothing may follow."""
        with self._lock:
            self._db.close()

    def recover(self) -> None:
        """Queue what was being done when the process ended; give up what ended it each time."""
        with self._change() as db:
            running = db.execute(f"{_ITEM} WHERE state = 'running'").fetchall()
            for item in (Item(*row) for row in running):
                if item.begun < MOST_BEGUN:
                    self._queue(db, item)
                else:
                    self._end(db, item, "failed", 0, None, _CRASHED)

    def add(
        self, job: str, owner: str, kind: JobKind, wishes: str, items: Sequence[NewItem]
    ) -> Job:
        """A new job, queued."""
        with self._change() as db:
            now = time.time()
            values = (job, owner, kind, wishes, "queued", now, None, 0)
            db.execute("INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
            db.executemany(
                "INSERT INTO items VALUES (?, ?, ?, ?, 'queued', 0, 0, ?, NULL, NULL)",
                [(job, n, it.name, it.request, it.size) for n, it in enumerate(items)],
            )
            return Job(job, owner, kind, wishes, "queued", now, None, 0, {"queued": len(items)})

    def count(self) -> int:
        """How many jobs there are."""
        with self._lock:
            found: int = self._db.execute("SELECT count(*) FROM jobs").fetchone()[0]
            return found

    def size(self) -> int:
        """Bytes that all items take."""
        with self._lock:
            query = "SELECT coalesce(sum(size), 0) FROM items"
            found: int = self._db.execute(query).fetchone()[0]
            return found

    def jobs(self, owner: str | None = None) -> list[Job]:
        """All jobs, or all of one owner; the latest first."""
        with self._lock:
            rows = self._db.execute(
                f"{_JOB} WHERE owner = coalesce(?, owner) ORDER BY created DESC, id", (owner,)
            ).fetchall()
            return [self._job(row) for row in rows]

    def job(self, job: str) -> Job | None:
        """One of them."""
        with self._lock:
            row = self._db.execute(f"{_JOB} WHERE id = ?", (job,)).fetchone()
            return None if row is None else self._job(row)

    def changes(self, job: str, since: int) -> tuple[Job, list[Item]] | None:
        """The job, and its items that changed after change `since`, the earliest first.

        All of its items for -1.
        """
        with self._lock:
            row = self._db.execute(f"{_JOB} WHERE id = ?", (job,)).fetchone()
            if row is None:
                return None
            query = f"{_ITEM} WHERE job = ? AND change > ? ORDER BY change, number"
            return self._job(row), [Item(*it) for it in self._db.execute(query, (job, since))]

    def item(self, job: str, number: int) -> Item | None:
        """One of a job's items."""
        with self._lock:
            query = f"{_ITEM} WHERE job = ? AND number = ?"
            row = self._db.execute(query, (job, number)).fetchone()
            return None if row is None else Item(*row)

    def begin(self, after: str) -> tuple[Job, Item] | None:
        """The next item to do, now running; None where nothing is to be done.

        after: the owner who had the last turn. Owners take turns; each one's jobs, and each job's
        items, are done in order.
        """
        with self._change() as db:
            rows = db.execute(
                f"{_JOB} WHERE state IN ('queued', 'running') "
                "ORDER BY owner <= ?, owner, created, id",
                (after,),
            ).fetchall()
            for row in rows:
                query = f"{_ITEM} WHERE job = ? AND state = 'queued' ORDER BY number LIMIT 1"
                found = db.execute(query, (row[0],)).fetchone()
                if found is not None:
                    return self._begin(db, Item(*found))
        return None

    def put_back(self, item: Item) -> None:
        """Queue a running item again, as if it had never begun."""
        with self._change() as db:
            self._queue(db, item, begun=item.begun - 1)

    def end(
        self, item: Item, *, size: int = 0, result: str | None = None, error: str | None = None
    ) -> None:
        """Tell what came of a running item. Does nothing if it is not running any more."""
        with self._change() as db:
            state = "done" if error is None else "failed"
            self._end(db, item, state, size, result, error)

    def cancel(self, job: str) -> bool:
        """End a job that has not ended; what is done stays. Whether there was anything to end."""
        with self._change() as db:
            change = self._tell(db, job)
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
        with self._change() as db:
            db.execute("DELETE FROM jobs WHERE id = ?", (job,))

    def ended_before(self, when: float) -> list[str]:
        """The ids of jobs that ended before then."""
        with self._lock:
            rows = self._db.execute("SELECT id FROM jobs WHERE ended < ?", (when,))
            return [row[0] for row in rows]

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _job(self, row: Sequence[Any]) -> Job:
        counted = self._db.execute(
            "SELECT state, count(*) FROM items WHERE job = ? GROUP BY state", (row[0],)
        )
        return Job(*row, dict(counted.fetchall()))  # type: ignore[call-arg]

    def _begin(self, db: sqlite3.Connection, item: Item) -> tuple[Job, Item]:
        change = self._tell(db, item.job)
        where = (item.job, item.number)
        db.execute(
            "UPDATE items SET state = 'running', begun = begun + 1, change = ? "
            "WHERE job = ? AND number = ?",
            (change, *where),
        )
        db.execute("UPDATE jobs SET state = 'running' WHERE id = ?", (item.job,))
        row = db.execute(f"{_JOB} WHERE id = ?", (item.job,)).fetchone()
        begun = db.execute(f"{_ITEM} WHERE job = ? AND number = ?", where).fetchone()
        return self._job(row), Item(*begun)

    def _queue(self, db: sqlite3.Connection, item: Item, begun: int | None = None) -> None:
        db.execute(
            "UPDATE items SET state = 'queued', begun = ?, change = ? "
            "WHERE job = ? AND number = ? AND state = 'running'",
            (item.begun if begun is None else begun, self._tell(db, item.job), item.job,
             item.number),
        )  # fmt: skip

    def _end(
        self,
        db: sqlite3.Connection,
        item: Item,
        state: str,
        size: int,
        result: str | None,
        error: str | None,
    ) -> None:
        db.execute(
            "UPDATE items SET state = ?, change = ?, size = ?, request = '', result = ?, error = ? "
            "WHERE job = ? AND number = ? AND state = 'running'",
            (state, self._tell(db, item.job), size, result, error, item.job, item.number),
        )
        db.execute(
            "UPDATE jobs SET state = 'done', ended = ? WHERE id = ? AND ended IS NULL "
            "AND NOT EXISTS (SELECT 1 FROM items WHERE job = jobs.id "
            "AND state IN ('queued', 'running'))",
            (time.time(), item.job),
        )

    def _tell(self, db: sqlite3.Connection, job: str) -> int:
        """The number of the job's next change."""
        db.execute("UPDATE jobs SET change = change + 1 WHERE id = ?", (job,))
        row = db.execute("SELECT change FROM jobs WHERE id = ?", (job,)).fetchone()
        return 0 if row is None else int(row[0])
