"""A server's life: listen, load, warm up, be ready, prove it, drain, close."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from typing import TypeAlias

from vivavoce.config.configuration import Config
from vivavoce.errors import describe
from vivavoce.loading.open_engines import open_engines
from vivavoce.server.http.addresses import listening_host
from vivavoce.server.http.listener import HttpListener, bound, make_listener
from vivavoce.server.observe.health import EngineState, configured_states, examine
from vivavoce.server.observe.memory_watch import watch
from vivavoce.server.observe.self_test import SelfTest, SelfTestSkipped, prove
from vivavoce.server.selection.aliases import check_names
from vivavoce.server.webrtc.udp_ports import UdpPorts

from .app import make_app
from .service import Service

log = logging.getLogger(__name__)

_FAREWELL_S = 1.0
"""How long a conversation may take to tell its client that it ends."""
_CANCELLED_S = 2.0
"""How long what was cancelled may take to end."""


@dataclass(frozen=True, slots=True)
class Listening:
    """It answers there, but is not ready. url: such as `http://127.0.0.1:8080`."""

    url: str


@dataclass(frozen=True, slots=True)
class Ready:
    """Engines are loaded and warm, and callers are let in, after so many seconds.

    wyoming: its address, where it is spoken. down: engines that do not work.
    """

    url: str
    wyoming: str | None
    seconds: float
    down: tuple[EngineState, ...]


@dataclass(frozen=True, slots=True)
class SelfTestFailed:
    """The question that it asked itself was not answered."""

    why: str


@dataclass(frozen=True, slots=True)
class Stopping:
    """It was asked to stop. sessions: how many may end a reply."""

    sessions: int


Notice: TypeAlias = Listening | Ready | SelfTest | SelfTestSkipped | SelfTestFailed | Stopping


@dataclass(frozen=True, slots=True)
class Life:
    """What a server is to live by. tell: called with each notice, on the event loop.

    stop: set by whoever wants it to end. proof: whether to ask itself a question.
    """

    config: Config
    tell: Callable[[Notice], None]
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    self_test: bool = True


async def serve(life: Life) -> None:
    """Serve until asked to stop; then end what runs, within `drain_s`, and close everything.

    Raises BadConfig for addresses, ports or TLS files that cannot be used, and what
    `open_engines` does.
    """
    began = time.perf_counter()
    service = Service(life.config)
    settings = service.settings
    UdpPorts.of(settings)
    listener = make_listener(make_app(service), settings)
    host = listening_host(settings)
    with bound(host, settings.port) as socket:
        port = socket.getsockname()[1]
        url = f"http{'s' if settings.tls_cert else ''}://{_readable(host)}:{port}"
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(listener.serve([socket]))
            life.tell(Listening(url))
            work = group.create_task(_kept(_work(life, service, url, began)))
            asked = group.create_task(life.stop.wait())
            await asyncio.wait({listening, work, asked}, return_when=asyncio.FIRST_COMPLETED)
            if life.stop.is_set():
                life.tell(Stopping(len(service.conversations)))
            await _drain(service, listener, listening)
            work.cancel()
            asked.cancel()
    if not work.cancelled() and (failure := work.result()) is not None:
        raise failure


async def _kept(work: Coroutine[None, None, None]) -> Exception | None:
    """What the work raised: others are to end in good order before it is told."""
    try:
        await work
    except Exception as error:  # noqa: BLE001 - raised by `serve`
        return error
    return None


async def _work(life: Life, service: Service, url: str, began: float) -> None:
    """Have the engines and the other protocols' listeners, as long as this is not cancelled."""
    async with open_engines(service.config, lenient=True) as engines, AsyncExitStack() as stack:
        await examine(engines)
        check_names(engines, service.settings)
        wyoming = None
        if service.settings.wyoming:
            from vivavoce.server.wyoming.server import wyoming_server  # it takes a while to import

            wyoming = await stack.enter_async_context(wyoming_server(service))
        service.ready(engines)
        down = tuple(state for state in configured_states(service) if state.state == "down")
        life.tell(Ready(url, wyoming, time.perf_counter() - began, down))
        async with asyncio.TaskGroup() as group:
            group.create_task(watch(service))
            if life.self_test:
                life.tell(await _proved(service))


async def _proved(service: Service) -> SelfTest | SelfTestSkipped | SelfTestFailed:
    try:
        return await prove(service.engines, service.config.session)
    except Exception as error:  # noqa: BLE001 - an engine may raise anything
        log.warning("the spoken question failed: %s", describe(error))
        return SelfTestFailed(describe(error))


async def _drain(service: Service, listener: HttpListener, listening: asyncio.Task[None]) -> None:
    """End sessions after their replies and requests after their answers, all within `drain_s`;
    what still runs then is told so, and cut.
    """
    clock = asyncio.get_running_loop().time
    deadline = clock() + service.settings.drain_s
    service.drain()
    await _ended(service, deadline)
    service.conversations.end()
    await _ended(service, clock() + _FAREWELL_S)
    listener.config.timeout_graceful_shutdown = max(1, math.ceil(deadline - clock()))
    listener.should_exit = True
    await asyncio.wait({listening})
    service.conversations.cancel()
    await _ended(service, clock() + _CANCELLED_S)


async def _ended(service: Service, deadline: float) -> None:
    """Wait until no conversation runs, but not longer than that."""
    with suppress(TimeoutError):
        async with asyncio.timeout_at(deadline):
            await service.conversations.ended()


def _readable(host: str) -> str:
    """The host as somebody on this machine may write it in an address."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104
    return f"[{host}]" if ":" in host else host
