"""Engines beside the configured ones: when they come, and when they may go."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import ExitStack, suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.engines import Engine, Kind
from vivavoce.errors import ModelError
from vivavoce.registry import EngineSpec
from vivavoce.server.errors import Problem
from vivavoce.server.selection.loaded_engines import LoadedEngine, LoadedEngines
from vivavoce.testing import ScriptedStt


class Ears(ScriptedStt):
    """Remembers all that were made. gate: while set and not fired, loading takes its time."""

    made: list[Ears]
    gate: asyncio.Event | None = None
    fault: Exception | None = None

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.users = 0

    async def load(self) -> None:
        await super().load()
        if self.gate is not None:
            await self.gate.wait()
        if self.fault is not None:
            raise self.fault

    async def aclose(self) -> None:
        assert not self.users, "it was freed under somebody"
        assert not self.closed, "it was freed twice"
        await super().aclose()


def shelf_of(made: list[Ears], *, most: int = 4, **traits: object) -> LoadedEngines:
    def make(kind: Kind, spec: EngineSpec) -> Engine:
        ears = Ears(str(spec))
        for name, value in traits.items():
            setattr(ears, name, value)
        made.append(ears)
        return ears

    return LoadedEngines(most, make)


async def load(loaded_engines: LoadedEngines, name: str = "one") -> LoadedEngine:
    await loaded_engines.load("stt", EngineSpec(name))
    found = loaded_engines.find("stt", name)
    assert found is not None
    return found


def states(loaded_engines: LoadedEngines) -> list[tuple[str, str]]:
    return [(extra.name, extra.state) for extra in loaded_engines]


async def test_what_is_loaded_was_used_once_and_is_not_loaded_twice() -> None:
    made: list[Ears] = []
    loaded_engines = shelf_of(made)
    first = await load(loaded_engines)
    assert await load(loaded_engines) is first
    assert made[0].loaded == 2, "loaded, and again by whoever tries it"
    assert (made[0].open_streams, states(loaded_engines)) == (0, [("one", "ready")])
    await loaded_engines.aclose()
    assert made[0].closed
    assert not states(loaded_engines)


async def test_a_load_that_fails_leaves_nothing() -> None:
    made: list[Ears] = []
    loaded_engines = shelf_of(made, fault=ModelError("one: its weights are broken"))
    for _ in range(2):
        with pytest.raises(ModelError, match="broken"):
            await load(loaded_engines)
    assert all(ears.closed for ears in made)
    assert not states(loaded_engines)


async def test_a_load_that_is_broken_off_leaves_nothing() -> None:
    made: list[Ears] = []
    loaded_engines = shelf_of(made, gate=asyncio.Event())
    loading = asyncio.create_task(load(loaded_engines))
    await asyncio.sleep(0)
    assert states(loaded_engines) == [("one", "loading")]
    loading.cancel()
    await asyncio.wait({loading})
    assert made[0].closed
    assert not states(loaded_engines)


async def test_one_is_loaded_at_a_time() -> None:
    gate = asyncio.Event()
    loaded_engines = shelf_of([], gate=gate)
    loading = asyncio.create_task(load(loaded_engines))
    await asyncio.sleep(0)
    with pytest.raises(Problem, match="one is loading") as caught:
        await load(loaded_engines, "two")
    assert (caught.value.status, caught.value.code) == (503, "busy")
    gate.set()
    await loading
    await load(loaded_engines, "two")
    await loaded_engines.aclose()


async def test_there_are_no_more_than_may_be() -> None:
    loaded_engines = shelf_of([], most=1)
    await load(loaded_engines)
    with pytest.raises(Problem, match=r"\(one\).*unload one first") as caught:
        await load(loaded_engines, "two")
    assert (caught.value.status, caught.value.code) == (409, "too_many_engines")
    await loaded_engines.aclose()


async def test_one_that_is_used_goes_when_its_last_user_does() -> None:
    made: list[Ears] = []
    loaded_engines = shelf_of(made)
    extra = await load(loaded_engines)
    with extra.lease() as engine:
        assert engine is made[0]
        with extra.lease():
            going = asyncio.create_task(loaded_engines.unload(extra))
            await asyncio.sleep(0)
            assert (extra.state, extra.leases) == ("unloading", 2)
            with pytest.raises(Problem, match="one is unloading"):
                await load(loaded_engines)
            with pytest.raises(Problem, match="one is unloading"):
                await loaded_engines.unload(extra)
        await asyncio.sleep(0)
        assert states(loaded_engines) == [("one", "unloading")]
    await going
    assert made[0].closed
    assert not states(loaded_engines)


ACTS = st.lists(
    st.sampled_from(["load a", "load b", "unload a", "unload b", "lease a", "lease b", "return"]),
    max_size=30,
)


@settings(deadline=None, max_examples=100)
@given(ACTS)
def test_none_is_freed_while_it_is_used_and_all_are_at_the_end(actions: Sequence[str]) -> None:
    asyncio.run(_follow(actions))


async def _follow(actions: Sequence[str]) -> None:
    made: list[Ears] = []
    loaded_engines = shelf_of(made, most=1)
    leases: list[ExitStack] = []
    async with asyncio.TaskGroup() as group:
        for act in actions:
            verb, _, name = act.partition(" ")
            extra = loaded_engines.find("stt", name)
            if verb == "load":
                group.create_task(_tried(loaded_engines.load("stt", EngineSpec(name))))
            elif verb == "return" and leases:
                leases.pop(0).close()
            elif extra is not None and extra.state == "ready":
                if verb == "unload":
                    group.create_task(_tried(loaded_engines.unload(extra)))
                else:
                    leases.append(_leased(extra))
            assert len(list(loaded_engines)) <= 1
            await asyncio.sleep(0)
        for lease in leases:
            lease.close()
    await loaded_engines.aclose()
    in_use = [ears for ears in made if ears.loaded]
    assert all(ears.closed for ears in in_use)


def _leased(extra: LoadedEngine) -> ExitStack:
    stack = ExitStack()
    engine = stack.enter_context(extra.lease())
    assert isinstance(engine, Ears)
    assert not engine.closed
    engine.users += 1

    def back() -> None:
        engine.users -= 1

    stack.callback(back)
    return stack


async def _tried(act: Coroutine[None, None, object]) -> None:
    """It may be refused, as long as something else is moving or there is no room."""
    with suppress(Problem):
        await act
