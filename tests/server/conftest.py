"""A real server on a free port of this machine, in the test's own event loop."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from typing import TypeAlias

import pytest
import uvicorn
from fastapi import FastAPI

from vivavoce.config.configuration import load_config
from vivavoce.conversation.session import Engines
from vivavoce.engines import Llm, Stt, Tts, TurnDetector
from vivavoce.server.app import make_app
from vivavoce.server.service import Service
from vivavoce.testing import ScriptedLlm, ScriptedStt, ScriptedTts, ScriptedTurn, ScriptedVad


@dataclass(frozen=True, slots=True)
class Served:
    """A server that runs. url: `http://127.0.0.1:PORT`."""

    url: str
    service: Service
    app: FastAPI

    @property
    def ws_url(self) -> str:
        """The same for WebSockets: `ws://127.0.0.1:PORT`."""
        return self.url.replace("http", "ws", 1)

    @property
    def address(self) -> tuple[str, int]:
        """For sockets: the host and the port."""
        host, _, port = self.url.removeprefix("http://").partition(":")
        return host, int(port)


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that `vivavoce serve` runs on: uvloop, wherever there is one."""
    if sys.platform == "win32":
        return {"asyncio": asyncio.new_event_loop}
    from uvloop import new_event_loop

    return {"uvloop": new_event_loop}


Serving: TypeAlias = Callable[..., AbstractAsyncContextManager[Served]]
"""`serving(settings, engines)`, as below."""


@asynccontextmanager
async def open_server(
    settings: Mapping[str, object] | None = None,
    engines: Engines | None = None,
    *,
    session: Mapping[str, object] | None = None,
    stt: Stt | None = None,
    llm: Llm | None = None,
    tts: Tts | None = None,
    turn: TurnDetector | None = None,
    routes: Callable[[FastAPI], object] = lambda _: None,
) -> AsyncIterator[Served]:
    """A server, listening and ready; at the end it has left no task and no place behind.

    settings: the configuration's `server` section; `state` is a folder of its own by default.
    session: the configuration's `session` section.
    engines: all five; or some of them one by one, and the rest are scripted ones.
    routes: adds further ones to the application, for tests of what all routes rest on.
    """
    engines = engines or Engines(
        ScriptedVad(),
        turn or ScriptedTurn(),
        stt or ScriptedStt("hello there"),
        llm or ScriptedLlm(),
        tts or ScriptedTts(),
    )
    before = asyncio.all_tasks()
    state = Path(gettempdir(), f"vivavoce-state-{secrets.token_hex(8)}")  # made when needed
    chosen: dict[str, object] = {"state": str(state), **(settings or {})}
    limits = chosen.get("limits", {})
    assert isinstance(limits, Mapping)
    chosen["limits"] = {"talking": 0, **limits}  # scripted engines take no time
    config = load_config(overrides={"server": chosen, "session": session or {}}, environment={})
    service = Service(config)
    app = make_app(service)
    routes(app)
    setup = uvicorn.Config(
        app,
        log_config=None,
        lifespan="on",
        ws_max_size=int(2 * config.server.limits.message_mb * 1e6),
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=5,
    )
    setup.load()
    server = uvicorn.Server(setup)
    server.lifespan = setup.lifespan_class(setup)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    await server.startup([listener])
    try:
        service.ready(engines)
        yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}", service, app)
    finally:
        await server.shutdown([listener])
        shutil.rmtree(state, ignore_errors=True)
        left = asyncio.all_tasks() - before - {asyncio.current_task()}
        if left:
            await asyncio.wait(left, timeout=5)
    left = {task for task in left if not task.done()}
    assert not left, f"left behind: {left}"
    assert (service.admission.sessions, service.admission.computing) == (0, 0)


@pytest.fixture
def serving() -> Serving:
    """Servers as the test wants them: `async with serving({"keys": …}, llm=…) as server`."""
    return open_server


@pytest.fixture
async def server() -> AsyncIterator[Served]:
    """A server with scripted engines and the default settings."""
    async with open_server() as served:
        yield served
