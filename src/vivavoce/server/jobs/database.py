"""The database of the jobs."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .job import StoredJob

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
ITEM = "SELECT job, number, name, request, state, begun, change, size, result, error FROM items"
JOB = "SELECT id, owner, kind, wishes, state, created, ended, change FROM jobs"


class Database:
    """One connection for all threads. Raises sqlite3.Error when the disk fails or is full.

    A change survives the process's end at once, and the machine's within some seconds.
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

    def shorten_log(self) -> None:
        """Write the changes where they belong, and give up the log's room on the disk."""
        with self._lock:
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Alone, to read."""
        with self._lock:
            yield self._db

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """Alone, to change something: whole, or not at all."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


def job_of(db: sqlite3.Connection, row: Sequence[Any]) -> StoredJob:
    """The job of a row of `JOB`, with the count of its items."""
    counted = db.execute(
        "SELECT state, count(*) FROM items WHERE job = ? GROUP BY state", (row[0],)
    )
    return StoredJob(*row, dict(counted.fetchall()))  # type: ignore[call-arg]


def next_change(db: sqlite3.Connection, job: str) -> int:
    """The number of the job's next change."""
    db.execute("UPDATE jobs SET change = change + 1 WHERE id = ?", (job,))
    row = db.execute("SELECT change FROM jobs WHERE id = ?", (job,)).fetchone()
    return 0 if row is None else int(row[0])
