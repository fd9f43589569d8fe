"""Doing jobs, one item after another, beside the conversations."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress

from vivavoce.errors import EngineBusy, VivavoceError, describe
from vivavoce.models.disk_errors import FULL
from vivavoce.server.errors import Problem, problem_of
from vivavoce.server.service import Service

from .change_signal import ChangeSignal
from .job import StoredItem, StoredJob
from .job_storage import JobStorage, full_disk
from .store import Store
from .tasks import ItemOutcome, do

log = logging.getLogger(__name__)

SWEEP_S = 60.0
"""How often jobs that were kept long enough are looked for."""
_RETRY_S = 5.0
"""When the database is tried again that could not be written."""
_READY_S = 0.1
_BUSY_S = (1.0, 5.0, 15.0)
"""How long an item waits for an engine whose queue is full, each time."""


class Runner:
    """Does one item at a time. A task of its own, beside the requests that are admitted: it takes
    none of their places, and the owners of jobs take turns.
    """

    def __init__(self, service: Service, kept: JobStorage, news: ChangeSignal) -> None:
        self._service = service
        self._limits = service.limits
        self._kept = kept
        self._news = news
        self._turn = ""
        self._working: tuple[str, asyncio.Task[None]] | None = None

    async def run(self) -> None:
        """Do what is to be done, until cancelled; what is under way then is done again later."""
        swept = -SWEEP_S
        while True:
            heard = self._news.next()
            try:
                if time.monotonic() - swept >= SWEEP_S:
                    await self._sweep()
                    swept = time.monotonic()
                begun = await self._begin()
            except (sqlite3.Error, OSError, VivavoceError) as error:
                log.warning("jobs are paused: %s", describe(error))
                await asyncio.sleep(_RETRY_S)
                continue
            if begun is not None:
                await self._do(*begun)
            else:
                await heard.within(SWEEP_S)

    async def stop(self, job: str) -> None:
        """Leave the job's item that is being done, within a step of it."""
        if self._working is not None and self._working[0] == job:
            task = self._working[1]
            task.cancel()
            await asyncio.wait({task})

    async def _begin(self) -> tuple[StoredJob, StoredItem] | None:
        """The next item to do, once the engines are there."""
        while self._service.loaded is None:  # noqa: ASYNC110 - a matter of seconds
            await asyncio.sleep(_READY_S)
        if self._service.state == "draining":
            return None
        begun = await self._kept.ask(lambda store: store.queue.begin(self._turn))
        if begun is not None:
            self._turn = begun[0].owner
            self._news.tell()
        return begun

    async def _do(self, job: StoredJob, item: StoredItem) -> None:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self._outcome(job, item))
            self._working = job.id, task
        self._working = None

    async def _outcome(self, job: StoredJob, item: StoredItem) -> None:
        """Do the item, and keep what came of it; cancelled, it is as if it had never begun."""
        try:
            made = await self._made(job, item)
        except asyncio.CancelledError:
            with suppress(sqlite3.Error):
                self._kept.store.queue.put_back(item)
            raise
        except Exception as error:
            problem = _problem(error)
            if problem.code == "internal_error":
                log.exception("item %d of job %s failed", item.number, job.id)
            body = json.dumps(problem.body()["error"], ensure_ascii=False)
            await self._keep(lambda store: store.queue.end(item, error=body))
        else:
            facts = json.dumps(made.facts, ensure_ascii=False)
            await self._keep(lambda store: store.queue.end(item, size=made.size, result=facts))
        await asyncio.to_thread(self._kept.place.remove_sent, item.job, item.number)
        self._news.tell()

    async def _made(self, job: StoredJob, item: StoredItem) -> ItemOutcome:
        # A job may have been cancelled before this task could be.
        now = await self._kept.ask(lambda store: store.item(item.job, item.number))
        if now is None or now.state != "running":
            raise asyncio.CancelledError
        _, used = await self._kept.ask(Store.used)
        room = int(self._limits.jobs_mb * 1e6) - used
        for wait_s in _BUSY_S:
            try:
                return await do(job, item, self._service, self._kept.place, room)
            except EngineBusy:
                await asyncio.sleep(wait_s)
        return await do(job, item, self._service, self._kept.place, room)

    async def _keep(self, change: Callable[[Store], None]) -> None:
        """Make the change, however long the disk is full."""
        while True:
            try:
                await self._kept.ask(change)
                return
            except (Problem, sqlite3.Error) as error:
                log.warning("jobs are paused: %s", describe(error))
                await asyncio.sleep(_RETRY_S)

    async def _sweep(self) -> None:
        """Forget what was kept long enough."""
        until = time.time() - self._limits.job_kept_s
        for job in await self._kept.ask(lambda store: store.ended_before(until)):
            await self._kept.forget(job)
            self._news.tell()


def _problem(error: Exception) -> Problem:
    if isinstance(error, OSError) and error.errno in FULL:
        return full_disk()
    return problem_of(error)
