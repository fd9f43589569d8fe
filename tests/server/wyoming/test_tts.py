"""Text in: speech out, at once and while the text is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.event import Event
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
    SynthesizeVoice,
)

from vivavoce.audio import Audio
from vivavoce.testing import ScriptedTts

if TYPE_CHECKING:
    from tests.server.wyoming.conftest import Party


def types_of(events: list[Event]) -> list[str]:
    return [event.type for event in events]


def sound_of(events: list[Event]) -> Audio:
    """The audio sent, after checking that it is one stream of one rate."""
    [start] = [AudioStart.from_event(e) for e in events if AudioStart.is_type(e.type)]
    chunks = [AudioChunk.from_event(e) for e in events if AudioChunk.is_type(e.type)]
    assert {(c.rate, c.width, c.channels) for c in chunks} <= {
        (start.rate, start.width, start.channels)
    }
    data = np.frombuffer(b"".join(c.audio for c in chunks), "<i2")
    return Audio((data / 2**15).astype(np.float32), start.rate)


async def test_a_text_is_spoken(party: Party) -> None:
    tts = ScriptedTts()
    voice = SynthesizeVoice(name="other")
    async with party(tts=tts) as house, house.guest() as client:
        await client.send(Synthesize("It costs $5 today.", voice=voice))
        events = await client.until(AudioStop)
    assert types_of(events)[0] == "audio-start"
    assert sound_of(events).seconds == pytest.approx(5 / 4, abs=0.01)
    assert " ".join(tts.spoken) == "It costs five dollars today."


async def test_a_text_is_spoken_while_it_is_written(party: Party) -> None:
    tts = ScriptedTts()
    async with party(tts=tts) as house, house.guest() as client:
        await client.send(SynthesizeStart(), SynthesizeChunk("It is noon. And "))
        first = await client.until(AudioChunk)
        await client.send(
            SynthesizeChunk("it is warm."),
            Synthesize("It is noon. And it is warm."),
            SynthesizeStop(),
        )
        events = first + await client.until(SynthesizeStopped)
    assert types_of(events)[-2:] == ["audio-stop", "synthesize-stopped"]
    assert sound_of(events).seconds == pytest.approx(7 / 4, abs=0.01)
    assert " ".join(tts.spoken) == "It is noon. And it is warm."


async def test_nothing_to_say_is_audio_without_a_sound(party: Party) -> None:
    async with party() as house, house.guest() as client:
        await client.send(Synthesize("  "))
        assert types_of(await client.until(AudioStop)) == ["audio-start", "audio-stop"]
        await client.send(SynthesizeStart(), SynthesizeStop())
        events = await client.until(SynthesizeStopped)
    assert types_of(events) == ["audio-start", "audio-stop", "synthesize-stopped"]


async def test_a_voice_is_found_by_its_language_or_by_openai_s_name(party: Party) -> None:
    async with party() as house, house.guest() as client:
        for voice in (SynthesizeVoice(language="en_GB"), SynthesizeVoice(name="alloy")):
            await client.send(Synthesize("One.", voice=voice))
            assert sound_of(await client.until(AudioStop)).seconds > 0
