"""What the server counts and times, and what it remembers of the last hour."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import generate_latest

from vivavoce.config.configuration import load_config
from vivavoce.engines import Transcript
from vivavoce.events import (
    Event,
    Failed,
    Heard,
    ReplyEnded,
    ReplyStarted,
    SpeechStarted,
    SpeechStopped,
    TurnDropped,
    TurnTimes,
)
from vivavoce.server.live_conversations import LiveConversation, LiveConversations
from vivavoce.server.observe.latency_history import POINTS, TURNS, LatencyHistory, percentiles
from vivavoce.server.observe.memory_watch import watch
from vivavoce.server.observe.metrics import Metrics, stages
from vivavoce.server.service import Service

TIMES = TurnTimes(0.08, 0.13, 0.2, 0.22, 0.25, 0.3, draft=True)

MAYBE = st.none() | st.floats(-1, 10)


def value(meters: Metrics, name: str, **labels: str) -> float:
    return meters.registry.get_sample_value(f"vivavoce_{name}", labels) or 0.0


def told(meters: Metrics, *events: Event) -> LiveConversation:
    conversation = LiveConversation("voice", meters)
    for event in events:
        conversation.handle(event)
    return conversation


def test_a_spoken_turn_is_counted_and_timed() -> None:
    meters = Metrics()
    told(
        meters,
        SpeechStarted(1, 0.0),
        SpeechStopped(1, 1.0),
        Heard(1, Transcript("hi"), final=True),
        ReplyStarted(1, draft=True),
        ReplyEnded(1, "Hello.", "done", TIMES),
    )
    assert value(meters, "turns_total", protocol="voice") == 1
    assert value(meters, "replies_total", protocol="voice", why="done") == 1
    assert value(meters, "replies_drafted_total", protocol="voice") == 1
    assert value(meters, "gap_seconds_count", protocol="voice") == 1
    assert value(meters, "gap_seconds_sum", protocol="voice") == pytest.approx(0.3)
    assert value(meters, "stage_seconds_sum", stage="llm") == pytest.approx(0.05)
    assert value(meters, "barge_ins_total", protocol="voice") == 0


def test_a_barge_in_is_a_reply_that_ends_while_the_user_speaks() -> None:
    meters = Metrics()
    told(meters, ReplyStarted(1, draft=False), ReplyEnded(1, "", "interrupted", None))
    assert value(meters, "barge_ins_total", protocol="voice") == 0
    told(
        meters,
        ReplyStarted(1, draft=False),
        SpeechStarted(2, 3.0),
        ReplyEnded(1, "Well", "interrupted", None),
        SpeechStopped(2, 4.0),
    )
    assert value(meters, "barge_ins_total", protocol="voice") == 1


def test_dropped_utterances_and_failures_are_counted_by_kind() -> None:
    meters = Metrics()
    told(
        meters,
        TurnDropped(1, "noise"),
        TurnDropped(2, "backchannel"),
        Failed("stt", "whisper", "out of memory", "an apology was spoken"),
    )
    assert value(meters, "utterances_dropped_total", protocol="voice", why="noise") == 1
    assert value(meters, "failures_total", kind="stt", engine="whisper") == 1


def test_stages_are_what_each_added() -> None:
    found = stages(TIMES)
    assert found == pytest.approx(
        {"stt": 0.08, "llm": 0.05, "phrase": 0.07, "tts": 0.02, "turn": 0.25}
    )
    assert stages(TurnTimes(turn_over=0.4)) == {"turn": 0.4}


@settings(deadline=None)
@given(st.tuples(MAYBE, MAYBE, MAYBE, MAYBE, MAYBE))
def test_no_stage_takes_less_than_no_time(
    times: tuple[float | None, float | None, float | None, float | None, float | None],
) -> None:
    assert all(seconds >= 0 for seconds in stages(TurnTimes(*times)).values())


def test_sessions_now_are_those_that_run() -> None:
    meters = Metrics()
    conversations = LiveConversations(meters)

    async def converse() -> None:
        with conversations.enter("voice"), conversations.enter("voice"):
            assert value(meters, "sessions_now", protocol="voice") == 2
            assert len(conversations) == 2

    asyncio.run(converse())
    assert value(meters, "sessions_now", protocol="voice") == 0
    assert value(meters, "sessions_total", protocol="voice") == 2


async def test_a_conversation_is_over_when_its_reply_has_ended() -> None:
    conversations = LiveConversations(Metrics())
    with conversations.enter("voice") as talking, conversations.enter("voice") as silent:
        talking.handle(ReplyStarted(1, draft=False))
        conversations.finish()
        await silent.over()
        waiting = asyncio.ensure_future(talking.over())
        await asyncio.sleep(0)
        assert not waiting.done()
        talking.handle(ReplyEnded(1, "", "done", None))
        await waiting
    await conversations.ended()


async def test_a_conversation_that_comes_too_late_is_asked_to_end_at_once() -> None:
    conversations = LiveConversations(Metrics())
    conversations.finish()
    with conversations.enter("voice") as late:
        await late.over()


async def test_conversations_that_do_not_end_can_be_cancelled() -> None:
    conversations = LiveConversations(Metrics())

    async def deaf() -> None:
        with conversations.enter("voice"):
            await asyncio.Event().wait()

    task = asyncio.ensure_future(deaf())
    await asyncio.sleep(0)
    conversations.finish()
    conversations.cancel()
    await conversations.ended()
    await asyncio.wait({task})
    assert task.cancelled()


def test_percentiles_are_those_of_the_last_turns() -> None:
    trends = LatencyHistory()
    assert trends.gaps.median_ms is None
    for _ in range(TURNS):
        trends.add(9.0)
    for milliseconds in range(TURNS):
        trends.add(milliseconds / 1000)
    gaps = trends.gaps
    assert gaps.turns == TURNS
    assert gaps.median_ms == pytest.approx(499.5)
    assert gaps.p99_ms == pytest.approx(989.0, abs=0.1)


@settings(deadline=None)
@given(st.lists(st.floats(0, 60), min_size=1))
def test_percentiles_rise_and_stay_within_what_was_measured(gaps: list[float]) -> None:
    found = percentiles(gaps)
    ranks = [found.median_ms, found.p90_ms, found.p95_ms, found.p99_ms]
    known = [rank for rank in ranks if rank is not None]
    assert known == sorted(known)
    assert min(gaps) * 1000 - 0.1 <= known[0] <= known[-1] <= max(gaps) * 1000 + 0.1


def test_the_history_holds_an_hour_and_no_more() -> None:
    trends = LatencyHistory()
    for step in range(POINTS + 5):
        trends.add(0.1 * (step + 1))
        trends.lagged(0.002)
        trends.lagged(0.001)
        trends.end_step(step, sessions=1, cpu=0.1, rss_mb=100.0)
    points = trends.points
    assert len(points) == POINTS
    assert points[0].at == 5
    assert points[0].gaps.median_ms == pytest.approx(600)
    assert points[0].lag_ms == pytest.approx(2)


async def test_the_pulse_is_taken_while_the_server_runs() -> None:
    service = Service(load_config(environment={}))
    pulse = asyncio.ensure_future(watch(service, step_s=0.005))
    await asyncio.wait({pulse}, timeout=0.1)
    pulse.cancel()
    await asyncio.wait({pulse})
    first, second, *_ = service.meters.trends.points
    assert first.rss_mb > 1
    assert second.at > first.at


def test_callers_that_are_turned_away_and_readers_that_are_dropped_are_counted() -> None:
    meters = Metrics()
    meters.refused("rate_limit_exceeded")
    meters.reader_dropped("voice")
    text = generate_latest(meters.registry).decode()
    assert 'vivavoce_refusals_total{reason="rate_limit_exceeded"} 1.0' in text
    assert 'vivavoce_readers_dropped_total{protocol="voice"} 1.0' in text
