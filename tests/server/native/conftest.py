"""Clients of the own WebSockets, for tests."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from vivavoce.audio import Audio, Samples, from_pcm16, to_pcm16
from vivavoce.testing import hush, say

if TYPE_CHECKING:
    from tests.server.conftest import Served

Told = dict[str, object]


class Device:
    """One client. events, audio: all that came, in order; `order` has both."""

    def __init__(self, connection: ClientConnection) -> None:
        self.socket = connection
        self.events: list[Told] = []
        self.audio: list[bytes] = []
        self.order: list[Told | bytes] = []

    async def tell(self, **message: object) -> None:
        """Send JSON."""
        await self.socket.send(json.dumps(message))

    async def speak(self, *audio: Audio) -> None:
        """Send 16-bit PCM, as fast as it is taken."""
        for stretch in audio:
            await self.socket.send(to_pcm16(stretch.samples))

    async def ask(self) -> None:
        """Say something, and fall silent."""
        await self.speak(hush(0.3), say(1.0), hush(3.0))

    async def until(self, name: str, **fields: object) -> Told:
        """The next event of this name with these fields; all before it are kept."""
        async with asyncio.timeout(20):
            while True:
                message = await self.socket.recv()
                if isinstance(message, bytes):
                    self.audio.append(message)
                    self.order.append(message)
                    continue
                event: Told = json.loads(message)
                self.events.append(event)
                self.order.append(event)
                if event["event"] == name and fields.items() <= event.items():
                    return event

    async def closed(self) -> tuple[int, str]:
        """How the server closes; what comes before is kept."""
        with pytest.raises(ConnectionClosed) as closed:
            await self.until("Nothing")
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code, closed.value.rcvd.reason

    def of(self, name: str) -> list[Told]:
        """The events of this name so far."""
        return [event for event in self.events if event["event"] == name]

    @property
    def heard(self) -> Samples:
        """The 16-bit PCM that came, as samples."""
        return from_pcm16(b"".join(self.audio))


class Devices:
    """Clients of a server's WebSockets."""

    @asynccontextmanager
    async def __call__(self, url: str, **start: object) -> AsyncIterator[Device]:
        """A client of the address, started with these fields if there are any."""
        async with connect(url, compression=None) as connection:
            client = Device(connection)
            if start:
                await client.tell(type="start", **start)
                await client.until("Started")
            yield client

    def narrow(self, server: Served) -> socket.socket:
        """A connection that holds little of what its owner does not read."""
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(server.address)
        client.setblocking(False)
        return client

    async def talk_to(self, server: Served) -> None:
        """See that somebody else can talk, and is answered."""
        async with self(f"{server.ws_url}/voice", rate=16_000) as client:
            await client.tell(type="say", text="All is well.")
            ended = await client.until("ReplyEnded")
            assert (ended["heard"], ended["why"]) == ("All is well.", "done")

    async def have_left(self, server: Served) -> None:
        """Wait until the server has no session left."""
        async with asyncio.timeout(10):
            await server.service.conversations.ended()


@pytest.fixture
def device() -> Devices:
    """Clients: `async with device(url, rate=16_000) as client`."""
    return Devices()
