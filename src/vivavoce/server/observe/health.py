"""How each engine of a service is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from vivavoce.conversation.session import Engines
from vivavoce.engines import Kind
from vivavoce.kinds import kinds
from vivavoce.loading.chain import Chain
from vivavoce.server.service import Service

Condition: TypeAlias = Literal["loading", "ready", "down", "unloading"]


@dataclass(frozen=True, slots=True)
class EngineState:
    """One engine. detail: what it failed at, and what stands in; empty when it works.

    state: `down` failed at its last use, or could not be loaded; `unloading` is one that goes when
    its last user has ended.
    missed: it is down, and no other engine does its work.
    configured: it is of the configuration. users: requests and sessions that it cannot be freed
    for; not counted of the configured ones, which stay.
    """

    kind: Kind
    name: str
    state: Condition
    detail: str = ""
    missed: bool = False
    configured: bool = True
    users: int | None = None


def engine_states(service: Service) -> Iterator[EngineState]:
    """All engines of the configuration, in the order in which they are used, and then those that
    were loaded beside them.
    """
    yield from configured_states(service)
    for it in service.loaded_engines:
        down = isinstance(it.engine, Chain) and not it.engine.works and it.state == "ready"
        state: Condition = "down" if down else it.state
        detail = it.engine.links[0].fault or "" if isinstance(it.engine, Chain) else ""
        yield EngineState(it.kind, it.name, state, detail, configured=False, users=it.leases)


def configured_states(service: Service) -> Iterator[EngineState]:
    """All engines of the configuration."""
    for kind in kinds():
        if service.loaded is None:
            for spec in service.config.engines(kind):
                yield EngineState(kind, str(spec), "loading")
            continue
        engine = service.loaded.find(kind)
        if engine is None:
            continue
        if not isinstance(engine, Chain):
            yield EngineState(kind, engine.name, "ready")
            continue
        for link in engine.links:
            if link.fault is None:
                yield EngineState(kind, link.engine.name, "ready")
            else:
                stands_in = f"; {engine.name} does its work" if engine.works else ""
                detail = f"{link.fault}{stands_in}"
                yield EngineState(kind, link.engine.name, "down", detail, not engine.works)


def works(service: Service) -> bool:
    """Whether each kind of work has an engine that does it."""
    return not any(state.missed for state in configured_states(service))


def ups(service: Service) -> Iterator[tuple[str, str, bool]]:
    """Kind, name, and whether it works, of each engine."""
    for it in engine_states(service):
        yield it.kind, it.name, it.state == "ready"


async def examine(engines: Engines) -> None:
    """Use each engine once, which also warms it; one that fails is down."""
    for kind in kinds():
        engine = engines.find(kind)
        if isinstance(engine, Chain):
            await engine.examine()
