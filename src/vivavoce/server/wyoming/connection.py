"""One client's connection: its events in order, and what is sent to it; both within bounds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from wyoming.audio import AudioChunk, AudioStart
from wyoming.event import Event, Eventable, async_write_event
from wyoming.info import Describe
from wyoming.ping import Ping, Pong

from vivavoce.errors import VivavoceError
from vivavoce.server.access.byte_budget import Account
from vivavoce.server.http.outbox import Gone
from vivavoce.server.http.transports import LEFT
from vivavoce.server.service import Service

from .frames import read_event
from .wire import ClientEvent, parsed

log = logging.getLogger(__name__)

_EVENTS_AHEAD = 1_000
_OVERHEAD = 500
"""Bytes that an event takes beside its audio."""
GRACE_S = 1.0
"""How long what a client sent before it closed may still be worked on."""


class WyomingConnection:
    """A client. `receive` runs as a task beside the work that takes its events.

    info: what `describe` is answered with; so is it, and `ping`, whatever else is going on.
    stall_s: how long the client may read nothing of what is sent.
    fault: why nothing more can be read, if it is the client's.
    """

    def __init__(
        self,
        service: Service,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        info: Callable[[], Event],
        stall_s: float,
    ) -> None:
        self.service = service
        self.fault: VivavoceError | None = None
        self._reader = reader
        self._writer = writer
        self._info = info
        self._stall_s = stall_s
        self._events: asyncio.Queue[Event | None] = asyncio.Queue(_EVENTS_AHEAD)
        self._finished = asyncio.Event()
        self._room = asyncio.Event()
        self._account: Account | None = None
        self._vanished = False
        self._in_audio = False

    async def receive(self, work: asyncio.Task[None], account: Account) -> None:
        """Read events until the client is gone, which ends the work for it.

        account: what waits is charged to it; while it is full, the client waits.
        """
        self._account = account
        while (event := await self._read()) is not None:
            size = _size(event)
            while not (self._events.empty() or account.fits(size)):
                self._room.clear()
                await self._room.wait()
            try:
                account.charge(size)
            except VivavoceError as error:
                self.fault = error
                break
            await self._events.put(event)
        if not self._vanished:
            await self._events.put(None)
            await asyncio.wait({work}, timeout=GRACE_S)
        work.cancel()

    async def next(self) -> Event | None:
        """The client's next event; None when it has ended or is to, or sends none for `idle_s`."""
        while (event := await self._next()) is not None:
            if self._account is not None:
                self._account.release(_size(event))
                self._room.set()
            if Describe.is_type(event.type):
                await self._write(self._info())
            elif Ping.is_type(event.type):
                await self.send(Pong(parsed(event, ClientEvent).text))
            else:
                self._in_audio = AudioChunk.is_type(event.type) or AudioStart.is_type(event.type)
                return event
        return None

    async def pass_over_audio(self) -> None:
        """Drop the rest of the audio that is coming in, up to its stop."""
        while self._in_audio and await self.next() is not None:
            pass

    async def send(self, message: Eventable) -> None:
        """Send it; waits while the client does not read. Raises Gone when it is, or never reads."""
        await self._write(message.event())

    def finish(self) -> None:
        """Take no more requests; the one under way goes on with what has come for it."""
        self._finished.set()

    async def aclose(self, linger_s: float) -> None:
        """Close the connection. linger_s: how long the client may take to read what was sent.

        What it still sends meanwhile is dropped: unread, it would cost it our last words.
        """
        try:
            async with asyncio.timeout(linger_s):
                self._writer.write_eof()
                while await self._reader.read(2**16):
                    pass
        except (*LEFT, TimeoutError):
            pass
        self._writer.transport.abort()

    async def _read(self) -> Event | None:
        try:
            return await read_event(self._reader)
        except OSError as error:
            log.debug("a client disconnected unexpectedly: %s", error)
            self._vanished = True
        except VivavoceError as error:
            self.fault = error
        return None

    async def _next(self) -> Event | None:
        """As `next`; once finished, only what has come already."""
        if not self._events.empty():
            return self._events.get_nowait()
        idle_s = self.service.limits.idle_s
        async with asyncio.TaskGroup() as group:
            coming = group.create_task(self._events.get())
            finished = group.create_task(self._finished.wait())
            done, _ = await asyncio.wait(
                {coming, finished}, timeout=idle_s, return_when=asyncio.FIRST_COMPLETED
            )
            coming.cancel()
            finished.cancel()
        if not done:
            log.info("a client sent nothing for %g s", idle_s)
        return coming.result() if coming in done else None

    async def _write(self, event: Event) -> None:
        try:
            async with asyncio.timeout(self._stall_s):
                await async_write_event(event, self._writer)
        except TimeoutError:
            self._writer.transport.abort()
            raise Gone(f"the client read nothing for {self._stall_s:g} s") from None
        except LEFT as error:
            raise Gone("the client disconnected") from error


def _size(event: Event) -> int:
    return len(event.payload or b"") + _OVERHEAD
