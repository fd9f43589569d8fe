"""A conversation in a room that echoes, with the engines that come out of the box."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import numpy as np

from vivavoce.audio import Audio, Samples
from vivavoce.conversation.session import Engines, Session
from vivavoce.devices.audio_processing import WebRtcCleaner
from vivavoce.devices.duplex import Duplex
from vivavoce.engine.espeak.tts import EspeakNg
from vivavoce.engine.moonshine.stt import Moonshine
from vivavoce.engine.silero import SileroVad
from vivavoce.engine.smart_turn import SmartTurn
from vivavoce.engines import Message
from vivavoce.events import Event, Heard, Paused, ReplyEnded, SpeechStarted
from vivavoce.settings import SessionSettings, TurnSettings
from vivavoce.testing import ScriptedLlm

if TYPE_CHECKING:
    from tests.real.conftest import Recording

RATE, BLOCK = 48_000, 480
LONG = (
    "The sun is a star at the centre of the solar system. It is a hot ball of glowing gas, and "
    "nearly all of the light and warmth that life on the earth needs comes from there."
)
SETTINGS = SessionSettings(system_prompt="", turns=TurnSettings(eagerness="low"))
QUESTION, STATEMENT = "riva/en-US_sample.wav", "leopard/test.wav"


class Room:
    """Devices that buffer 40 ms each way, in a room that gives the reply back at -6 dB."""

    def __init__(self, duplex: Duplex, session: Session, events: list[Event]) -> None:
        self.duplex, self.session, self.events = duplex, session, events
        self.on_its_way = [np.zeros(BLOCK, np.float32)] * 4
        self.air: list[Samples] = [np.zeros(BLOCK, np.float32)] * 4
        self.noise = np.random.default_rng(0)
        self.now = 0.0

    async def hears(self, audio: Audio) -> None:
        """This is said, and the room echoes."""
        samples = audio.resampled(RATE).samples
        for first in range(0, len(samples) - BLOCK + 1, BLOCK):
            self.on_its_way.append(self.duplex.rendered(at=self.now + 0.04))
            sounding = self.on_its_way.pop(0)
            heard = samples[first : first + BLOCK] + 0.4 * sounding + 0.2 * self.air[-3]
            heard = heard + 3e-4 * self.noise.standard_normal(BLOCK)
            self.air = [*self.air[1:], sounding]
            self.duplex.captured(heard.astype(np.float32), at=self.now)
            self.now += 0.01
            await self.session.settled()

    async def waits(self, seconds: float) -> None:
        await self.hears(Audio.silence(seconds, RATE))

    @property
    def finals(self) -> list[str]:
        return [e.transcript.text for e in self.events if isinstance(e, Heard) and e.final]

    @property
    def replies(self) -> list[ReplyEnded]:
        return [event for event in self.events if isinstance(event, ReplyEnded)]


def answer(messages: Sequence[Message]) -> str:
    return LONG if "language" in messages[-1].content else "Yes."


@asynccontextmanager
async def room() -> AsyncIterator[Room]:
    events: list[Event] = []
    duplex = Duplex(RATE, cleaner=WebRtcCleaner(RATE))
    turn, llm = SmartTurn(), ScriptedLlm(answer=answer)
    engines = Engines(SileroVad(), turn, Moonshine(), llm, EspeakNg())
    for engine in (engines.vad, engines.turn, engines.stt, engines.tts):
        await engine.load()
    session = Session(engines, duplex, events.append, settings=SETTINGS)
    async with asyncio.TaskGroup() as group:
        group.create_task(session.run(duplex.source()))
        await asyncio.sleep(0)
        yield Room(duplex, session, events)
        duplex.close()
    for engine in (engines.vad, engines.turn, engines.stt, engines.tts):
        await engine.aclose()


async def test_it_does_not_hear_itself(recording: Recording) -> None:
    async with room() as it:
        await it.waits(1.0)
        await it.hears(recording(QUESTION))
        await it.waits(14.0)
    assert it.finals == ["What is natural language processing?"]
    assert [(reply.heard, reply.why) for reply in it.replies] == [(LONG, "done")]
    assert len([event for event in it.events if isinstance(event, SpeechStarted)]) == 1
    assert not [event for event in it.events if isinstance(event, Paused)]


async def test_it_hears_who_interrupts_it(recording: Recording) -> None:
    async with room() as it:
        await it.waits(1.0)
        await it.hears(recording(QUESTION))
        await it.waits(4.0)
        await it.hears(recording(STATEMENT))
        await it.waits(4.0)
    assert "apostle of the middle classes" in it.finals[1]
    assert [reply.why for reply in it.replies] == ["interrupted", "done"]
    heard = it.replies[0].heard
    assert heard
    assert heard != LONG
    assert LONG.startswith(heard)
