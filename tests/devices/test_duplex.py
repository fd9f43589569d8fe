"""A session's microphone and loudspeaker, driven block by block as devices would."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import numpy as np
import pytest

from vivavoce.audio import Audio, Samples
from vivavoce.conversation.session import Engines, Session
from vivavoce.devices.duplex import Duplex
from vivavoce.errors import EngineUnavailable
from vivavoce.events import Event, Heard, Paused, ReplyEnded, Resumed
from vivavoce.settings import SessionSettings
from vivavoce.testing import (
    ScriptedLlm,
    ScriptedStt,
    ScriptedTts,
    ScriptedTurn,
    ScriptedVad,
    hush,
    say,
)

RATE = 16_000
BLOCK = 160
ONE = np.ones(BLOCK, np.float32)
QUIET = SessionSettings(system_prompt="")


class Keep:
    """A cleaner that changes nothing and keeps what it saw."""

    def __init__(self) -> None:
        self.seen: list[tuple[Samples, Samples, float | None]] = []

    def clean(self, captured: Samples, rendered: Samples, delay_s: float | None) -> Samples:
        self.seen.append((captured, rendered, delay_s))
        return captured


def numbered(number: int) -> Samples:
    return np.full(BLOCK, number / 1000, np.float32)


def stretches(sound: Samples) -> list[float]:
    """How long each stretch of sound lasts, in seconds."""
    at = np.flatnonzero(np.abs(sound) > 1e-3)
    parts = np.split(at, np.flatnonzero(np.diff(at) > 0.02 * RATE) + 1)
    return [float(part[-1] - part[0]) / RATE for part in parts]


async def heard(duplex: Duplex, blocks: int) -> list[float]:
    """The first sample of each of the next blocks that the session gets, times 1000."""
    got: list[float] = []
    source = duplex.source()
    while len(got) < blocks:
        audio = await anext(source)
        assert audio.rate == RATE
        got += [round(1000 * float(sample)) for sample in audio.samples[::BLOCK]]
    await source.aclose()
    return got


class Room:
    """A session at work, its user, and all that its loudspeaker played."""

    def __init__(self, duplex: Duplex, session: Session, events: list[Event]) -> None:
        self.duplex = duplex
        self.session = session
        self.events = events
        self.played: list[Samples] = []

    async def hears(self, *audio: Audio) -> None:
        """Let the devices run while this is said."""
        for stretch in audio:
            for first in range(0, len(stretch.samples), BLOCK):
                self.played.append(self.duplex.rendered())
                self.duplex.captured(stretch.samples[first : first + BLOCK])
                await self.session.settled()

    @property
    def sound(self) -> Samples:
        return np.concatenate(self.played)


@asynccontextmanager
async def conversation(
    stt: Iterable[str], llm: Iterable[str], settings: SessionSettings = QUIET
) -> AsyncIterator[Room]:
    events: list[Event] = []
    duplex = Duplex(RATE)
    engines = Engines(
        ScriptedVad(), ScriptedTurn(), ScriptedStt(*stt), ScriptedLlm(*llm), ScriptedTts()
    )
    session = Session(engines, duplex, events.append, settings=settings)
    async with asyncio.TaskGroup() as group:
        group.create_task(session.run(duplex.source()))
        await asyncio.sleep(0)
        yield Room(duplex, session, events)
        duplex.close()


async def test_a_question_into_the_microphone_is_answered_from_the_loudspeaker() -> None:
    async with conversation(["what time is it"], ["It is noon now."]) as room:
        await room.hears(hush(0.5), say(1.0), hush(3.0))
    (ended,) = [event for event in room.events if isinstance(event, ReplyEnded)]
    assert (ended.heard, ended.why) == ("It is noon now.", "done")
    assert stretches(room.sound) == [pytest.approx(1.0, abs=0.01)]


async def test_an_interruption_silences_the_loudspeaker_within_two_blocks() -> None:
    long = "one two three four five six seven eight nine ten eleven twelve."
    async with conversation(["count please", "stop it now"], [long, "Fine."]) as room:
        await room.hears(say(0.5), hush(1.5))
        before = len(room.played)
        await room.hears(say(0.75))
        (paused,) = [event for event in room.events if isinstance(event, Paused)]
        silent = next(
            number
            for number, block in enumerate(room.played)
            if number >= before and not block.any()
        )
        assert silent * 0.01 - paused.at < 0.025
        await room.hears(hush(2.0))
    replies = [event for event in room.events if isinstance(event, ReplyEnded)]
    assert [reply.why for reply in replies] == ["interrupted", "done"]
    began = next(number for number, block in enumerate(room.played) if block.any()) * 0.01
    said = len(replies[0].heard.split())
    assert said == pytest.approx(4 * (paused.at - began), abs=1.1)


async def test_a_backchannel_lets_the_reply_go_on_where_it_stopped() -> None:
    line = "one two three four five six seven eight."
    async with conversation(["count please", "mm-hm"], [line]) as room:
        await room.hears(say(0.5), hush(1.0), say(0.25), hush(4.0))
    assert [event for event in room.events if isinstance(event, Resumed)]
    (reply,) = [event for event in room.events if isinstance(event, ReplyEnded)]
    assert (reply.heard, reply.why) == (line, "done")
    assert sum(stretches(room.sound)) == pytest.approx(2.0, abs=0.015)


async def test_the_session_gets_every_block_in_order() -> None:
    duplex = Duplex(RATE)
    for number in range(7):
        duplex.captured(numbered(number))
    assert await heard(duplex, 7) == [*range(7)]


async def test_a_block_may_be_reused_by_the_device_after_it_was_taken() -> None:
    duplex, block = Duplex(RATE), numbered(5)
    duplex.captured(block)
    block[:] = 0
    assert await heard(duplex, 1) == [5]


async def test_what_no_device_should_give_becomes_silence_or_full_scale() -> None:
    duplex = Duplex(RATE)
    duplex.captured(np.full(BLOCK, np.nan, np.float32))
    duplex.captured(np.full(BLOCK, 7.0, np.float32))
    assert await heard(duplex, 2) == [0, 1000]


async def test_a_loop_that_is_too_slow_loses_the_oldest_audio_and_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    duplex = Duplex(RATE, keep_s=0.1)
    for number in range(25):
        duplex.captured(numbered(number))
    with caplog.at_level(logging.WARNING, "vivavoce"):
        assert await heard(duplex, 10) == [*range(15, 25)]
    assert duplex.dropped_s == pytest.approx(0.15)
    assert [record.getMessage() for record in caplog.records] == [
        "this machine is too slow for the microphone; dropped 0.1 s so far"
    ]


async def test_silence_stands_in_for_a_microphone_that_stalls(
    caplog: pytest.LogCaptureFixture,
) -> None:
    duplex = Duplex(RATE, stall_s=0.01)
    duplex.captured(numbered(1))
    with caplog.at_level(logging.WARNING, "vivavoce"):
        assert await heard(duplex, 12) == [1] + 11 * [0]
    assert "using silence" in caplog.text
    duplex.captured(numbered(2))
    assert 2 in await heard(duplex, 2)


async def test_a_loudspeaker_with_nothing_to_play_gets_silence() -> None:
    duplex = Duplex(RATE)
    assert not duplex.rendered().any()
    duplex.write(ONE[:100])
    assert duplex.rendered().tolist() == [1.0] * 100 + [0.0] * 60


async def test_a_flush_tells_exactly_what_will_not_be_heard() -> None:
    duplex = Duplex(RATE)
    duplex.write(np.ones(1000, np.float32))
    played = duplex.rendered()
    dropped = duplex.flush()
    fading = np.concatenate([duplex.rendered(), duplex.rendered()])
    assert np.count_nonzero(played) + np.count_nonzero(fading) + dropped == 1000
    assert np.count_nonzero(fading) == 0.005 * RATE


async def test_the_cleaner_sees_what_was_played_while_the_block_was_captured() -> None:
    cleaner = Keep()
    duplex = Duplex(RATE, cleaner=cleaner)
    got = []
    source = duplex.source()
    for number in range(100):
        duplex.write(numbered(number))
        duplex.rendered(at=50 + number * 0.01)
        if number >= 10:
            duplex.captured(numbered(0), at=50 + number * 0.01 - 0.06)
            got.append(await anext(source))
    await source.aclose()
    settled = [delay for _, _, delay in cleaner.seen[20:] if delay is not None]
    assert settled == pytest.approx([0.03] * 70, abs=0.011)
    marks = [round(1000 * float(far[0])) for _, far, _ in cleaner.seen[20:]]
    assert np.diff(marks).tolist() == [1] * 69


async def test_a_lost_device_ends_the_conversation_with_its_reason() -> None:
    duplex = Duplex(RATE)
    source = duplex.source()
    duplex.captured(numbered(1))
    await anext(source)
    duplex.lose("the microphone 'headset' was disconnected; plug it in and start again")
    with pytest.raises(EngineUnavailable, match="'headset' was disconnected; plug it in"):
        await anext(source)


async def test_a_closed_duplex_ends_its_source_and_takes_late_blocks_quietly() -> None:
    duplex = Duplex(RATE)
    duplex.close()
    assert [audio async for audio in duplex.source()] == []
    duplex.captured(numbered(1))
    duplex.rendered()
    duplex.lose("gone when nobody listens any more")


def test_a_device_may_go_on_when_the_loop_has_ended() -> None:
    duplex = Duplex(RATE)

    async def one() -> None:
        duplex.captured(numbered(1))
        assert await heard(duplex, 1) == [1]

    asyncio.run(one())
    duplex.captured(numbered(2))
    duplex.close()


async def test_a_session_follows_both_finals_of_two_questions() -> None:
    async with conversation(["first thing", "second thing"], ["Yes.", "No."]) as room:
        await room.hears(say(0.5), hush(1.5), say(0.5), hush(1.5))
    finals = [e.transcript.text for e in room.events if isinstance(e, Heard) and e.final]
    assert finals == ["first thing", "second thing"]
