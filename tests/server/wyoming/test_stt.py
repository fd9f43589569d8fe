"""Speech in: text as it is understood, and where the voice is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wyoming.asr import Transcribe, Transcript, TranscriptChunk, TranscriptStart, TranscriptStop
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.event import Event
from wyoming.vad import VoiceStarted, VoiceStopped

from vivavoce.engines import Transcript as Transcript_
from vivavoce.engines import Transcript as Understood
from vivavoce.errors import EngineError
from vivavoce.server.wyoming.stt import Telling
from vivavoce.server.wyoming.wire import audio_of
from vivavoce.testing import ScriptedStt, hush, say
from vivavoce.transcripts.live_captions import Caption

if TYPE_CHECKING:
    from tests.server.wyoming.conftest import Encoded, Party, Spoken


def types_of(events: list[Event]) -> list[str]:
    return [event.type for event in events]


async def test_speech_becomes_text_word_by_word_and_whole(party: Party, spoken: Spoken) -> None:
    stt = ScriptedStt("turn on the light in the kitchen", "and the radio please")
    audio = spoken(hush(0.3), say(2.0), hush(1.5), say(1.0), hush(0.3))
    async with party(stt=stt) as house, house.guest() as client:
        await client.send(Transcribe(language="en", context={"a": 1}), *audio)
        events = await client.until(TranscriptStop)
    told = [event for event in events if not event.type.startswith("voice-")]
    assert types_of(told)[0] == "transcript-start"
    assert types_of(told)[-2:] == ["transcript", "transcript-stop"]
    pieces = [TranscriptChunk.from_event(event).text for event in told[1:-2]]
    assert len(pieces) > 4
    whole = Transcript.from_event(told[-2])
    assert "".join(pieces) == whole.text
    assert whole.text == "turn on the light in the kitchen and the radio please"
    assert whole.language == "en"
    assert whole.context == {"a": 1}
    assert TranscriptStart.from_event(told[0]).language == "en"
    assert stt.open_streams == 0


async def test_speech_in_another_language_is_told_beside_its_transcript(
    party: Party, spoken: Spoken
) -> None:
    heard = Transcript_("the lupin licked off them", language="en", language_confidence=0.2)
    async with party(stt=ScriptedStt(heard, "what time is it")) as house, house.guest() as client:
        await client.send(Transcribe(), *spoken(say(2.0)))
        doubted = (await client.until(TranscriptStop))[-2]
        await client.send(Transcribe(), *spoken(say(1.5)))
        believed = (await client.until(TranscriptStop))[-2]
    assert Transcript.from_event(doubted).text == "the lupin licked off them"
    [warning] = doubted.data["warnings"]
    assert warning["code"] == "language_doubtful"
    assert "warnings" not in believed.data


async def test_words_come_while_the_user_speaks(party: Party, spoken: Spoken) -> None:
    async with party(stt=ScriptedStt("one two three four five")) as house, house.guest() as client:
        start, *chunks, stop = spoken(say(1.2))
        await client.send(Transcribe(), start, *chunks)
        events = await client.until(TranscriptChunk)
        assert TranscriptChunk.from_event(events[-1]).text.startswith("one")
        await client.send(stop)
        await client.until(TranscriptStop)


@pytest.mark.parametrize("rate", [8_000, 44_100])
@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("channels", [1, 2])
async def test_any_rate_width_and_number_of_channels_is_heard(
    party: Party, spoken: Spoken, rate: int, width: int, channels: int
) -> None:
    audio = spoken(say(1.0, rate=rate), hush(0.2, rate=rate), width=width, channels=channels)
    async with party() as house, house.guest() as client:
        await client.send(Transcribe(), *audio)
        events = await client.until(TranscriptStop)
    assert Transcript.from_event(events[-2]).text == "turn on the light"


async def test_silence_and_no_audio_at_all_are_an_empty_text(party: Party, spoken: Spoken) -> None:
    async with party() as house, house.guest() as client:
        for audio in (spoken(hush(1.0)), [AudioStart(16_000, 2, 1), AudioStop()]):
            await client.send(Transcribe(), *audio)
            events = await client.until(TranscriptStop)
            assert types_of(events) == ["transcript-start", "transcript", "transcript-stop"]
            assert Transcript.from_event(events[1]).text == ""


async def test_a_language_is_known_by_its_base_and_another_is_refused(
    party: Party, spoken: Spoken
) -> None:
    async with party() as house, house.guest() as client:
        await client.send(Transcribe(language="en-US"), *spoken(say(1.0)))
        events = await client.until(TranscriptStop)
        assert Transcript.from_event(events[-2]).text == "turn on the light"


async def test_a_language_that_is_refused_is_told_and_the_next_request_is_answered(
    party: Party, spoken: Spoken
) -> None:
    async with party() as house, house.guest() as client:
        await client.send(Transcribe(language="xx"), *spoken(say(1.0), hush(1.0), say(1.0)))
        await client.send(Transcribe(), *spoken(say(1.0)))
        events = await client.until(TranscriptStop)
    (error,) = [event for event in events if event.type == "error"]
    assert "unknown language 'xx'" in error.data["text"]
    assert Transcript.from_event(events[-2]).text == "turn on the light"


async def test_an_engine_that_hears_nothing_for_a_fault_is_told(
    party: Party, spoken: Spoken
) -> None:
    stt = ScriptedStt(*[EngineError("deaf")] * 50)
    async with party(stt=stt) as house:
        assert await house.fault(Transcribe(), *spoken(say(1.0))) == "deaf"
    assert stt.open_streams == 0


async def test_an_engine_that_recovers_is_heard(party: Party, spoken: Spoken) -> None:
    stt = ScriptedStt(EngineError("deaf"), "turn on the light")
    async with party(stt=stt) as house, house.guest() as client:
        await client.send(Transcribe(), *spoken(say(1.0)))
        events = await client.until(TranscriptStop)
    assert Transcript.from_event(events[-2]).text == "turn on the light"


async def test_audio_without_a_wish_tells_where_the_voice_is(party: Party, spoken: Spoken) -> None:
    async with party() as house, house.guest() as client:
        await client.send(*spoken(hush(1.0), say(1.0), hush(1.0), say(0.5)))
        events = await client.until(VoiceStopped) + await client.until(VoiceStopped)
    assert types_of(events) == ["voice-started", "voice-stopped"] * 2
    assert [event.data["timestamp"] for event in events] == pytest.approx(
        [1000, 2000, 3000, 3500], abs=40
    )


async def test_how_soon_the_voice_has_stopped_is_the_client_s_choice(
    party: Party, spoken: Spoken
) -> None:
    audio = spoken(say(0.5), hush(0.5), say(0.5))
    async with party() as house, house.guest() as client:
        counts = {}
        for sensitivity in ("aggressive", "relaxed"):
            await client.send(Transcribe(vad_sensitivity=sensitivity), *audio)
            events = await client.until(TranscriptStop)
            counts[sensitivity] = types_of(events).count(VoiceStarted().event().type)
    assert counts == {"aggressive": 2, "relaxed": 1}


words = st.lists(st.text("abc", min_size=1, max_size=3), max_size=8)


@settings(deadline=None)
@given(st.lists(st.tuples(words, st.lists(st.integers(0, 8), max_size=5)), max_size=4))
def test_what_was_told_word_by_word_is_the_whole(
    utterances: list[tuple[list[str], list[int]]],
) -> None:
    telling, told = Telling(), ""
    for said, lengths in utterances:
        for stable in sorted(min(length, len(said)) for length in lengths):
            partial = Understood(" ".join([*said[:stable], "maybe"]), stable=stable)
            told += telling.feed(Caption(0, 1, partial, final=False))
        told += telling.feed(Caption(0, 1, Understood(" ".join(said)), final=True))
    assert told == telling.text == " ".join(word for said, _ in utterances for word in said)


@settings(deadline=None)
@given(
    st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=50),
    st.sampled_from([1, 2, 3, 4]),
    st.sampled_from([1, 2, 5]),
)
def test_sound_is_the_same_in_every_encoding(
    encoded: Encoded, values: list[float], width: int, channels: int
) -> None:
    samples = np.array(values, np.float32)
    chunk = AudioChunk(16_000, width, channels, encoded(samples, width, channels))
    audio = audio_of(chunk.event())
    assert audio.samples == pytest.approx(samples, abs=2.0 ** (2 - 8 * min(width, 3)))
