"""Engines that are loaded while the server runs, beside those of the configuration.

Whoever is served by one holds a lease of it. One that is to go gives no new leases, and is freed
when the last has ended.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from vivavoce.engines import Engine, Kind
from vivavoce.errors import EngineTimeout, describe
from vivavoce.loading.open_engines import chained
from vivavoce.loading.probe import probe
from vivavoce.registry import EngineSpec
from vivavoce.server.errors import Problem

log = logging.getLogger(__name__)

LOAD_S = 600.0
"""How long an engine may take to be loaded and used once."""

Make: TypeAlias = Callable[[Kind, EngineSpec], Engine]


def watched(kind: Kind, spec: EngineSpec) -> Engine:
    """The engine, not loaded yet, which will tell what its calls failed at."""
    return chained(kind, [spec])


@dataclass(slots=True, eq=False)
class LoadedEngine:
    """An engine beside the configured ones. leases: how many requests and sessions use it."""

    kind: Kind
    engine: Engine
    state: Literal["loading", "ready", "unloading"] = "loading"
    leases: int = 0
    _free: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def name(self) -> str:
        """The engine's own."""
        return self.engine.name

    @contextmanager
    def lease(self) -> Iterator[Engine]:
        """The engine, which is not freed meanwhile."""
        assert self.state == "ready"
        self.leases += 1
        try:
            yield self.engine
        finally:
            self.leases -= 1
            self._free.set()

    async def free(self) -> None:
        """Give no new leases, wait until the last has ended, and free the weights."""
        self.state = "unloading"
        while self.leases:
            self._free.clear()
            await self._free.wait()
        await self.engine.aclose()


class LoadedEngines:
    """Loads and frees them, one at a time. most: how many there may be. make: an engine, not
    loaded yet.
    """

    def __init__(self, most: int, make: Make = watched) -> None:
        self._most = most
        self._make = make
        self._extras: list[LoadedEngine] = []

    def __iter__(self) -> Iterator[LoadedEngine]:
        """All that are there, in the order in which they came."""
        return iter(tuple(self._extras))

    def find(self, kind: Kind, name: str) -> LoadedEngine | None:
        """The one whose own name this is."""
        return next((it for it in self if (it.kind, it.name) == (kind, name)), None)

    async def load(self, kind: Kind, spec: EngineSpec) -> str:
        """Have such an engine; its name, once it was loaded and used once.

        Raises Problem: 409 when there are as many as may be, 503 while another is being loaded or
        this one freed. Raises what the registry and the engine raise; nothing stays then.
        """
        engine = self._make(kind, spec)
        known = self.find(kind, engine.name)
        if known is not None and known.state == "ready":
            return known.name
        self._check_room()
        extra = LoadedEngine(kind, engine)
        self._extras.append(extra)
        try:
            await _started(extra)
        except BaseException as error:
            log.warning("could not load %s %s: %s", kind, extra.name, describe(error))
            try:
                await engine.aclose()
            finally:
                self._extras.remove(extra)
            raise
        extra.state = "ready"
        log.info("loaded %s %s", kind, extra.name)
        return extra.name

    async def unload(self, extra: LoadedEngine) -> None:
        """Free it as soon as nobody uses it; who asks meanwhile is told that it is not there.

        Raises Problem (503) for one that is being loaded or freed already.
        """
        if extra.state != "ready":
            raise _busy(extra)
        try:
            await extra.free()
        except asyncio.CancelledError:
            raise  # the server ends: `aclose` frees it
        except Exception:
            self._extras.remove(extra)
            raise
        self._extras.remove(extra)
        await asyncio.to_thread(_give_back)
        log.info("unloaded %s %s", extra.kind, extra.name)

    async def aclose(self) -> None:
        """Free all; nobody uses them any more."""
        while self._extras:
            await self._extras.pop().engine.aclose()

    def _check_room(self) -> None:
        moving = next((extra for extra in self if extra.state != "ready"), None)
        if moving is not None:
            raise _busy(moving)
        if len(self._extras) >= self._most:
            there = ", ".join(extra.name for extra in self) or "none"
            raise Problem(
                f"{len(self._extras)} extra engines are loaded ({there}), the limit of "
                "server.limits.engines; unload one first",
                status=409,
                code="too_many_engines",
                param="model",
            )


async def _started(extra: LoadedEngine) -> None:
    try:
        async with asyncio.timeout(LOAD_S) as limit:
            await extra.engine.load()
            await probe(extra.kind, extra.engine)
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise EngineTimeout(
            f"{extra.name} did not load within {LOAD_S:g} s; try a smaller model"
        ) from error


def _give_back() -> None:
    """Hand the memory that was freed back to the system, which glibc keeps otherwise."""
    with suppress(OSError, TypeError, AttributeError):  # another system's library
        ctypes.CDLL(None).malloc_trim(0)


def _busy(extra: LoadedEngine) -> Problem:
    return Problem(
        f"{extra.name} is {extra.state}; try again in a few seconds",
        status=503,
        code="busy",
        param="model",
        retry_after=5.0,
    )
