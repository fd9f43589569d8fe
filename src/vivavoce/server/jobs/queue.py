"""The items that are to be done, in their order, and what comes of them."""

from __future__ import annotations

import sqlite3
import time

from .database import ITEM, JOB, Database, job_of, next_change
from .job import StoredItem, StoredJob

MOST_BEGUN = 3
"""How often an item is begun before it is given up: one that takes the server down with it must
not do so for ever."""

_CRASHED = (
    '{"message": "the server stopped each time it worked on this item", "type": "server_error", '
    '"param": null, "code": "gave_up"}'
)


class Queue:
    """Items that wait, and those that run."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recover(self) -> None:
        """Queue what was being done when the process ended; give up what ended it each time."""
        with self._database.change() as db:
            running = db.execute(f"{ITEM} WHERE state = 'running'").fetchall()
            for item in (StoredItem(*row) for row in running):
                if item.begun < MOST_BEGUN:
                    _queue(db, item)
                else:
                    _end(db, item, "failed", 0, None, _CRASHED)

    def begin(self, after: str) -> tuple[StoredJob, StoredItem] | None:
        """The next item to do, now running; None where nothing is to be done.

        after: the owner who had the last turn. Owners take turns; each one's jobs, and each job's
        items, are done in order.
        """
        with self._database.change() as db:
            rows = db.execute(
                f"{JOB} WHERE state IN ('queued', 'running') "
                "ORDER BY owner <= ?, owner, created, id",
                (after,),
            ).fetchall()
            for row in rows:
                query = f"{ITEM} WHERE job = ? AND state = 'queued' ORDER BY number LIMIT 1"
                found = db.execute(query, (row[0],)).fetchone()
                if found is not None:
                    return _begin(db, StoredItem(*found))
        return None

    def put_back(self, item: StoredItem) -> None:
        """Queue a running item again, as if it had never begun."""
        with self._database.change() as db:
            _queue(db, item, begun=item.begun - 1)

    def end(
        self,
        item: StoredItem,
        *,
        size: int = 0,
        result: str | None = None,
        error: str | None = None,
    ) -> None:
        """Tell what came of a running item. Does nothing if it is not running any more."""
        with self._database.change() as db:
            state = "done" if error is None else "failed"
            _end(db, item, state, size, result, error)


def _begin(db: sqlite3.Connection, item: StoredItem) -> tuple[StoredJob, StoredItem]:
    change = next_change(db, item.job)
    where = (item.job, item.number)
    db.execute(
        "UPDATE items SET state = 'running', begun = begun + 1, change = ? "
        "WHERE job = ? AND number = ?",
        (change, *where),
    )
    db.execute("UPDATE jobs SET state = 'running' WHERE id = ?", (item.job,))
    row = db.execute(f"{JOB} WHERE id = ?", (item.job,)).fetchone()
    begun = db.execute(f"{ITEM} WHERE job = ? AND number = ?", where).fetchone()
    return job_of(db, row), StoredItem(*begun)


def _queue(db: sqlite3.Connection, item: StoredItem, begun: int | None = None) -> None:
    db.execute(
        "UPDATE items SET state = 'queued', begun = ?, change = ? "
        "WHERE job = ? AND number = ? AND state = 'running'",
        (item.begun if begun is None else begun, next_change(db, item.job), item.job,
         item.number),
    )  # fmt: skip


def _end(
    db: sqlite3.Connection,
    item: StoredItem,
    state: str,
    size: int,
    result: str | None,
    error: str | None,
) -> None:
    db.execute(
        "UPDATE items SET state = ?, change = ?, size = ?, request = '', result = ?, error = ? "
        "WHERE job = ? AND number = ? AND state = 'running'",
        (state, next_change(db, item.job), size, result, error, item.job, item.number),
    )
    db.execute(
        "UPDATE jobs SET state = 'done', ended = ? WHERE id = ? AND ended IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM items WHERE job = jobs.id "
        "AND state IN ('queued', 'running'))",
        (time.time(), item.job),
    )
