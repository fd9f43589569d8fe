"""Wyoming with the engines that come out of the box: what Home Assistant's pipeline would do."""

from __future__ import annotations

import vivavoce.server.wyoming  # noqa: F401  # before the package that it keeps quiet

# isort: split
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import numpy as np
import pytest
from wyoming.asr import Transcribe, Transcript, TranscriptChunk, TranscriptStop
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.event import Event, Eventable
from wyoming.handle import Handled, HandledChunk, HandledStop
from wyoming.info import Describe, Info
from wyoming.tts import SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeStopped
from wyoming.vad import VoiceStarted, VoiceStopped

from vivavoce.audio import Audio, from_pcm16, to_pcm16
from vivavoce.config.configuration import load_config
from vivavoce.loading.open_engines import open_engines
from vivavoce.server.service import Service
from vivavoce.server.wyoming import wyoming_server
from vivavoce.server.wyoming.server import address_of
from vivavoce.transcripts.word_errors import word_errors

if TYPE_CHECKING:
    from tests.real.conftest import Recording

QUILTER = "Mr. Quilter is the apostle of the middle classes and we are glad to welcome his gospel."
YEAR = "What is the capital of France? There are seven days in a week and twelve months in a year."
"""Understood without an error in each of 16 syntheses, which differ a little each time."""


@asynccontextmanager
async def served() -> AsyncIterator[tuple[str, int]]:
    """The address of a server with the embedded engines."""
    overrides = {"server": {"wyoming": "tcp://127.0.0.1:0"}, "session": {"temperature": 0}}
    config = load_config(overrides=overrides, environment={})
    service = Service(config)
    async with open_engines(config) as engines:
        service.ready(engines)
        async with wyoming_server(service) as address:
            yield address_of(address)


async def ask(address: tuple[str, int], last: type[Eventable], *messages: Eventable) -> list[Event]:
    """What comes up to an event of this kind, on a connection of its own."""
    async with AsyncTcpClient(*address) as client:
        for message in messages:
            await client.write_event(message.event())
        events: list[Event] = []
        while not events or not last.is_type(events[-1].type):
            event = await client.read_event()
            assert event is not None
            assert event.type != "error", event
            events.append(event)
        return events


def spoken(audio: Audio) -> list[Eventable]:
    chunks = [
        AudioChunk(audio.rate, 2, 1, to_pcm16(audio.samples[at : at + 1024]))
        for at in range(0, len(audio.samples), 1024)
    ]
    return [AudioStart(audio.rate, 2, 1), *chunks, AudioStop()]


def heard(events: list[Event]) -> str:
    [whole] = [Transcript.from_event(e).text for e in events if Transcript.is_type(e.type)]
    chunks = [TranscriptChunk.from_event(e).text for e in events if TranscriptChunk.is_type(e.type)]
    assert "".join(chunks) == whole
    return whole


@pytest.mark.timeout(120)
async def test_what_is_said_is_heard_spoken_and_handled(recording: Recording) -> None:
    speech = recording("leopard/test.wav")
    async with served() as address:
        [described] = await ask(address, Info, Describe())
        info = Info.from_event(described)
        assert info.asr[0].models[0].languages == ["en"]
        assert len(info.tts[0].voices) > 1

        events = await ask(
            address, TranscriptStop, Transcribe(language="en"), *spoken(speech.resampled(48_000))
        )
        assert word_errors(QUILTER, heard(events)).rate < 0.1
        edges = [e for e in events if VoiceStarted.is_type(e.type) or VoiceStopped.is_type(e.type)]
        assert 0 <= edges[0].data["timestamp"] < edges[-1].data["timestamp"] <= 5_900

        pieces = [SynthesizeChunk(f"{word} ") for word in YEAR.split()]
        stream = [SynthesizeStart(), *pieces, SynthesizeStop()]
        events = await ask(address, SynthesizeStopped, *stream)
        chunks = [AudioChunk.from_event(e) for e in events if AudioChunk.is_type(e.type)]
        assert len({chunk.rate for chunk in chunks}) == 1
        sound = from_pcm16(b"".join(chunk.audio for chunk in chunks))
        silence = np.zeros(chunks[0].rate // 2, np.float32)
        again = Audio(np.concatenate([silence, sound, silence]), chunks[0].rate)
        events = await ask(address, TranscriptStop, Transcribe(), *spoken(again))
        assert word_errors(YEAR, heard(events)).rate < 0.25

        context = {"conversation_id": "1"}
        question = Transcript("What is the capital of France?", context=context)
        events = await ask(address, HandledStop, question)
        [reply] = [Handled.from_event(e) for e in events if Handled.is_type(e.type)]
        written = [HandledChunk.from_event(e).text for e in events if HandledChunk.is_type(e.type)]
        assert reply.text == "".join(written)
        assert "Paris" in reply.text
        assert reply.context == context
