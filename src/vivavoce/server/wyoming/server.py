"""The Wyoming server: a task for each client, which answers one request after another."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import urlsplit

from wyoming.asr import Transcribe as TranscribeEvent
from wyoming.asr import Transcript as TranscriptEvent
from wyoming.audio import AudioStart
from wyoming.error import Error
from wyoming.event import Event
from wyoming.tts import Synthesize, SynthesizeStart

from vivavoce.errors import BadConfig, BadRequest
from vivavoce.server.access.admission import Caller
from vivavoce.server.access.byte_budget import Account
from vivavoce.server.http.outbox import Gone
from vivavoce.server.http.transports import STALL_S
from vivavoce.server.service import Service
from vivavoce.server.session_host import host, problem_to_tell

from .chat import ChatHistories, handle
from .connection import WyomingConnection
from .frames import MOST_HEADER
from .info import info_of
from .stt import hear, watch
from .tts import speak, speak_along
from .wire import PcmFormat, Speak, Transcribe, TranscriptText, parsed

log = logging.getLogger(__name__)

_CALLER = Caller("wyoming")
"""The protocol has no keys: who reaches the port may use it."""
_LINGER_S = 2.0


@asynccontextmanager
async def wyoming_server(service: Service, *, stall_s: float = STALL_S) -> AsyncIterator[str]:
    """Listen where `server.wyoming` says, and yield the address, such as `tcp://0.0.0.0:10300`.

    At the end nobody new is let in, and requests under way may end within `drain_s`.
    stall_s: a client that reads nothing for so long is dropped.
    Raises BadConfig for an address that is none or cannot be had.
    """
    settings = service.settings
    host, port = address_of(settings.wyoming)
    house = _WyomingServer(service, stall_s)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(house.open())
        listening = await _listen(house, host, port)
        stack.callback(listening.close)
        port = listening.sockets[0].getsockname()[1]
        if settings.wyoming_zeroconf:
            from .zeroconf_announcement import announced

            await stack.enter_async_context(announced(host, port))
        yield f"tcp://{f'[{host}]' if ':' in host else host}:{port}"


async def _listen(house: _WyomingServer, host: str, port: int) -> asyncio.Server:
    try:
        return await asyncio.start_server(house.accept, host, port, limit=MOST_HEADER)
    except OSError as error:
        known = not isinstance(error, socket.gaierror) and error.errno is not None
        reason = os.strerror(error.errno or 0) if known else error.strerror
        message = f"server.wyoming: cannot listen on {host} port {port}: {reason}"
        raise BadConfig(message) from error


def address_of(url: str) -> tuple[str, int]:
    """The host and the port of `tcp://host:port`. Raises BadConfig for anything else."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if host is None or port is None or parts.scheme != "tcp":
        raise BadConfig(f"server.wyoming: {url!r} is not an address; try tcp://0.0.0.0:10300")
    return host, port


class _WyomingServer:
    """All clients of one server, and what they share."""

    def __init__(self, service: Service, stall_s: float) -> None:
        self._service = service
        self._stall_s = stall_s
        self._histories = ChatHistories(service.config.session.history_turns)
        self._info: Event | None = None
        self._guests: dict[asyncio.Task[None], WyomingConnection] = {}
        self._group: asyncio.TaskGroup | None = None
        self._opened = asyncio.Event()
        self._closing = asyncio.Event()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Take clients in; at the end let them go as `_empty` says."""
        # A task of its own, for a group around the `yield` would wrap what the body raises.
        running = asyncio.create_task(self._run())
        try:
            await self._opened.wait()
            yield
            self._closing.set()
            await asyncio.wait({running})
        finally:
            running.cancel()
            await asyncio.wait({running})

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a client who has just connected."""
        if self._group is None or self._closing.is_set():
            writer.transport.abort()
            return
        link = WyomingConnection(self._service, reader, writer, self._describe, self._stall_s)
        task = self._group.create_task(self._serve(link))
        self._guests[task] = link
        task.add_done_callback(self._guests.pop)

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as self._group:
            self._opened.set()
            await self._closing.wait()
            await self._empty()

    async def _empty(self) -> None:
        """Let everybody go: after the request under way, and within `drain_s`."""
        for link in self._guests.values():
            link.finish()
        if self._guests:
            await asyncio.wait(set(self._guests), timeout=self._service.settings.drain_s)
        for task in self._guests:
            task.cancel()

    def _describe(self) -> Event:
        if self._info is None:
            self._info = info_of(self._service).event()
        return self._info

    async def _serve(self, link: WyomingConnection) -> None:
        """Answer a client until it is gone; never raises."""
        linger_s = 0.0
        try:
            await host(
                self._service,
                "wyoming",
                _CALLER,
                lambda _, account: self._converse(link, account),
                finish=link.finish,
            )
            if link.fault is not None:
                raise link.fault
            linger_s = _LINGER_S
        except Exception as error:  # noqa: BLE001 - told to the client, and logged
            if await _told(link, error):
                linger_s = _LINGER_S
        finally:
            self._histories.forget(link)
            await link.aclose(linger_s)

    async def _converse(self, link: WyomingConnection, account: Account) -> None:
        async with asyncio.TaskGroup() as group:
            working = group.create_task(self._work(link))
            receiving = group.create_task(link.receive(working, account))
            await asyncio.wait({working})
            receiving.cancel()

    async def _work(self, link: WyomingConnection) -> None:
        while (event := await link.next()) is not None:
            await self._answer(link, event)

    async def _answer(self, link: WyomingConnection, event: Event) -> None:
        if TranscribeEvent.is_type(event.type):
            await _hear(link, parsed(event, Transcribe))
        elif AudioStart.is_type(event.type):
            parsed(event, PcmFormat)
            await watch(link)
        elif Synthesize.is_type(event.type):
            await speak(link, parsed(event, Speak))
        elif SynthesizeStart.is_type(event.type):
            await speak_along(link, parsed(event, Speak))
        elif TranscriptEvent.is_type(event.type):
            await handle(link, parsed(event, TranscriptText), self._histories)
        else:
            log.debug("ignored an event of type %r", event.type)


async def _hear(link: WyomingConnection, wish: Transcribe) -> None:
    """As `hear`; what the engine refuses is told, and the connection goes on."""
    try:
        await hear(link, wish)
    except BadRequest as error:
        if not await _told(link, error):
            raise
        await link.pass_over_audio()


async def _told(link: WyomingConnection, error: Exception) -> bool:
    """Whether the client could be told."""
    problem = problem_to_tell(error, "wyoming")
    if problem is None:
        return False
    try:
        await link.send(Error(str(problem), problem.code))
    except Gone as gone:
        log.debug("%s", gone)
        return False
    return True
