"""A server's jobs: taken, told of, ended and forgotten."""

from __future__ import annotations

import asyncio
import logging
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from vivavoce.errors import BadConfig, describe
from vivavoce.models.disk_errors import FULL
from vivavoce.server.errors import Problem
from vivavoce.server.service import Service

from .change_signal import ChangeSignal
from .job import JobKind, NewItem, StoredItem, StoredJob
from .job_files import JobFiles, folder_of, new_id
from .job_storage import JobStorage, full_disk
from .runner import SWEEP_S, Runner

log = logging.getLogger(__name__)

_MOST_LISTENERS = 100
_NOTHING = 1 << 62
"""A change that never comes."""


class Jobs:
    """All jobs, in a folder that is made with the first of them; `run` does them.

    news: told of each change.
    """

    def __init__(self, service: Service) -> None:
        self.news = ChangeSignal()
        self._service = service
        self._limits = service.limits
        self._folder = folder_of(service.settings)
        self._kept: JobStorage | None = None
        self._runner: Runner | None = None
        self._opening = asyncio.Lock()
        self._taking = asyncio.Lock()
        self._listeners = 0

    async def run(self) -> None:
        """Do what is to be done, that of a server before included, until cancelled."""
        try:
            if (self._folder / "jobs.sqlite").exists():
                with suppress(Problem):  # it was logged; later requests try again
                    await self._opened()
            while self._runner is None:
                await self.news.next().within(SWEEP_S)
            await self._runner.run()
        except Exception:
            log.exception("batches stop until you restart the server")
        finally:
            if self._kept is not None:
                self._kept.close()
            self._kept = self._runner = None

    async def accept(
        self,
        owner: str,
        kind: JobKind,
        wishes: str,
        items: Sequence[NewItem],
        files: Mapping[int, Path] | None = None,
    ) -> StoredJob:
        """A new job. files: what was sent for its items, by number; they are moved.

        Raises Problem: 503 when as many are kept as may be, 507 when the disk is full.
        """
        kept = await self._opened()
        async with self._taking:
            await self.check_room(sum(item.size for item in items))
            job = new_id()
            try:
                await asyncio.to_thread(_move, kept.place, job, files or {})
                added = await kept.ask(lambda store: store.add(job, owner, kind, wishes, items))
            except BaseException as error:
                kept.place.remove(job)
                if isinstance(error, OSError) and error.errno in FULL:
                    raise full_disk() from error
                raise
        self.news.tell()
        return added

    async def check_room(self, size: int = 0) -> None:
        """Raise Problem when one more job, of so many bytes, is too much: 503 or 507."""
        kept = await self._opened()
        count, used = await kept.ask(lambda store: store.used())
        if count >= self._limits.jobs:
            raise Problem(
                f"{count} of {self._limits.jobs} batches are in use; delete one that you no longer "
                "need, or try again later",
                status=503,
                code="too_many_jobs",
                retry_after=SWEEP_S,
            )
        if used + size > self._limits.jobs_mb * 1e6:
            raise full_disk()

    async def of(self, owner: str) -> list[StoredJob]:
        """The caller's jobs, the latest first."""
        kept = self._kept
        return [] if kept is None else await kept.ask(lambda store: store.jobs(owner))

    async def changes(
        self, job: str, owner: str, since: int = -1
    ) -> tuple[StoredJob, list[StoredItem]]:
        """The job, and its items that changed after change `since`; all of them for -1.

        Raises Problem (404) when the caller has no such job.
        """
        kept = self._kept
        found = None if kept is None else await kept.ask(lambda store: store.changes(job, since))
        if found is None or found[0].owner != owner:
            what = "no such job; it was deleted or has expired (`GET /jobs` lists yours)"
            raise Problem(what, status=404, code="not_found", param="job")
        return found

    async def item(self, job: str, owner: str, number: int) -> tuple[StoredJob, StoredItem]:
        """One item. Raises Problem (404) when there is none."""
        found, _ = await self.changes(job, owner, _NOTHING)
        kept = await self._opened()
        item = await kept.ask(lambda store: store.item(job, number))
        if item is None:
            what = f"the job has no item {number}; items are numbered from 0"
            raise Problem(what, status=404, code="not_found", param="number")
        return found, item

    async def path(self, item: StoredItem) -> Path:
        """Where what came of an item lies."""
        return (await self._opened()).place.made(item)

    @contextmanager
    def listener(self) -> Iterator[None]:
        """A place for one client that follows a job. Raises Problem (503) when there is none."""
        if self._listeners >= _MOST_LISTENERS:
            what = (
                f"{self._listeners} of {_MOST_LISTENERS} clients are following jobs; "
                "try again in a few seconds"
            )
            raise Problem(what, status=503, code="too_many_listeners", retry_after=5.0)
        self._listeners += 1
        try:
            yield
        finally:
            self._listeners -= 1

    async def cancel(self, job: str, owner: str) -> None:
        """End the job; it has ended when this returns. What is done already stays."""
        await self.changes(job, owner, _NOTHING)
        kept = await self._opened()
        if await kept.ask(lambda store: store.cancel(job)):
            self.news.tell()
        if self._runner is not None:
            await self._runner.stop(job)
        await asyncio.to_thread(kept.place.remove_sent, job)

    async def remove(self, job: str, owner: str) -> None:
        """Cancel the job and forget all of it; this needs no room on the disk."""
        try:
            await self.cancel(job, owner)
        except Problem as problem:
            if problem.code != "disk_full":
                raise
        kept = await self._opened()
        if self._runner is not None:
            await self._runner.stop(job)
        await kept.forget(job)
        self.news.tell()

    async def _opened(self) -> JobStorage:
        """Raises Problem (503) where no jobs can be kept."""
        async with self._opening:
            if self._kept is None:
                try:
                    self._kept = await asyncio.to_thread(JobStorage, self._folder)
                except BadConfig as error:
                    log.warning("batches are off here: %s", error)
                    raise Problem(
                        "another server uses the same folder for batches, so this one takes none; "
                        "send batches to that server, or set server.state to a folder of this "
                        "server's own",
                        status=503,
                        code="jobs_unavailable",
                    ) from error
                except (OSError, sqlite3.Error) as error:
                    log.error("batches are unavailable: %s", describe(error))  # noqa: TRY400
                    what = "batches are unavailable on this server; see its log"
                    raise Problem(what, status=503, code="jobs_unavailable") from error
                self._runner = Runner(self._service, self._kept, self.news)
                self.news.tell()
            return self._kept


def _move(place: JobFiles, job: str, files: Mapping[int, Path]) -> None:
    place.make(job)
    for number, file in files.items():
        shutil.move(file, place.sent(job, number))


def jobs_of(request: Request) -> Jobs:
    """The jobs of this application."""
    jobs: Jobs = request.app.state.jobs
    return jobs


TheJobs = Annotated[Jobs, Depends(jobs_of)]
