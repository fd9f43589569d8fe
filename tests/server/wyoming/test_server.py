"""What is told of the server, what goes wrong with its clients, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

import pytest
from wyoming.asr import Transcribe, Transcript, TranscriptStop
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.event import Event, Eventable
from wyoming.handle import Handled, HandledStop
from wyoming.info import Describe, Info
from wyoming.ping import Ping, Pong
from wyoming.tts import (
    Synthesize,
    SynthesizeStop,
    SynthesizeVoice,
)
from wyoming.vad import VoiceStarted

from vivavoce.config.configuration import load_config
from vivavoce.engines import LlmOptions
from vivavoce.errors import BadConfig, EngineError
from vivavoce.server.service import Service
from vivavoce.server.wyoming import wyoming_server
from vivavoce.server.wyoming.server import address_of
from vivavoce.testing import ScriptedLlm, ScriptedStt, ScriptedTts, say

if TYPE_CHECKING:
    from tests.server.wyoming.conftest import House, Party, Spoken


def types_of(events: list[Event]) -> list[str]:
    return [event.type for event in events]


async def test_describe_tells_what_is_there(party: Party) -> None:
    async with party() as house, house.guest() as client:
        await client.send(Describe())
        [event] = await client.until(Info)
    info = Info.from_event(event)
    [asr], [tts], [handle] = info.asr, info.tts, info.handle
    assert [model.languages for model in asr.models] == [["en"]]
    assert [voice.name for voice in tts.voices] == ["tone", "other"]
    assert asr.supports_transcript_streaming
    assert tts.supports_synthesize_streaming
    assert handle.supports_handled_streaming
    assert not handle.supports_home_control
    for artifact in (asr, tts, handle, *asr.models, *tts.voices, *handle.models):
        assert artifact.name
        assert artifact.installed
        assert artifact.description
        assert artifact.version
        assert artifact.attribution.name


async def test_an_engine_that_does_not_tell_its_languages_offers_all(party: Party) -> None:
    async with party(stt=ScriptedStt("hello", languages=())) as house, house.guest() as client:
        await client.send(Describe())
        [event] = await client.until(Info)
    [model] = Info.from_event(event).asr[0].models
    assert {"de", "en", "sw", "zh"} <= set(model.languages)
    assert len(model.languages) > 90


async def test_pings_and_describe_are_answered_in_the_midst_of_audio(
    party: Party, spoken: Spoken
) -> None:
    async with party() as house, house.guest() as client:
        start, *chunks, stop = spoken(say(1.0))
        await client.send(Transcribe(), start, chunks[0], Ping("hello"), Describe())
        events = await client.until(Info)
        assert [Pong.from_event(e).text for e in events if Pong.is_type(e.type)] == ["hello"]
        await client.send(*chunks[1:], stop)
        events = await client.until(Transcript)
    assert Transcript.from_event(events[-1]).text == "turn on the light"


async def test_events_that_mean_nothing_here_are_passed_over(party: Party) -> None:
    async with party() as house, house.guest() as client:
        await client.write_event(Event("satellite-of-love", {"a": 1}, b"xyz"))
        await client.send(AudioStop(), SynthesizeStop(), Describe())
        assert types_of(await client.until(Info)) == ["info"]


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (Synthesize("Hello.", voice=SynthesizeVoice(name="nobody")), "no voice 'nobody'"),
        (Synthesize("<speak", text_format="ssml"), "SSML: line 1"),
        (Synthesize("a" * 100_001), "limit of 100,000 characters"),
        (AudioStart(1, 2, 1), "audio-start.rate"),
        (AudioStart(16_000, 5, 1), "audio-start.width"),
        (AudioStart(16_000, 2, 0), "audio-start.channels"),
    ],
    ids=["voice", "ssml", "length", "rate", "width", "channels"],
)
async def test_a_wish_that_cannot_be_granted_is_told(
    party: Party, message: Eventable, told: str
) -> None:
    async with party() as house:
        assert told in await house.fault(message)
        assert house.service.admission.sessions == 0


async def test_half_a_sample_is_told(party: Party) -> None:
    async with party() as house:
        chunk = AudioChunk(16_000, 2, 2, b"abc")
        told = await house.fault(Transcribe(), AudioStart(16_000, 2, 2), chunk)
    assert "send a multiple of 4" in told


async def test_too_much_audio_is_told_while_it_comes(party: Party, spoken: Spoken) -> None:
    async with party({"limits": {"audio_s": 2}}) as house:
        told = await house.fault(Transcribe(), *spoken(say(3.0)))
    assert "limit of 2 s" in told


async def test_a_voice_that_fails_is_told_and_others_go_on(party: Party) -> None:
    tts = ScriptedTts(fail=EngineError("hoarse"))
    async with party(tts=tts) as house, house.guest() as other:
        assert await house.fault(Synthesize("Hello.")) == "hoarse"
        tts.fail = None
        await other.send(Synthesize("Hello."))
        assert "audio-chunk" in types_of(await other.until(AudioStop))


async def test_past_the_bound_new_clients_are_refused_and_the_old_ones_served(party: Party) -> None:
    async with party({"limits": {"sessions": 1}}) as house, house.guest() as first:
        await first.send(Describe())
        await first.until(Info)
        assert "1 of 1 sessions are in use" in await house.fault()
        await first.send(Describe())
        await first.until(Info)


async def test_before_the_engines_are_ready_clients_are_told_to_wait(party: Party) -> None:
    async with party() as house:
        house.service.loaded = None
        assert "still loading" in await house.fault(Describe())


async def test_a_client_that_says_nothing_is_let_go(party: Party) -> None:
    async with party({"limits": {"idle_s": 0.05}}) as house, house.guest() as client:
        assert await client.read_event() is None


async def test_a_client_that_waits_for_its_answer_is_not_idle(party: Party) -> None:
    llm = ScriptedLlm("It is on.")
    llm.hold = asyncio.Event()
    async with (
        party({"limits": {"idle_s": 0.05}}, llm=llm) as house,
        house.guest() as other,
        house.guest() as client,
    ):
        await client.send(Transcript("hello"))
        assert await other.read_event() is None
        assert llm.running
        llm.hold.set()
        await client.until(HandledStop)


async def test_many_clients_are_served_side_by_side(party: Party, spoken: Spoken) -> None:
    stt = ScriptedStt(*["turn on the light"] * 4)

    async def guest(house: House) -> None:
        async with house.guest() as client:
            await client.send(Transcribe(), *spoken(say(1.0)))
            events = await client.until(TranscriptStop)
            assert Transcript.from_event(events[-2]).text == "turn on the light"
            await client.send(Synthesize("It is on."))
            await client.until(AudioStop)
            await client.send(Transcript("hello"))
            await client.until(HandledStop)

    async with party(stt=stt) as house, asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(guest(house))


async def test_a_connection_does_not_last_for_ever(party: Party) -> None:
    async with party({"limits": {"session_s": 0.05}}) as house:
        assert "limit of 0.05 s" in await house.fault()


class Endless(ScriptedLlm):
    """Never comes to an end, but for being closed."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()
        self.ended = asyncio.Event()

    async def reply(self, messages: Any, options: LlmOptions) -> AsyncGenerator[Any, None]:
        self.begun.set()
        try:
            await asyncio.Event().wait()
            yield None
        finally:
            self.ended.set()


