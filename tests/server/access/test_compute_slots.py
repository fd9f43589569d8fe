"""Places to compute in."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.server.access.compute_slots import ComputeSlots
from vivavoce.server.errors import Problem


async def test_who_came_first_is_served_first() -> None:
    slots, order = ComputeSlots(1, 10), list[int]()

    async def work(number: int) -> None:
        await slots.enter(None)
        order.append(number)
        await asyncio.sleep(0)
        slots.leave()

    async with asyncio.TaskGroup() as group:
        for number in range(6):
            group.create_task(work(number))
    assert order == [0, 1, 2, 3, 4, 5]
    assert (slots.taken, slots.waiting) == (0, 0)


async def test_more_than_may_wait_are_refused_with_a_time() -> None:
    slots = ComputeSlots(1, 0)
    await slots.enter(None)
    with pytest.raises(Problem, match="1 requests are running and 0 are waiting") as refused:
        await slots.enter(None)
    assert (refused.value.status, refused.value.code) == (503, "busy")
    assert refused.value.retry_after is not None
    slots.leave()
    await slots.enter(None)


async def test_nobody_waits_for_ever() -> None:
    slots = ComputeSlots(1, 1)
    await slots.enter(None)
    with pytest.raises(Problem, match=r"no compute slot became free within 0\.01 s"):
        await slots.enter(0.01)
    assert slots.waiting == 0
    slots.leave()
    assert slots.taken == 0


async def test_a_place_that_comes_free_as_its_waiter_leaves_goes_to_the_next() -> None:
    slots = ComputeSlots(1, 2)
    await slots.enter(None)
    leaving, next_one = (asyncio.create_task(slots.enter(None)) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    slots.leave()
    await asyncio.wait({leaving, next_one})
    assert leaving.cancelled()
    assert next_one.exception() is None
    assert (slots.taken, slots.waiting) == (1, 0)


async def test_a_place_that_its_waiter_no_longer_wants_goes_back() -> None:
    slots = ComputeSlots(1, 1)
    await slots.enter(None)
    leaving = asyncio.create_task(slots.enter(None))
    await asyncio.sleep(0)
    slots.leave()
    leaving.cancel()
    await asyncio.wait({leaving})
    assert leaving.cancelled()
    assert (slots.taken, slots.waiting) == (0, 0)


class Crowd:
    """Tasks that come, stay until told, and go or are cancelled."""

    def __init__(self, limit: int, waiting: int) -> None:
        self.slots = ComputeSlots(limit, waiting)
        self.limit = limit
        self.inside = set[int]()
        self.tasks = list[asyncio.Task[None]]()
        self.told = list[asyncio.Event]()

    async def visit(self, number: int) -> None:
        try:
            await self.slots.enter(None)
        except Problem:
            return
        self.inside.add(number)
        try:
            assert len(self.inside) <= self.limit
            await self.told[number].wait()
        finally:
            self.inside.discard(number)
            self.slots.leave()

    async def take(self, step: str, pick: int) -> None:
        match step:
            case "come":
                self.told.append(asyncio.Event())
                self.tasks.append(asyncio.create_task(self.visit(len(self.tasks))))
            case "tick":
                await asyncio.sleep(0)
            case _ if not self.tasks:
                pass
            case "go":
                self.told[pick % len(self.tasks)].set()
            case "cancel":
                self.tasks[pick % len(self.tasks)].cancel()


STEPS = st.tuples(st.sampled_from(["come", "come", "go", "cancel", "tick"]), st.integers(0, 5))


@settings(deadline=None, max_examples=300)
@given(limit=st.integers(1, 3), waiting=st.integers(0, 4), steps=st.lists(STEPS, max_size=40))
def test_whatever_happens_no_place_is_lost_or_given_twice(
    limit: int, waiting: int, steps: list[tuple[str, int]]
) -> None:
    async def run() -> None:
        crowd = Crowd(limit, waiting)
        for step, pick in steps:
            await crowd.take(step, pick)
            assert crowd.slots.taken <= limit
            assert crowd.slots.waiting <= waiting
        for event in crowd.told:
            event.set()
        if crowd.tasks:
            await asyncio.wait(crowd.tasks)
        assert all(task.cancelled() or task.exception() is None for task in crowd.tasks)
        assert (crowd.slots.taken, crowd.slots.waiting, crowd.inside) == (0, 0, set())

    asyncio.run(run())
