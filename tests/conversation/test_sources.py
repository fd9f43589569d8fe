"""What a network client sends becomes a session's clock."""

from __future__ import annotations

import asyncio

from vivavoce.audio import Audio, Lapse
from vivavoce.conversation.sources import Feed, as_lapses


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_items_come_in_order_with_the_time_between_them() -> None:
    clock = Clock()
    feed: Feed[str] = Feed(clock=clock)
    items = aiter(feed)
    await feed.put("a")
    await feed.put("b")
    clock.now = 0.5
    # the clock starts with the iteration
    assert await anext(items) == (0.0, "a")
    clock.now = 2.0
    assert await anext(items) == (1.5, "b")


async def test_time_passes_when_nothing_comes() -> None:
    clock = Clock()
    feed: Feed[Audio] = Feed(clock=clock)
    lapses = as_lapses(feed)
    first = await anext(lapses)
    clock.now = 3.0
    assert first == Lapse(0.0, None)
    assert await anext(lapses) == Lapse(3.0, None)


async def test_a_closed_feed_ends_when_it_is_empty() -> None:
    feed: Feed[int] = Feed()
    await feed.put(1)
    feed.close()
    await feed.put(2)
    assert [item async for _, item in feed if item is not None] == [1]


async def test_a_full_feed_makes_its_client_wait_and_lets_go_when_it_closes() -> None:
    feed: Feed[int] = Feed(1)
    await feed.put(1)
    waiting = asyncio.ensure_future(feed.put(2))
    await asyncio.sleep(0)
    assert not waiting.done()
    feed.close()
    await waiting
