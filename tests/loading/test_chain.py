"""Which engines of a chain are down, how long they may take, and how they come back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from vivavoce.audio import Audio
from vivavoce.errors import BadConfig, EngineError, EngineUnavailable, ModelError, UnknownModel
from vivavoce.loading.fallback import FallbackTurn
from vivavoce.testing import ScriptedTurn, say


class Turn(ScriptedTurn):
    """Fails as told; `held` ones answer when they are released."""

    def __init__(self, name: str = "turn") -> None:
        super().__init__(0.7)
        self.name = name
        self.load_error: Exception | None = None
        self.error: Exception | None = None
        self.held: asyncio.Event | None = None
        self.under_way = 0
        self.most_under_way = 0

    async def load(self) -> None:
        await super().load()
        if self.load_error is not None:
            raise self.load_error

    async def probability(self, utterance: Audio, transcript: str) -> float:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            if self.held is not None:
                await self.held.wait()
            if self.error is not None:
                raise self.error
            return await super().probability(utterance, transcript)
        finally:
            self.under_way -= 1


async def ask(chain: FallbackTurn) -> float:
    return await chain.probability(say(0.5), "hello")


@asynccontextmanager
async def watched(chain: FallbackTurn, probe_s: float = 0.001) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(chain.watch(link, probe_s)) for link in chain.links]
        yield
        for task in tasks:
            task.cancel()


async def until_up(chain: FallbackTurn) -> None:
    async with asyncio.timeout(10):
        while chain.down:  # noqa: ASYNC110 - the watch runs in between
            await asyncio.sleep(0)


# --- loading -------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [ModelError("no weights"), EngineUnavailable("no server")])
async def test_what_cannot_be_loaded_is_down_and_the_next_does_its_work(error: Exception) -> None:
    first, second = Turn("first"), Turn("second")
    first.load_error = error
    chain = FallbackTurn([first, second])
    await chain.load()
    assert await ask(chain) == 0.7
    assert (chain.name, chain.links[0].fault) == ("second", str(error))
    assert not first.asked


async def test_when_none_can_be_loaded_it_says_why_and_so_does_each_call() -> None:
    turn = Turn()
    turn.load_error = ModelError("no weights")
    chain = FallbackTurn([turn])
    with pytest.raises(ModelError, match="no weights"):
        await chain.load()
    with pytest.raises(EngineUnavailable, match="no weights"):
        await ask(chain)


@pytest.mark.parametrize(
    "error", [BadConfig("device: no such"), UnknownModel("unknown model 'smal'")]
)
async def test_a_mistake_in_the_configuration_is_no_engine_that_is_late(error: Exception) -> None:
    turn = Turn()
    turn.load_error = error
    with pytest.raises(type(error)):
        await FallbackTurn([turn, Turn()]).load()


async def test_an_engine_that_comes_later_is_taken_in() -> None:
    turn = Turn()
    turn.load_error = EngineUnavailable("nothing answers")
    chain = FallbackTurn([turn])
    with pytest.raises(EngineUnavailable):
        await chain.load()
    async with watched(chain):
        turn.load_error = None
        await until_up(chain)
        assert await ask(chain) == 0.7


# --- failing and coming back ---------------------------------------------------------------------


async def test_one_engine_alone_is_down_when_a_call_fails_and_up_when_one_is_answered() -> None:
    turn = Turn()
    turn.error = EngineError("broken")
    chain = FallbackTurn([turn])
    with pytest.raises(EngineError, match="broken"):
        await ask(chain)
    assert (chain.works, chain.links[0].fault) == (False, "broken")
    turn.error = None
    assert await ask(chain) == 0.7
    assert chain.works


async def test_a_probe_brings_the_first_engine_back() -> None:
    first, second = Turn("first"), Turn("second")
    chain = FallbackTurn([first, second])
    first.error = EngineError("broken")
    await ask(chain)
    assert chain.name == "second"
    async with watched(chain):
        first.error = None
        await until_up(chain)
    assert chain.name == "first"


async def test_a_probe_that_hangs_is_left_to_end_and_no_other_is_begun() -> None:
    first, second = Turn("first"), Turn("second")
    chain = FallbackTurn([first, second], patience_s=0.01)
    first.held = asyncio.Event()
    assert await ask(chain) == 0.7
    async with watched(chain):
        async with asyncio.timeout(10):
            while first.under_way == 0:  # noqa: ASYNC110 - the watch runs in between
                await asyncio.sleep(0)
        for _ in range(50):
            await asyncio.sleep(0.002)
        assert first.most_under_way == 1
        assert first.loaded == 1
        first.held.set()
    assert chain.name == "second"


async def test_a_probe_may_load_for_longer_than_the_patience() -> None:
    class Slow(Turn):
        async def load(self) -> None:
            await super().load()
            if self.loaded > 1:
                await asyncio.sleep(0.05)

    first, second = Slow("first"), Turn("second")
    first.load_error = ModelError("no weights")
    chain = FallbackTurn([first, second], patience_s=0.02)
    await chain.load()
    async with watched(chain):
        first.load_error = None
        await until_up(chain)
    assert chain.name == "first"


# --- patience ------------------------------------------------------------------------------------


async def test_an_engine_that_takes_too_long_is_replaced() -> None:
    first, second = Turn("first"), Turn("second")
    chain = FallbackTurn([first, second], patience_s=0.01)
    first.held = asyncio.Event()
    assert await ask(chain) == 0.7
    assert chain.links[0].fault == "no answer within 0.01 s"


async def test_nobody_is_hurried_when_there_is_nobody_to_take_over() -> None:
    turn = Turn()
    turn.held = asyncio.Event()
    chain = FallbackTurn([turn], patience_s=0.001)
    asked = asyncio.create_task(ask(chain))
    await asyncio.sleep(0.02)
    turn.held.set()
    assert await asked == 0.7


async def test_an_engine_that_was_slow_when_it_was_tried_may_be_as_slow_later() -> None:
    class Slow(Turn):
        async def probability(self, utterance: Audio, transcript: str) -> float:
            await asyncio.sleep(0.1)
            return await super().probability(utterance, transcript)

    chain = FallbackTurn([Slow("slow"), Turn("quick")], patience_s=0.06)
    await chain.load()
    slow = chain.patience(chain.links[0])
    assert slow is not None
    assert 0.3 <= slow <= 0.36
    assert chain.patience(chain.links[1]) == 0.06
    assert await ask(chain) == 0.7
    assert chain.down == []
