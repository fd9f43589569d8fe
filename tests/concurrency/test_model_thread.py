"""Blocking work behind an async door."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import aclosing

import pytest

from vivavoce.concurrency.model_thread import ModelThread, StopFlag
from vivavoce.errors import EngineBusy, EngineUnavailable


async def test_a_job_runs_on_a_worker_and_returns_its_value() -> None:
    worker = ModelThread("test")
    assert await worker.run(lambda stop: threading.current_thread().name) == "vivavoce-test-0"
    await worker.aclose()


async def test_what_a_job_raises_reaches_its_caller() -> None:
    worker = ModelThread("test")
    with pytest.raises(ZeroDivisionError):
        await worker.run(lambda stop: 1 // 0)
    assert await worker.run(lambda stop: 2) == 2
    await worker.aclose()


async def test_a_cancelled_caller_waits_until_its_job_has_ended() -> None:
    worker = ModelThread("test")
    began, ended = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def work(stop: StopFlag) -> None:
        loop.call_soon_threadsafe(began.set)
        stop.wait()
        ended.set()

    task = asyncio.create_task(worker.run(work))
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()
    await worker.aclose()


async def test_a_job_that_cannot_poll_is_told_that_nobody_wants_it() -> None:
    worker = ModelThread("test")
    began, told = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def work(stop: StopFlag) -> None:
        loop.call_soon_threadsafe(began.set)
        told.wait()

    task = asyncio.create_task(worker.run(work, on_stop=told.set))
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert told.is_set()
    await worker.aclose()


async def test_a_job_cancelled_before_it_began_never_runs() -> None:
    worker = ModelThread("test")
    gate, ran = threading.Event(), []
    first = asyncio.create_task(worker.run(lambda stop: gate.wait()))
    second = asyncio.create_task(worker.run(lambda stop: ran.append(1)))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    gate.set()
    await first
    await worker.run(lambda stop: None)
    assert ran == []
    await worker.aclose()


async def test_a_hanging_job_is_given_up_and_its_thread_replaced() -> None:
    worker = ModelThread("test", grace_s=0.01)
    gate = threading.Event()
    began = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hang(stop: StopFlag) -> None:
        loop.call_soon_threadsafe(began.set)
        gate.wait()

    task = asyncio.create_task(worker.run(hang))
    waiting = asyncio.create_task(worker.run(lambda stop: "next"))
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await waiting == "next"
    gate.set()
    await worker.aclose()


async def test_urgent_jobs_overtake_those_that_wait() -> None:
    worker = ModelThread("test")
    gate = threading.Event()
    order: list[str] = []

    def named(name: str) -> Callable[[StopFlag], None]:
        return lambda stop: order.append(name)

    first = asyncio.create_task(worker.run(lambda stop: gate.wait()))
    await asyncio.sleep(0)
    jobs = []
    for name, priority in (("late", 5), ("urgent", 0), ("later", 5)):
        jobs.append(asyncio.create_task(worker.run(named(name), priority=priority)))
        await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(first, *jobs)
    assert order == ["urgent", "late", "later"]
    await worker.aclose()


async def test_more_jobs_than_may_wait_are_refused() -> None:
    worker = ModelThread("test", limit=1)
    gate = threading.Event()
    began = asyncio.Event()
    loop = asyncio.get_running_loop()

    def first(stop: StopFlag) -> None:
        loop.call_soon_threadsafe(began.set)
        gate.wait()

    running = asyncio.create_task(worker.run(first))
    await began.wait()
    waiting = asyncio.create_task(worker.run(lambda stop: None))
    await asyncio.sleep(0)
    with pytest.raises(EngineBusy):
        await worker.run(lambda stop: None)
    gate.set()
    await asyncio.gather(running, waiting)
    await worker.aclose()
    with pytest.raises(EngineUnavailable):
        await worker.run(lambda stop: None)


async def test_a_stream_gives_its_items_in_order_with_back_pressure() -> None:
    worker = ModelThread("test")

    def work(emit: Callable[[int], None], stop: StopFlag) -> None:
        for i in range(200):
            emit(i)

    assert [i async for i in worker.stream(work, ahead=3)] == list(range(200))
    await worker.aclose()


async def test_closing_a_stream_stops_its_job() -> None:
    worker = ModelThread("test")
    ended = threading.Event()

    def work(emit: Callable[[int], None], stop: StopFlag) -> None:
        try:
            while True:
                emit(1)
        finally:
            ended.set()

    async with aclosing(worker.stream(work, ahead=2)) as items:
        async for _ in items:
            break
    assert ended.is_set()
    await worker.aclose()
    assert not any(thread.name.startswith("vivavoce-test-") for thread in threading.enumerate())


async def test_what_a_stream_raises_comes_after_its_items() -> None:
    worker = ModelThread("test")

    def work(emit: Callable[[int], None], stop: StopFlag) -> None:
        emit(1)
        raise ValueError("broken")

    items = worker.stream(work)
    assert await anext(items) == 1
    with pytest.raises(ValueError, match="broken"):
        await anext(items)
    await worker.aclose()