@pytest.mark.parametrize("abruptly", [False, True])
async def test_a_client_that_vanishes_stops_the_model(party: Party, abruptly: bool) -> None:
    llm = Endless()
    async with party(llm=llm) as house:
        client = house.guest()
        await client.connect()
        await client.send(Transcript("hello"))
        await llm.begun.wait()
        if abruptly:
            client.vanish()
        else:
            await client.disconnect()
        await llm.ended.wait()


@pytest.mark.parametrize("abruptly", [False, True])
async def test_a_client_that_vanishes_in_the_midst_of_its_answer_harms_no_other(
    party: Party, abruptly: bool
) -> None:
    class Slow(ScriptedLlm):
        async def reply(self, messages: Any, options: LlmOptions) -> AsyncGenerator[Any, None]:
            begun.set()
            async for thought in super().reply(messages, options):
                yield thought

    begun = asyncio.Event()
    llm = Slow("And so it goes, on and on. " * 20)
    llm.hold = asyncio.Event()
    async with party(llm=llm) as house:
        client = house.guest()
        await client.connect()
        await client.send(Transcript("hello"))
        await begun.wait()
        if abruptly:
            client.vanish()
        else:
            await client.disconnect()
        llm.hold.set()
        await house.service.conversations.ended()
        async with house.guest() as other:
            await other.send(Describe())
            assert types_of(await other.until(Info)) == ["info"]


async def test_a_client_that_vanishes_in_the_midst_of_audio_leaves_nothing_open(
    party: Party, spoken: Spoken
) -> None:
    stt = ScriptedStt("turn on the light")
    async with party(stt=stt) as house, house.guest() as client:
        await client.send(Transcribe(), *spoken(say(0.6))[:-1])
        await client.until(VoiceStarted)
    assert stt.open_streams == 0


async def test_a_client_that_reads_nothing_is_dropped(party: Party) -> None:
    tts = ScriptedTts()
    async with party(tts=tts, stall_s=0.1) as house, house.guest() as client:
        await client.send(Synthesize("And so it goes, on and on. " * 3_000))
        await client.until(AudioStart)
        await house.service.conversations.ended()
        assert tts.running == 0


async def test_a_request_under_way_ends_before_the_server_does(party: Party) -> None:
    class Held(ScriptedLlm):
        async def reply(self, messages: Any, options: LlmOptions) -> AsyncGenerator[Any, None]:
            async for thought in super().reply(messages, options):
                begun.set()
                yield thought

    begun = asyncio.Event()
    llm = Held("It is on.")
    async with party(llm=llm) as house:
        client = house.guest()
        await client.connect()
        await client.send(Transcript("hello"))
        await begun.wait()
        house.service.drain()
    assert Handled.from_event((await client.until(HandledStop))[-2]).text == "It is on."
    assert await client.read_event() is None
    await client.disconnect()


async def test_at_the_end_of_patience_the_server_closes_all_the_same(party: Party) -> None:
    llm = Endless()
    async with party({"drain_s": 0.05}, llm=llm) as house:
        client = house.guest()
        await client.connect()
        await client.send(Transcript("hello"))
        await llm.begun.wait()
    assert llm.ended.is_set()
    await client.disconnect()


@pytest.mark.parametrize(
    "url", ["", "10300", "http://a:1", "tcp://a", "tcp://a:b", "tcp://a:99999"]
)
def test_an_address_that_is_none_is_a_wrong_configuration(url: str) -> None:
    with pytest.raises(BadConfig, match="is not an address"):
        address_of(url)


async def test_a_port_that_is_taken_is_a_wrong_configuration(party: Party) -> None:
    async with party() as house:
        address = f"tcp://127.0.0.1:{house.port}"
        service = Service(load_config(overrides={"server": {"wyoming": address}}, environment={}))
        with pytest.raises(BadConfig, match="cannot listen"):
            async with wyoming_server(service):
                pass
