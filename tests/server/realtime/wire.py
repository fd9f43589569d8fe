"""A Realtime client that sends whatever a test wants, over a real WebSocket."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from vivavoce.audio import Audio, from_pcm16, to_pcm16
from vivavoce.testing import hush, say

if TYPE_CHECKING:
    from tests.server.conftest import Served

Told: TypeAlias = dict[str, Any]
RATE = 24_000
QUESTION = hush(0.3, rate=RATE), say(1.0, rate=RATE), hush(1.5, rate=RATE)


class Wire:
    """One client. events: all that came, in order."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.events: list[Told] = []

    async def tell(self, kind: str, **fields: object) -> None:
        """Send an event."""
        await self.socket.send(json.dumps({"type": kind, **fields}))

    async def configure(self, **session: object) -> Told:
        """Change the session; returns it as it is then."""
        await self.tell("session.update", session={"type": "realtime", **session})
        return cast(Told, (await self.until("session.updated"))["session"])

    async def append(self, data: bytes) -> None:
        """Send audio, whatever it is."""
        await self.tell("input_audio_buffer.append", audio=b64encode(data).decode())

    async def speak(self, *audio: Audio) -> None:
        """Say this, as fast as it is taken."""
        for stretch in audio:
            samples = stretch.samples
            for start in range(0, len(samples), RATE // 10):
                await self.append(to_pcm16(samples[start : start + RATE // 10]))

    async def write(self, text: str) -> None:
        """Add what the user writes, and ask for an answer."""
        part = {"type": "input_text", "text": text}
        item = {"type": "message", "role": "user", "content": [part]}
        await self.tell("conversation.item.create", item=item)
        await self.tell("response.create")

    async def until(self, kind: str) -> Told:
        """The next event of this kind; all before it are kept."""
        async with asyncio.timeout(20):
            while True:
                event: Told = json.loads(await self.socket.recv())
                self.events.append(event)
                if event["type"] == kind:
                    return event

    async def error(self) -> Told:
        """What the next error tells."""
        return cast(Told, (await self.until("error"))["error"])

    async def answered(self, delta: str = "response.output_audio_transcript.delta") -> str:
        """What the model says until its next reply ends."""
        before = len(self.events)
        done = await self.until("response.done")
        assert done["response"]["status"] == "completed", done
        told = [event for event in self.events[before:] if event["type"] == delta]
        return "".join(event["delta"] for event in told)

    async def closed(self) -> tuple[int, str]:
        """How the server closes; what comes before is kept."""
        with pytest.raises(ConnectionClosed) as closed:
            await self.until("nothing")
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code, closed.value.rcvd.reason

    def of(self, kind: str) -> list[Told]:
        """The events of this kind so far."""
        return [event for event in self.events if event["type"] == kind]

    def sound(self, kind: str = "response.output_audio.delta") -> Audio:
        """All audio that came so far."""
        pieces = [from_pcm16(b64decode(event["delta"])) for event in self.of(kind)]
        return Audio(np.concatenate([np.zeros(0, np.float32), *pieces]), RATE)


@asynccontextmanager
async def open_wire(
    server: Served,
    query: str = "?model=gpt-realtime",
    *,
    protocols: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
) -> AsyncIterator[Wire]:
    """A client of `/v1/realtime`."""
    offered = [Subprotocol(each) for each in protocols] or None
    url = f"{server.ws_url}/v1/realtime{query}"
    async with connect(
        url, subprotocols=offered, additional_headers=headers, compression=None
    ) as socket:
        yield Wire(socket)


async def talk(wire: Wire) -> str:
    """Say "All is well." by typing, and hear the answer of an engine that says it back."""
    await wire.write("All is well.")
    return await wire.answered()


@asynccontextmanager
async def going_on(server: Served, headers: Mapping[str, str] | None = None) -> AsyncIterator[None]:
    """Another client, who talks before and after what happens within; then all have left."""
    async with open_wire(server, headers=headers) as other:
        assert "All is well." in await talk(other)
        yield
        assert "All is well." in await talk(other)
        await are_left(server, 1)
    await are_left(server, 0)


async def are_left(server: Served, sessions: int) -> None:
    """Wait until so many sessions are left."""
    async with asyncio.timeout(10):
        while len(server.service.conversations) > sessions:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0)
    assert server.service.admission.sessions == sessions
