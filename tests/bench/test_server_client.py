"""The client that measures: it talks to a real server, and tells what is wrong with others."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.asyncio.server import ServerConnection, serve

from tests.server.conftest import open_server
from vivavoce.audio import Audio, to_pcm16
from vivavoce.bench.server.questions import Playing, ask, question_of
from vivavoce.bench.server.realtime_client import (
    RealtimeClient,
    RealtimeEndpoint,
    ServerFailed,
    SessionRefused,
    appends,
    open_realtime,
)
from vivavoce.bench.speech import SpeechClip
from vivavoce.errors import BadRequest
from vivavoce.server.access.keys import hash_of
from vivavoce.testing import ScriptedLlm, ScriptedStt, say

SOON_S = 0.3
CREATED = json.dumps({"type": "session.created", "session": {"id": "sess_1"}})
QUESTION = question_of(SpeechClip("tone", say(0.5), "what time is it", 0.5), 0.04)

Act = Callable[[ServerConnection], Awaitable[None]]


@asynccontextmanager
async def other_server(act: Act) -> AsyncIterator[RealtimeEndpoint]:
    """A server that does this with each WebSocket."""
    async with serve(act, "127.0.0.1", 0, close_timeout=SOON_S) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield RealtimeEndpoint(f"http://127.0.0.1:{port}", patience_s=SOON_S)


async def asked_of(endpoint: RealtimeEndpoint) -> None:
    async with open_realtime(endpoint) as client:
        await ask(client, QUESTION)


@pytest.mark.parametrize("beta", [False, True], ids=["GA", "beta"])
async def test_a_question_is_asked_and_its_answer_heard_to_the_end(*, beta: bool) -> None:
    stt, llm = ScriptedStt("what time is it", "and now"), ScriptedLlm("It is noon.", "Still noon.")
    async with (
        open_server(stt=stt, llm=llm) as server,
        open_realtime(RealtimeEndpoint(server.url, beta=beta)) as client,
    ):
        assert client.session["id"].startswith("sess_")
        first = await ask(client, QUESTION, whole=True)
        second = await ask(client, QUESTION)
    assert [first.reply, first.clip] == ["It is noon.", "tone"]
    assert first.gap is not None
    assert not first.cut_off
    assert second.gap is not None
    assert second.begun > first.begun + 0.5 + first.gap + 0.75, "three words were heard first"


async def test_a_question_that_nobody_understands_is_unanswered() -> None:
    async with (
        open_server(stt=ScriptedStt("")) as server,
        open_realtime(RealtimeEndpoint(server.url)) as client,
    ):
        asked = await ask(client, QUESTION, patience_s=SOON_S)
    assert (asked.gap, asked.cut_off) == (None, False)


async def test_a_full_server_refuses_with_its_reason() -> None:
    async with (
        open_server({"limits": {"sessions": 1}}) as server,
        open_realtime(RealtimeEndpoint(server.url)),
    ):
        with pytest.raises(SessionRefused, match="sessions are in use") as refused:
            async with open_realtime(RealtimeEndpoint(server.url)):
                pass
        assert refused.value.code == "too_many_sessions"


async def test_the_key_is_sent_and_a_wrong_one_refused() -> None:
    key = "a-key-of-some-length-0123456789"
    async with open_server({"keys": [hash_of(key)]}) as server:
        async with open_realtime(RealtimeEndpoint(server.url, key)) as client:
            assert client.session
        with pytest.raises(SessionRefused) as refused:
            async with open_realtime(RealtimeEndpoint(server.url, "a-wrong-key-0123456789")):
                pass
        assert refused.value.code == "invalid_api_key"


async def test_where_nobody_listens_is_told() -> None:
    with pytest.raises(ServerFailed, match="cannot reach"):
        await asked_of(RealtimeEndpoint("http://127.0.0.1:1"))


async def test_a_server_without_realtime_is_told() -> None:
    async with open_server() as server:
        with pytest.raises(SessionRefused, match="HTTP 40") as refused:
            await asked_of(RealtimeEndpoint(f"{server.url}/nowhere/realtime"))
        assert refused.value.code in {"403", "404"}


async def test_a_port_that_never_answers_is_told_in_bounded_time() -> None:
    gone = asyncio.Event()

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        gone.set()

    async with await asyncio.start_server(mute, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ServerFailed, match="did not answer within"):
            await asked_of(RealtimeEndpoint(f"http://127.0.0.1:{port}", patience_s=SOON_S))
        await gone.wait()


async def test_a_server_that_takes_the_connection_and_is_silent_is_told() -> None:
    async with other_server(lambda socket: socket.wait_closed()) as endpoint:
        with pytest.raises(ServerFailed, match="sent nothing"):
            await asked_of(endpoint)


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("hello", "an invalid Realtime event: 'hello'"),
        (b"\0\1", "an invalid Realtime event"),
        ("[1]", "an invalid Realtime event"),
        ('{"type": 5}', "an invalid Realtime event"),
        ('{"type": "response.done"}', "started with 'response.done'"),
        ('{"type": "error"}', "started with 'error'"),
    ],
)
async def test_a_server_that_answers_garbage_is_told(sent: str | bytes, told: str) -> None:
    async def babble(socket: ServerConnection) -> None:
        await socket.send(sent)
        await socket.wait_closed()

    async with other_server(babble) as endpoint:
        with pytest.raises(ServerFailed, match=told):
            await asked_of(endpoint)


@pytest.mark.parametrize("delta", ["no base64!", "AAAA", 5])
async def test_audio_that_is_none_is_told(delta: object) -> None:
    async def speak(socket: ServerConnection) -> None:
        await socket.send(CREATED)
        await socket.send(json.dumps({"type": "response.output_audio.delta", "delta": delta}))
        await socket.wait_closed()

    async with other_server(speak) as endpoint:
        with pytest.raises(ServerFailed, match="invalid audio"):
            await asked_of(endpoint)


async def test_a_server_that_closes_in_mid_turn_is_told_with_its_reason() -> None:
    async def leave(socket: ServerConnection) -> None:
        await socket.send(CREATED)
        await socket.recv()
        await socket.send(json.dumps({"type": "error", "error": {"message": "too tired"}}))
        await socket.close(1013, "later")

    async with other_server(leave) as endpoint:
        with pytest.raises(ServerFailed, match="closed the session with 1013 later: too tired"):
            await asked_of(endpoint)


async def test_a_connection_that_is_cut_in_mid_turn_is_told() -> None:
    async def cut(socket: ServerConnection) -> None:
        await socket.send(CREATED)
        await socket.recv()
        socket.transport.abort()

    async with other_server(cut) as endpoint:
        with pytest.raises(ServerFailed, match="closed the session without a reason"):
            await asked_of(endpoint)


async def test_a_server_that_reads_nothing_is_told_in_bounded_time() -> None:
    async def look_away(socket: ServerConnection) -> None:
        await socket.send(CREATED)
        socket.transport.pause_reading()
        await socket.wait_closed()

    async with other_server(look_away) as endpoint:
        with pytest.raises(ServerFailed, match="stopped reading"):
            await flood(endpoint)


async def flood(endpoint: RealtimeEndpoint) -> None:
    async with open_realtime(endpoint) as client:
        while True:
            await client.send("x" * 1_000_000)


async def test_nothing_in_time_is_no_event() -> None:
    async def begin(socket: ServerConnection) -> None:
        await socket.send(CREATED)
        await socket.wait_closed()

    async with other_server(begin) as endpoint, open_realtime(endpoint) as client:
        assert isinstance(client, RealtimeClient)
        assert await client.receive(within_s=0.01) is None
        assert await client.receive(within_s=-1.0) is None


@pytest.mark.parametrize(
    ("url", "socket", "base"),
    [
        ("http://host:80", "ws://host:80/v1/realtime", "http://host:80"),
        ("https://host/v1/", "wss://host/v1/realtime", "https://host"),
        ("wss://host/v1/realtime?a=b", "wss://host/v1/realtime?a=b", "https://host"),
        ("ws://host/proxy", "ws://host/proxy/v1/realtime", "http://host"),
    ],
)
def test_addresses_are_taken_as_people_write_them(url: str, socket: str, base: str) -> None:
    assert RealtimeEndpoint(url).socket_url == socket
    assert RealtimeEndpoint(url).base == base


def test_a_model_is_asked_for_in_the_address() -> None:
    assert RealtimeEndpoint("http://h", model="a b").socket_url == "ws://h/v1/realtime?model=a+b"
    assert (
        RealtimeEndpoint("ws://h/realtime?x=1", model="m").socket_url
        == "ws://h/realtime?x=1&model=m"
    )


@pytest.mark.parametrize("url", ["", "localhost:8080", "ftp://host", "http://"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(BadRequest, match="not a server address"):
        RealtimeEndpoint(url)


@settings(deadline=None)
@given(st.integers(1, 2000), st.sampled_from([0.01, 0.02, 0.1]))
def test_appends_hold_all_of_the_audio_in_pieces_of_one_length(count: int, chunk_s: float) -> None:
    samples = np.linspace(-1, 1, count, dtype=np.float32)
    messages = [json.loads(one) for one in appends(Audio(samples, 24_000), chunk_s)]
    assert {one["type"] for one in messages} == {"input_audio_buffer.append"}
    pieces = [b64decode(one["audio"]) for one in messages]
    assert {len(piece) for piece in pieces} == {round(chunk_s * 24_000) * 2}
    joined, expected = b"".join(pieces), to_pcm16(samples)
    assert joined[: len(expected)] == expected
    assert not any(joined[len(expected) :])


def test_a_reply_is_heard_where_it_would_play_not_where_it_comes() -> None:
    playing, quiet, loud = Playing(), np.zeros(100, np.float32), np.ones(100, np.float32)
    playing.feed(quiet, 1000, at=5.0)
    assert playing.first_sound is None
    playing.feed(loud, 1000, at=5.01)
    assert playing.first_sound == pytest.approx(5.1), "the silence before it plays first"
    playing.feed(loud, 1000, at=9.0)
    assert playing.first_sound == pytest.approx(5.1)
    assert playing.until == pytest.approx(9.1)
