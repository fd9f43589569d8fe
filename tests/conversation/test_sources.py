"""What a network client sends becomes a session's clock."""

from __future__ import annotations

import asyncio

import pytest

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


class Bytes:
    """Room for ten."""

    held = 0

    def fits(self, size: int) -> bool:
        return self.held + size <= 10

    def charge(self, size: int) -> None:
        if not self.fits(size):
            raise ValueError("too much")
        self.held += size

    def release(self, size: int) -> None:
        self.held -= size


async def test_a_client_waits_while_there_is_no_room_for_its_bytes() -> None:
    ledger = Bytes()
    feed: Feed[str] = Feed(ledger=ledger)
    await feed.put("a", 8)
    waiting = asyncio.ensure_future(feed.put("b", 4))
    await asyncio.sleep(0)
    assert not waiting.done()
    items = aiter(feed)
    assert (await anext(items))[1] == "a"
    await waiting
    assert ledger.held == 4


async def test_what_never_fits_is_refused() -> None:
    feed: Feed[str] = Feed(ledger=Bytes())
    with pytest.raises(ValueError, match="too much"):
        await feed.put("a", 11)
    assert feed.empty


async def test_what_a_client_leaves_behind_is_dropped() -> None:
    ledger = Bytes()
    feed: Feed[str] = Feed(ledger=ledger)
    await feed.put("a", 8)
    waiting = asyncio.ensure_future(feed.put("b", 4))
    await asyncio.sleep(0)
    left = feed.left
    feed.abandon()
    await waiting
    assert left.done()
    assert feed.abandoned
    assert ledger.held == 0
    assert [item async for item in feed] == []
