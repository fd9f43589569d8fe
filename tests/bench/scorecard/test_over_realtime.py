"""Callers and servers over WebSocket: ours, and some that misbehave."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import numpy as np
import pytest
from websockets.asyncio.server import ServerConnection, serve

from tests.bench.scorecard.conftest import Write
from tests.server.conftest import open_server
from vivavoce.audio import from_pcm16, to_pcm16
from vivavoce.bench.scorecard.measure import TurnOutcome, turns_of
from vivavoce.bench.scorecard.over_realtime import OverRealtime
from vivavoce.bench.scorecard.phone import Clock, WallClock
from vivavoce.bench.scorecard.run import calls_to
from vivavoce.bench.scorecard.scenario import Scenario
from vivavoce.bench.scorecard.timeline import RecordedCall
from vivavoce.bench.scorecard.voices import Cast
from vivavoce.bench.server.realtime_client import RealtimeEndpoint
from vivavoce.testing import ScriptedStt, ScriptedTts, say

Answer: TypeAlias = Callable[[ServerConnection], Awaitable[None]]
Send: TypeAlias = Mapping[str, Any]

CREATED: Send = {"type": "session.created", "session": {"id": "s"}}
QUESTION = "script:\n  - say: red door\n    when: {after_s: 0.05}\n"
PATIENCE_S = 0.5


@asynccontextmanager
async def server(answer: Answer) -> AsyncIterator[RealtimeEndpoint]:
    """A server that does as it is told."""
    async with serve(answer, "127.0.0.1", 0) as listening:
        port = next(iter(listening.sockets)).getsockname()[1]
        yield RealtimeEndpoint(f"ws://127.0.0.1:{port}/v1/realtime", patience_s=PATIENCE_S)


class FastClock:
    """Four times the speed of speech, for servers that do not mind."""

    def __init__(self) -> None:
        self._clock = WallClock()

    @property
    def now(self) -> float:
        return 4 * self._clock.now

    async def until(self, at: float) -> None:
        await self._clock.until(at / 4)


async def called(
    endpoint: RealtimeEndpoint, scenario: Scenario, clock: Callable[[], Clock] = FastClock
) -> RecordedCall:
    cast = Cast(ScriptedTts())
    (call,) = await calls_to(OverRealtime(endpoint), cast, [scenario], clock=clock)
    return call


async def turn_of(answer: Answer, scenario: Scenario) -> TurnOutcome:
    async with server(answer) as endpoint:
        (turn,) = turns_of(await called(endpoint, scenario))
        return turn


async def tell(socket: ServerConnection, *events: Send) -> None:
    for event in events:
        await socket.send(json.dumps(event))


async def heard(socket: ServerConnection, appends: int) -> None:
    """Wait for so many pieces of audio."""
    while appends:
        event = json.loads(await socket.recv())
        appends -= event["type"] == "input_audio_buffer.append"


async def spoken_to(socket: ServerConnection) -> None:
    """Wait until the caller makes a sound."""
    while True:
        event = json.loads(await socket.recv())
        if event["type"] == "input_audio_buffer.append":
            sound = from_pcm16(b64decode(event["audio"]))
            if np.abs(sound).max(initial=0.0) > 0.02:
                return


async def until_gone(socket: ServerConnection) -> list[Send]:
    return [json.loads(message) async for message in socket]


def delta(seconds: float, response: str = "r1", data: bytes | None = None) -> Send:
    sound = to_pcm16(say(seconds, rate=24_000).samples) if data is None else data
    return {
        "type": "response.output_audio.delta",
        "response_id": response,
        "item_id": f"item-{response}",
        "delta": b64encode(sound).decode(),
    }


def reply(seconds: float, response: str = "r1", status: str = "completed") -> list[Send]:
    return [
        {"type": "response.created", "response": {"id": response}},
        delta(seconds, response),
        {"type": "response.done", "response": {"id": response, "status": status}},
    ]


async def test_our_own_server_is_measured(scenario: Write) -> None:
    async with open_server(stt=ScriptedStt("red door", "red door")) as served:
        call = await called(RealtimeEndpoint(served.ws_url), scenario(QUESTION), WallClock)
    (turn,) = turns_of(call)
    assert call.failure is None
    assert turn.answered is True
    assert turn.heard == "red door"
    assert (turn.errors, turn.words) == (0, 2)
    assert call.cpu_s is None


async def test_a_reply_is_heard_as_it_is_played(scenario: Write) -> None:
    async def answer(socket: ServerConnection) -> None:
        await tell(socket, CREATED)
        await heard(socket, 60)
        await tell(socket, *reply(2.0))
        await until_gone(socket)

    turn = await turn_of(answer, scenario(QUESTION))
    assert turn.answered is True
    assert turn.cut_off is False
    assert turn.errors is None


async def test_the_beta_form_is_understood(scenario: Write) -> None:
    updates: list[Send] = []

    async def answer(socket: ServerConnection) -> None:
        assert socket.request is not None
        assert socket.request.headers["OpenAI-Beta"] == "realtime=v1"
        await tell(socket, CREATED)
        updates.append(json.loads(await socket.recv()))
        await heard(socket, 60)
        old = json.loads(json.dumps(reply(2.0)).replace("output_audio", "audio"))
        await tell(socket, *old)
        await until_gone(socket)

    async with server(answer) as endpoint:
        beta = RealtimeEndpoint(endpoint.url, beta=True, patience_s=PATIENCE_S)
        (turn,) = turns_of(await called(beta, scenario(QUESTION)))
    assert turn.answered is True
    assert updates[0]["session"]["input_audio_format"] == "pcm16"


async def test_the_client_falls_silent_and_tells_how_much_was_heard(scenario: Write) -> None:
    truncated: list[Send] = []

    async def answer(socket: ServerConnection) -> None:
        await tell(socket, CREATED)
        while json.loads(await socket.recv())["type"] != "response.create":
            pass
        await tell(socket, *reply(20.0))
        await spoken_to(socket)
        await tell(socket, {"type": "input_audio_buffer.speech_started", "audio_start_ms": 100})
        await tell(socket, delta(5.0))
        told = await until_gone(socket)
        truncated.extend(event for event in told if event["type"].endswith("truncate"))

    step = "  - say: one two\n    when: {reply_heard_s: 0.3}\n    expect: stop\n"
    text = "script:\n  - agent_says: a b c\n" + step
    turn = await turn_of(answer, scenario(text))
    assert turn.missed is False
    assert turn.answered is False
    (told,) = truncated
    assert told["item_id"] == "item-r1"
    assert 0 < told["audio_end_ms"] < 20_000


async def test_a_reply_lost_to_a_cough_is_found_out(scenario: Write) -> None:
    async def answer(socket: ServerConnection) -> None:
        await tell(socket, CREATED)
        while json.loads(await socket.recv())["type"] != "response.create":
            pass
        await tell(socket, *reply(20.0)[:2])
        await spoken_to(socket)
        await tell(socket, {"type": "input_audio_buffer.speech_started"}, reply(0, "r1")[2])
        await until_gone(socket)

    step = "  - sound: cough\n    when: {reply_heard_s: 0.3}\n"
    turn = await turn_of(answer, scenario("script:\n  - agent_says: a b c\n" + step))
    assert turn.lost is True


async def nothing(socket: ServerConnection) -> None:
    await until_gone(socket)


async def silent(socket: ServerConnection) -> None:
    await tell(socket, CREATED)
    await until_gone(socket)


async def closes_in_mid_turn(socket: ServerConnection) -> None:
    await tell(socket, CREATED)
    await heard(socket, 10)
    await socket.close(1011, "out of memory")


async def garbage(socket: ServerConnection) -> None:
    await tell(socket, CREATED)
    await heard(socket, 5)
    await socket.send("\x00 not json")
    await until_gone(socket)


async def list_for_an_event(socket: ServerConnection) -> None:
    await tell(socket, CREATED)
    await socket.send("[1, 2]")
    await until_gone(socket)


async def wrong_fields(socket: ServerConnection) -> None:
    """Events of the right types with nothing right inside: they are passed over."""
    await tell(socket, CREATED)
    kinds = (
        "session.updated", "input_audio_buffer.speech_started", "response.created",
        "response.done", "conversation.item.input_audio_transcription.completed", "error",
    )  # fmt: skip
    for kind in kinds:
        await tell(socket, {"type": kind, "response": 5, "session": [], "error": None})
    await until_gone(socket)


async def odd_audio(socket: ServerConnection) -> None:
    await tell(socket, CREATED, delta(0.1, data=b"abc"))
    await until_gone(socket)


async def no_base64(socket: ServerConnection) -> None:
    await tell(socket, CREATED, {**delta(0.1), "delta": "%%%"})
    await until_gone(socket)


async def other_rate(socket: ServerConnection) -> None:
    form = {"output": {"format": {"type": "audio/pcm", "rate": 16_000}}}
    await tell(socket, CREATED, {"type": "session.updated", "session": {"audio": form}})
    await until_gone(socket)


async def flood(socket: ServerConnection) -> None:
    await tell(socket, CREATED)
    sound = delta(0, data=np.zeros(24_000 * 60, "<i2").tobytes())
    for _ in range(20):
        await tell(socket, sound)
    await until_gone(socket)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (nothing, "sent nothing for 0.5 s"),
        (closes_in_mid_turn, "closed the session with 1011 out of memory"),
        (garbage, "an invalid Realtime event"),
        (list_for_an_event, "an invalid Realtime event"),
        (odd_audio, "invalid audio"),
        (no_base64, "invalid audio"),
        (other_rate, "speaks at 16000 Hz"),
        (flood, "600 s of audio more than was played"),
    ],
)
async def test_a_server_that_misbehaves_is_told_at_the_turn(
    answer: Answer, told: str, scenario: Write
) -> None:
    turn = await turn_of(answer, scenario(QUESTION))
    assert told in str(turn.note)
    assert (turn.gap, turn.answered, turn.cut_off) == (None, None, None)


@pytest.mark.parametrize("answer", [silent, wrong_fields])
async def test_a_server_that_says_nothing_leaves_the_turn_unanswered(
    answer: Answer, scenario: Write
) -> None:
    turn = await turn_of(answer, scenario(QUESTION))
    assert (turn.answered, turn.gap) == (False, None)


async def test_a_server_that_is_not_there_is_told_and_the_next_call_is_made(
    scenario: Write,
) -> None:
    async with server(nothing) as endpoint:
        pass
    calls = await calls_to(
        OverRealtime(endpoint), Cast(ScriptedTts()), [scenario(QUESTION)], repeats=2
    )
    assert len(calls) == 2
    for call in calls:
        (turn,) = turns_of(call)
        assert "cannot reach" in str(turn.note)


async def test_a_voice_of_another_rate_than_agreed_is_suspected(scenario: Write) -> None:
    async def answer(socket: ServerConnection) -> None:
        await tell(socket, CREATED)
        await heard(socket, 60)
        created, sound, done = reply(0.6)
        words = {"type": "response.output_audio_transcript.delta", "response_id": "r1"}
        await tell(socket, created, {**words, "delta": "a b c d e f g h i j"}, sound, done)
        await until_gone(socket)

    turn = await turn_of(answer, scenario(QUESTION))
    assert "does the server send another rate" in str(turn.note)


async def test_all_calls_to_a_dead_server_end_by_themselves(scenario: Write) -> None:
    connected = asyncio.Event()

    async def hang(socket: ServerConnection) -> None:
        connected.set()
        await socket.wait_closed()

    async with server(hang) as endpoint:
        call = await called(endpoint, scenario(QUESTION))
    assert connected.is_set()
    assert call.failure is not None
    assert call.skipped == (0,)
