"""An event loop on a thread of its own, for programs that have none."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Coroutine, Generator, Iterable
from concurrent.futures import Future, wait
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, Final, TypeVar

from vivavoce.errors import BadRequest, EngineUnavailable

T = TypeVar("T")

_LOOK_S = 0.5
"""How often a waiting thread looks for Ctrl-C, on systems where that cannot wake it."""
_END: Final = object()


class LoopThread:
    """Runs coroutines for other threads. The thread starts with the first one."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What it returns, or raises. Interrupted, as by Ctrl-C, it is cancelled and waited for."""
        try:
            loop = self._started()
        except BaseException:
            work.close()
            raise
        outcome: Future[T] = Future()
        tasks: list[asyncio.Task[T]] = []

        def start() -> None:
            task = loop.create_task(work)
            tasks.append(task)
            task.add_done_callback(lambda task: _deliver(task, outcome))

        loop.call_soon_threadsafe(start)
        try:
            _settled(outcome)
        except BaseException:
            loop.call_soon_threadsafe(lambda: tasks[0].cancel())
            _settled(outcome)
            raise
        return outcome.result()

    def iterate(self, items: AsyncGenerator[T, None]) -> Generator[T, None, None]:
        """The items, which are closed at the end."""
        try:
            while True:
                item = self.run(_next(items))
                if item is _END:
                    return
                yield item  # type: ignore[misc]
        finally:
            if not self._closed:
                self.run(items.aclose())

    def close(self, last: Coroutine[Any, Any, None]) -> None:
        """Cancel all that runs, do this last, and join the thread. Safe to call twice."""
        with self._lock:
            closed, self._closed = self._closed, True
            loop, thread = self._loop, self._thread
        if closed or loop is None or thread is None:
            last.close()
            return
        asyncio.run_coroutine_threadsafe(_end(last), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._closed:
                raise BadRequest("the client is closed; create a new one")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                # A daemon, so that a program which forgets to close its client can end.
                self._thread = threading.Thread(
                    target=self._loop.run_forever, name=self._name, daemon=True
                )
                self._thread.start()
            return self._loop


async def threaded(items: Iterable[T]) -> AsyncGenerator[T, None]:
    """The items of something that blocks, each taken on a thread of its own.

    Closing it leaves a thread that waits for an item to end with that item.
    """
    loop = asyncio.get_running_loop()
    wanted: SimpleQueue[asyncio.Future[object] | None] = SimpleQueue()

    iterator = iter(items)

    def forward() -> None:
        while (future := wanted.get()) is not None:
            try:
                item, error = next(iterator, _END), None
            except Exception as failure:  # noqa: BLE001 - told to whoever waits
                item, error = _END, failure
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(_give, future, item, error)

    thread = threading.Thread(target=forward, name="vivavoce-source", daemon=True)
    thread.start()
    try:
        while True:
            future: asyncio.Future[object] = loop.create_future()
            wanted.put(future)
            item = await future
            if item is _END:
                return
            yield item  # type: ignore[misc]
    finally:
        wanted.put(None)


def _give(future: asyncio.Future[object], item: object, error: Exception | None) -> None:
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(item)


def _settled(outcome: Future[T]) -> None:
    while not wait([outcome], timeout=_LOOK_S).done:
        pass


def _deliver(task: asyncio.Task[T], outcome: Future[T]) -> None:
    if task.cancelled():
        outcome.set_exception(EngineUnavailable("the client was closed"))
    elif (error := task.exception()) is not None:
        outcome.set_exception(error)
    else:
        outcome.set_result(task.result())


async def _next(items: AsyncGenerator[T, None]) -> T | object:
    return await anext(items, _END)


async def _end(last: Coroutine[Any, Any, None]) -> None:
    """Cancel all other tasks, and wait for them; then the last."""
    loop, me = asyncio.get_running_loop(), asyncio.current_task()
    others = asyncio.all_tasks() - {me}
    for task in others:
        task.cancel()
    if others:
        await asyncio.wait(others)
    await loop.shutdown_asyncgens()
    await last
    await loop.shutdown_default_executor()
