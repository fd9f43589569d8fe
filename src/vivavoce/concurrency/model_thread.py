"""Blocking inference behind an async door: the only place with inference threads."""

from __future__ import annotations

import asyncio
import itertools
import logging
import math
import queue
import threading
import time
import weakref
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Generic, TypeVar

from vivavoce.errors import EngineBusy, EngineUnavailable

T = TypeVar("T")
log = logging.getLogger(__name__)

StopFlag = threading.Event
"""Set when the caller no longer wants the result; a step over about 50 ms polls it."""


_all: weakref.WeakSet[ModelThread] = weakref.WeakSet()


def longest_wait() -> float:
    """How long the oldest of the urgent jobs has waited that wait now, on any ModelThread.

    Urgent are those of priority 0, as what a conversation cannot go on without.
    """
    waiting = [thread.oldest() for thread in _all]
    return max(0.0, time.monotonic() - min(waiting)) if waiting else 0.0


class Stopped(Exception):
    """Raised inside a job by `emit` when nobody listens any more."""


class ModelThread:
    """Runs blocking jobs on its own threads, in order of priority, then of arrival.

    workers: how many jobs may run at once.
    limit: how many may wait; one more is refused with EngineBusy.
    grace_s: how long a job whose caller was cancelled may take to end.

    A cancelled caller waits until its job has really ended, so that nothing of a cancelled
    turn is left in the engine. Threads start with the first job and end in `aclose`.
    """

    def __init__(
        self, name: str, *, workers: int = 1, limit: int = 256, grace_s: float = 5.0
    ) -> None:
        self.name = name
        self._workers = workers
        self._limit = limit
        self._jobs: queue.PriorityQueue[tuple[int, int, _ThreadCall[object] | None]] = (
            queue.PriorityQueue()
        )
        self._order = itertools.count()
        self._threads: list[threading.Thread] = []
        self._closed = False
        self._grace_s = grace_s
        _all.add(self)

    async def run(
        self,
        work: Callable[[StopFlag], T],
        *,
        priority: int = 0,
        on_stop: Callable[[], None] | None = None,
    ) -> T:
        """What `work(stop)` returns or raises, from a worker thread.

        priority: lower runs first among those that wait. on_stop: called, on the event loop, when
        the flag is set; for a step that cannot poll it.
        Raises EngineBusy when too many jobs wait, EngineUnavailable after `aclose`.
        """
        job: _ThreadCall[T] = _ThreadCall(work, asyncio.get_running_loop())
        self._submit(job, priority)
        try:
            return await asyncio.shield(job.result)
        except asyncio.CancelledError:
            if on_stop is not None:
                on_stop()
            await self._end(job)
            raise

    async def stream(
        self,
        work: Callable[[Callable[[T], None], StopFlag], None],
        *,
        priority: int = 0,
        ahead: int = 64,
    ) -> AsyncGenerator[T, None]:
        """The items that `work(emit, stop)` emits, as they come; consume under `aclosing`.

        ahead: how many items may wait for the consumer before `emit` blocks.
        """
        loop = asyncio.get_running_loop()
        items: asyncio.Queue[T | None] = asyncio.Queue()
        room = threading.Semaphore(ahead)

        def produce(stop: StopFlag) -> None:
            def emit(item: T) -> None:
                while not room.acquire(timeout=0.05):
                    if stop.is_set():
                        break
                if stop.is_set():
                    raise Stopped
                loop.call_soon_threadsafe(items.put_nowait, item)

            with suppress(Stopped):
                work(emit, stop)

        job: _ThreadCall[None] = _ThreadCall(produce, loop)
        job.result.add_done_callback(lambda _: items.put_nowait(None))
        self._submit(job, priority)
        try:
            while (item := await items.get()) is not None:
                yield item
                room.release()
            job.result.result()
        finally:
            await self._end(job)

    async def aclose(self) -> None:
        """Let running jobs end, refuse those that wait, and join the threads."""
        if self._closed:
            return
        self._closed = True
        with suppress(queue.Empty):
            while True:
                _, _, job = self._jobs.get_nowait()
                if job is not None:
                    job.refuse(EngineUnavailable(f"{self.name} is closed"))
        for _ in self._threads:
            self._jobs.put((1 << 30, next(self._order), None))
        for thread in self._threads:
            await asyncio.to_thread(thread.join)
        self._threads.clear()

    def oldest(self) -> float:
        """When the oldest urgent job that waits came, by `time.monotonic`; inf if none waits."""
        jobs = [job for priority, _, job in list(self._jobs.queue) if priority <= 0]
        return min((job.at for job in jobs if job and not job.stop.is_set()), default=math.inf)

    async def _end(self, job: _ThreadCall[T]) -> None:
        """Stop a job that nobody wants any more and wait until it has ended.

        One that does not end within `grace_s` hangs; its thread is given up and replaced.
        """
        job.stop.set()
        if job.thread is None:
            job.result.cancel()  # not begun; whoever takes it up sees the flag and leaves it
        deadline = job.loop.time() + self._grace_s
        while not job.result.done() and (left := deadline - job.loop.time()) > 0:
            with suppress(asyncio.CancelledError):
                await asyncio.wait({job.result}, timeout=left)
        if not job.result.done():
            log.error("%s: a job does not return; its thread was abandoned", self.name)
            if job.thread in self._threads:
                self._threads.remove(job.thread)
                self._staff()
        elif not job.result.cancelled():
            job.result.exception()

    def _submit(self, job: _ThreadCall[T], priority: int) -> None:
        if self._closed:
            raise EngineUnavailable(f"{self.name} is closed")
        if self._jobs.qsize() >= self._limit:
            raise EngineBusy(f"{self.name} has {self._limit} jobs waiting; try again later")
        self._jobs.put((priority, next(self._order), job))  # type: ignore[arg-type]
        self._staff()

    def _staff(self) -> None:
        """One thread more, up to `workers`."""
        if len(self._threads) < self._workers:
            name = f"vivavoce-{self.name}-{len(self._threads)}"
            thread = threading.Thread(target=self._work, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def _work(self) -> None:
        me = threading.current_thread()
        while me in self._threads and (job := self._jobs.get()[2]) is not None:
            job.do(me)


class _ThreadCall(Generic[T]):
    """One piece of work and the future that its caller awaits."""

    def __init__(self, work: Callable[[StopFlag], T], loop: asyncio.AbstractEventLoop) -> None:
        self.work = work
        self.loop = loop
        self.stop = StopFlag()
        self.at = time.monotonic()
        self.thread: threading.Thread | None = None
        self.result: asyncio.Future[T] = loop.create_future()

    def do(self, thread: threading.Thread) -> None:
        self.thread = thread
        if self.stop.is_set():
            self._tell(self.result.cancel)
            return
        try:
            value = self.work(self.stop)
        except BaseException as error:  # noqa: BLE001 - carried to the caller whole
            self.refuse(error)
        else:
            self._tell(lambda: None if self.result.done() else self.result.set_result(value))

    def refuse(self, error: BaseException) -> None:
        if isinstance(error, StopIteration):
            error = RuntimeError(f"job raised {error!r}")
        self._tell(lambda: None if self.result.done() else self.result.set_exception(error))

    def _tell(self, say: Callable[[], object]) -> None:
        with suppress(RuntimeError):  # the loop is gone, and so is whoever waited
            self.loop.call_soon_threadsafe(say)
