"""How each engine of a service is."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from vivavoce.conversation.session import Engines
from vivavoce.engines import KINDS, Engine, Kind
from vivavoce.errors import describe
from vivavoce.loading.fallback import Chain
from vivavoce.loading.open_engines import probe
from vivavoce.server.service import Service

log = logging.getLogger(__name__)

Condition: TypeAlias = Literal["loading", "ready", "down", "failed", "unloading"]


@dataclass(frozen=True, slots=True)
class EngineState:
    """One engine. detail: what is wrong, and what stands in; empty when nothing is.

    state: `down` is one of several whose work another does; `failed` is one that is needed;
    `unloading` is one that goes when its last user has ended.
    configured: it is of the configuration. users: requests and sessions that it cannot be freed
    for; not counted of the configured ones, which stay.
    """

    kind: Kind
    name: str
    state: Condition
    detail: str = ""
    configured: bool = True
    users: int | None = None


def engine_states(service: Service) -> Iterator[EngineState]:
    """All engines of the configuration, in the order in which they are used, and then those that
    were loaded beside them.
    """
    yield from configured_states(service)
    for it in service.loaded_engines:
        yield EngineState(it.kind, it.name, it.state, configured=False, users=it.leases)


def configured_states(service: Service) -> Iterator[EngineState]:
    """All engines of the configuration."""
    for kind in KINDS:
        if service.loaded is None:
            for spec in service.config.engines(kind):
                yield EngineState(kind, str(spec), "loading")
            continue
        engine: Engine = getattr(service.loaded, kind)
        fault = service.faults.get(kind)
        if not isinstance(engine, Chain):
            yield EngineState(kind, engine.name, "failed" if fault else "ready", fault or "")
            continue
        down = engine.down
        for one in engine.engines:
            if fault:
                yield EngineState(kind, one.name, "failed", fault)
            elif one in down:
                yield EngineState(kind, one.name, "down", f"{engine.name} does its work")
            else:
                yield EngineState(kind, one.name, "ready")


def ups(service: Service) -> Iterator[tuple[str, str, bool]]:
    """Kind, name, and whether it works, of each engine."""
    for it in engine_states(service):
        yield it.kind, it.name, it.state == "ready"


async def examine(service: Service, engines: Engines) -> None:
    """Use each engine once, which also warms it; what fails becomes a fault of the service."""
    for kind in KINDS:
        engine: Engine = getattr(engines, kind)
        try:
            await probe(kind, engine)
        except Exception as error:  # noqa: BLE001 - an engine may raise anything
            fault = service.faults[kind] = describe(error)
            log.error("%s %s does not work: %s", kind, engine.name, fault)  # noqa: TRY400 - told
        else:
            if service.faults.pop(kind, None) is not None:
                log.info("%s %s works again", kind, engine.name)
