"""Blocking inference behind an async door: the only place with inference threads."""

from __future__ import annotations

import asyncio
import itertools
import queue
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Generic, TypeVar

from .errors import EngineBusy, EngineUnavailable

T = TypeVar("T")

StopFlag = threading.Event
"""Set when the caller no longer wants the result; a step over about 50 ms polls it."""


class Stopped(Exception):
    """Raised inside a job by `emit` when nobody listens any more."""


class ModelThread:
    """Runs blocking jobs on its own threads, in order of priority, then of arrival.

    workers: how many jobs may run at once.
    limit: how many may wait; one more is refused with EngineBusy.

    A cancelled caller waits until its job has really ended, so that nothing of a cancelled
    turn is left in the engine. Threads start with the first job and end in `aclose`.
    """

    def __init__(self, name: str, *, workers: int = 1, limit: int = 256) -> None:
        self.name = name
        self._workers = workers
        self._limit = limit
        self._jobs: queue.PriorityQueue[tuple[int, int, _Job[object] | None]] = (
            queue.PriorityQueue()
        )
        self._order = itertools.count()
        self._threads: list[threading.Thread] = []
        self._closed = False

    async def run(self, work: Callable[[StopFlag], T], *, priority: int = 0) -> T:
        """What `work(stop)` returns or raises, from a worker thread.

        priority: lower runs first among those that wait.
        Raises EngineBusy when too many jobs wait, EngineUnavailable after `aclose`.
        """
        job: _Job[T] = _Job(work, asyncio.get_running_loop())
        self._submit(job, priority)
        try:
            return await asyncio.shield(job.result)
        except asyncio.CancelledError:
            job.stop.set()
            while not job.result.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait({job.result})
            if not job.result.cancelled():
                job.result.exception()
            raise

    async def stream(
        self,
        work: Callable[[Callable[[T], None], StopFlag], None],
        *,
        priority: int = 0,
        ahead: int = 64,
    ) -> AsyncIterator[T]:
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

        job: _Job[None] = _Job(produce, loop)
        job.result.add_done_callback(lambda _: items.put_nowait(None))
        self._submit(job, priority)
        try:
            while (item := await items.get()) is not None:
                yield item
                room.release()
            job.result.result()
        finally:
            job.stop.set()
            while not job.result.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait({job.result})
            if not job.result.cancelled():
                job.result.exception()

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

    def _submit(self, job: _Job[T], priority: int) -> None:
        if self._closed:
            raise EngineUnavailable(f"{self.name} is closed")
        if self._jobs.qsize() >= self._limit:
            raise EngineBusy(f"{self.name} has {self._limit} jobs waiting; try again later")
        self._jobs.put((priority, next(self._order), job))  # type: ignore[arg-type]
        if len(self._threads) < self._workers:
            name = f"vivavoce-{self.name}-{len(self._threads)}"
            thread = threading.Thread(target=self._work, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def _work(self) -> None:
        while (entry := self._jobs.get())[2] is not None:
            entry[2].do()


class _Job(Generic[T]):
    """One piece of work and the future that its caller awaits."""

    def __init__(self, work: Callable[[StopFlag], T], loop: asyncio.AbstractEventLoop) -> None:
        self.work = work
        self.loop = loop
        self.stop = StopFlag()
        self.result: asyncio.Future[T] = loop.create_future()

    def do(self) -> None:
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
