"""When the machine has too much to do."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.concurrency.model_thread import ModelThread, StopFlag, longest_wait
from vivavoce.server.access.machine_load import MachineLoad, next_load, watch


def after(load: MachineLoad, *delays: float, bound_s: float = 0.2) -> MachineLoad:
    for delay in delays:
        load = next_load(load, delay, 0.25, bound_s)
    return load


def test_one_slow_moment_is_no_overload() -> None:
    assert not after(MachineLoad(), 0.0, 1.0, 0.0).high


def test_work_that_waits_for_seconds_is_one() -> None:
    assert after(MachineLoad(), *[0.4] * 12).high


def test_it_is_over_only_when_the_wait_is_half_of_the_bound() -> None:
    high = after(MachineLoad(), *[0.4] * 40)
    assert after(high, *[0.15] * 200).high
    assert not after(high, *[0.09] * 200).high
    assert not after(MachineLoad(), *[0.15] * 200).high


def test_without_a_bound_nothing_is_too_much() -> None:
    assert not after(MachineLoad(), *[60.0] * 100, bound_s=0).high


@settings(deadline=None)
@given(st.lists(st.floats(0, 10, allow_nan=False), min_size=1), st.floats(0.01, 1))
def test_the_average_stays_within_what_was_measured(delays: list[float], bound_s: float) -> None:
    load = MachineLoad()
    for delay in delays:
        load = next_load(load, delay, 0.25, bound_s)
        assert 0 <= load.delay_s <= max(delays) + 1e-9
        assert load.delay_s <= bound_s or load.high


async def test_it_is_measured_by_how_long_urgent_jobs_wait() -> None:
    worker = ModelThread("test")
    loop, begun = asyncio.get_running_loop(), asyncio.Event()
    seen: asyncio.Future[MachineLoad] = loop.create_future()

    def wait(stop: StopFlag) -> None:
        loop.call_soon_threadsafe(begun.set)
        stop.wait()

    def tell(load: MachineLoad, lag: float) -> None:
        if load.high and not seen.done():
            seen.set_result(load)

    async with asyncio.TaskGroup() as group:
        running = group.create_task(worker.run(wait))
        await begun.wait()
        urgent = group.create_task(worker.run(wait))
        watching = group.create_task(watch(0.01, tell))
        assert (await seen).delay_s > 0.01
        for task in (urgent, watching, running):
            task.cancel()
    await worker.aclose()


async def test_what_is_not_urgent_may_wait() -> None:
    worker = ModelThread("test")
    loop, begun = asyncio.get_running_loop(), asyncio.Event()

    def wait(stop: StopFlag) -> None:
        loop.call_soon_threadsafe(begun.set)
        stop.wait()

    async with asyncio.TaskGroup() as group:
        running = group.create_task(worker.run(wait))
        await begun.wait()
        later = group.create_task(worker.run(wait, priority=1))
        await asyncio.sleep(0)
        assert worker.oldest() == float("inf")
        running.cancel()
        later.cancel()
    assert longest_wait() == 0.0
    await worker.aclose()


@pytest.mark.parametrize("bound_s", [0.0, 1.0])
async def test_an_idle_machine_has_no_load(bound_s: float) -> None:
    seen: asyncio.Future[MachineLoad] = asyncio.get_running_loop().create_future()
    watching = asyncio.create_task(
        watch(bound_s, lambda load, lag: None if seen.done() else seen.set_result(load))
    )
    assert not (await seen).high
    watching.cancel()
    await asyncio.wait({watching})
