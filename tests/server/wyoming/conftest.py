"""A Wyoming server on a free port of this machine, and guests who speak to it."""

from __future__ import annotations

import vivavoce.server.wyoming  # noqa: F401  # before the package that it keeps quiet

# isort: split
import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pytest
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.event import Event, Eventable

from vivavoce.audio import Audio, to_pcm16
from vivavoce.config.configuration import load_config
from vivavoce.conversation.session import Engines
from vivavoce.engines import Stt, Tts
from vivavoce.server.service import Service
from vivavoce.server.wyoming import wyoming_server
from vivavoce.server.wyoming.server import address_of
from vivavoce.testing import ScriptedLlm, ScriptedStt, ScriptedTts, ScriptedTurn, ScriptedVad

ANYWHERE = "tcp://127.0.0.1:0"


class Guest(AsyncTcpClient):
    """The package's client, with less to write."""

    async def send(self, *messages: Eventable) -> None:
        """Send them."""
        for message in messages:
            await self.write_event(message.event())

    async def until(self, last: type[Eventable]) -> list[Event]:
        """The events up to one of this kind."""
        events: list[Event] = []
        while not events or not last.is_type(events[-1].type):
            event = await self.read_event()
            assert event is not None, f"the server has left after {[e.type for e in events]}"
            events.append(event)
        return events

    def vanish(self) -> None:
        """Cut the connection."""
        assert self._writer is not None
        self._writer.transport.abort()


@dataclass(frozen=True)
class House:
    """A server that runs."""

    service: Service
    host: str
    port: int

    def guest(self) -> Guest:
        """A client, to be entered."""
        return Guest(self.host, self.port)

    async def fault(self, *messages: Eventable) -> str:
        """What a guest who sends this is told before the server closes the connection."""
        async with self.guest() as guest:
            await guest.send(*messages)
            said = ""
            while (event := await guest.read_event()) is not None:
                if event.type == "error":
                    said = str(event.data["text"])
            return said


@asynccontextmanager
async def open_house(
    server: Mapping[str, object] | None = None,
    *,
    stt: Stt | None = None,
    llm: ScriptedLlm | None = None,
    tts: Tts | None = None,
    session: Mapping[str, object] | None = None,
    stall_s: float = 20.0,
) -> AsyncIterator[House]:
    """A server that is ready; at the end it has left no task behind."""
    overrides = {"server": {"wyoming": ANYWHERE, **(server or {})}, "session": session or {}}
    service = Service(load_config(overrides=overrides, environment={}))
    service.ready(
        Engines(
            ScriptedVad(),
            ScriptedTurn(),
            stt or ScriptedStt("turn on the light"),
            llm or ScriptedLlm(),
            tts or ScriptedTts(),
        )
    )
    before = asyncio.all_tasks()
    async with wyoming_server(service, stall_s=stall_s) as address:
        yield House(service, *address_of(address))
    assert asyncio.all_tasks() == before
    assert service.admission.sessions == 0


def audio_events(*parts: Audio, width: int = 2, channels: int = 1) -> list[Eventable]:
    """Audio as a client sends it: 16-bit unless told otherwise."""
    rate = parts[0].rate
    samples = np.concatenate([part.samples for part in parts])
    messages: list[Eventable] = [AudioStart(rate, width, channels)]
    for at in range(0, len(samples), 1024):
        data = encode(samples[at : at + 1024], width, channels)
        messages.append(AudioChunk(rate, width, channels, data))
    return [*messages, AudioStop()]


def encode(samples: Any, width: int, channels: int) -> bytes:
    """PCM as WAV files have it, the same in all channels."""
    many = np.repeat(samples, channels)
    match width:
        case 1:
            return bytes((np.round(many * 127) + 128).astype(np.uint8))
        case 2:
            return to_pcm16(many)
        case 3:
            wide = np.round(many * (2**23 - 1)).astype("<i4")
            return wide.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    return np.round(many.astype(np.float64) * (2**31 - 1)).astype("<i4").tobytes()


Party: TypeAlias = Callable[..., AbstractAsyncContextManager[House]]
Spoken: TypeAlias = Callable[..., list[Eventable]]
Encoded: TypeAlias = Callable[[Any, int, int], bytes]


@pytest.fixture
def party() -> Party:
    """Servers as the test wants them: `async with party(llm=…) as house`."""
    return open_house


@pytest.fixture
def spoken() -> Spoken:
    """The events of some audio."""
    return audio_events


@pytest.fixture(scope="session")
def encoded() -> Encoded:
    """The bytes of some audio."""
    return encode
