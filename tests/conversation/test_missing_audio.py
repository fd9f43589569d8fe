"""A client that stops sending is a client that has fallen silent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest

from vivavoce.audio import Audio, Lapse
from vivavoce.conversation.missing_audio import MissingAudio
from vivavoce.conversation.session import Session
from vivavoce.conversation.sinks import MemorySink
from vivavoce.engines import Engines
from vivavoce.events import Event, Heard, SpeechStopped
from vivavoce.settings import SessionSettings, TurnSettings
from vivavoce.testing import (
    ScriptedLlm,
    ScriptedStt,
    ScriptedTts,
    ScriptedTurn,
    ScriptedVad,
    hush,
    say,
)

TICK = 0.05


def ticks(seconds: float) -> list[tuple[float, float]]:
    return [(TICK, 0.0)] * round(seconds / TICK)


def missing(*told: tuple[float, float]) -> float:
    audio = MissingAudio()
    return sum(audio.feed(passed, came) for passed, came in told)


def test_a_client_that_never_sent_anything_misses_nothing() -> None:
    assert missing(*ticks(60.0)) == 0.0


def test_jitter_of_less_than_a_quarter_of_a_second_is_no_silence() -> None:
    assert missing((0.02, 0.02), *ticks(0.25), (0.0, 0.25), *ticks(0.2), (0.0, 0.2)) == 0.0


def test_all_of_the_time_without_audio_counts_once_it_is_more_than_a_quarter() -> None:
    assert missing((0.02, 0.02), *ticks(0.3)) == pytest.approx(0.3, abs=0.03)
    assert missing((0.02, 0.02), *ticks(2.0)) == pytest.approx(2.0, abs=0.03)


def test_what_was_sent_ahead_of_time_is_waited_for_first() -> None:
    ahead = (0.02, 0.02), (0.0, 3.0)
    assert missing(*ahead, *ticks(3.2)) == 0.0
    assert missing(*ahead, *ticks(4.0)) == pytest.approx(1.0, abs=0.03)


def test_after_audio_that_came_late_the_next_stop_is_noticed_as_soon() -> None:
    late = (0.02, 0.02), *ticks(1.0), (0.0, 1.0)
    assert missing(*late) == pytest.approx(1.0, abs=0.03)
    assert missing(*late, *ticks(0.5)) == pytest.approx(1.5, abs=0.05)


def test_a_client_that_sends_speech_only_misses_nothing_while_it_sends() -> None:
    speech = [(0.1, 0.1)] * 10
    first = missing((0.02, 0.02), *ticks(5.0))
    again = missing((0.02, 0.02), *ticks(5.0), *speech, (0.15, 0.1), *speech)
    assert first == again == pytest.approx(5.0, abs=0.03)


def test_a_clock_that_jumps_gives_no_endless_silence() -> None:
    assert missing((0.02, 0.02), (86_400.0, 0.0)) <= 5.0


async def session_of(
    source: AsyncIterator[Audio | Lapse], *heard: str, turns: TurnSettings | None = None
) -> list[Event]:
    events: list[Event] = []
    stt, tts = ScriptedStt(*heard), ScriptedTts()
    engines = Engines(ScriptedVad(), ScriptedTurn(), stt, ScriptedLlm(), tts)
    settings = SessionSettings(turns=turns or TurnSettings())
    session = Session(engines, MemorySink(tts.rate), events.append, settings=settings)

    async def in_lockstep() -> AsyncIterator[Audio | Lapse]:
        async for given in source:
            yield given
            await session.settled()

    await session.run(in_lockstep())
    return events


async def sent(*parts: Audio | float) -> AsyncIterator[Audio | Lapse]:
    """Audio in real time; a number is seconds without any."""
    for part in parts:
        if isinstance(part, Audio):
            for chunk in part.slices(0.02):
                yield Lapse(chunk.seconds, chunk)
        else:
            for seconds, _ in ticks(part):
                yield Lapse(seconds)


def finals(events: Sequence[Event]) -> list[str]:
    return [e.transcript.text for e in events if isinstance(e, Heard) and e.final]


async def test_a_client_that_stops_in_mid_word_is_answered() -> None:
    events = await session_of(sent(say(1.0), 4.0), "what time is it")
    assert finals(events) == ["what time is it"]
    (stopped,) = [event for event in events if isinstance(event, SpeechStopped)]
    assert stopped.at == pytest.approx(1.0, abs=0.05)


async def test_audio_that_comes_late_is_still_heard() -> None:
    source = sent(say(1.0), 4.0, say(1.0), hush(4.0))
    events = await session_of(source, "what time is it", "and in rome")
    assert finals(events) == ["what time is it", "and in rome"]


async def test_nothing_is_added_where_turns_end_by_hand() -> None:
    events = await session_of(sent(say(1.0), 90.0), "hello", turns=TurnSettings(mode="manual"))
    assert finals(events) == []
