"""What a client does about servers that are not well, over HTTP."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest

from tests.client.callers import given, question
from vivavoce.client import AsyncClient, Refused, Retries, Timeouts
from vivavoce.conversation.sinks import MemorySink
from vivavoce.errors import BadRequest, EngineBusy, EngineError, EngineTimeout, EngineUnavailable
from vivavoce.testing import say
from vivavoce.testing.scripted_server import ScriptedResponse, ScriptedServer

if TYPE_CHECKING:
    from tests.client.conftest import Joining
    from tests.server.conftest import Serving

TOLD = {"error": {"message": "the server is busy: wait", "type": "", "param": "x", "code": "busy"}}
TRANSCRIPT = ScriptedResponse.of(
    {"text": "hi", "segments": [], "duration_s": 1, "processing_s": 0.1, "engine": "x"}
)
ANSWERED = ScriptedResponse.of(
    {
        "conversation_id": "c",
        "heard": "hi",
        "reply": "ho",
        "audio": "",
        "sample_rate": 16_000,
        "processing_s": 0.1,
    }
)


async def test_a_wrong_key_is_told_and_a_right_one_is_taken(
    serving: Serving, joining: Joining
) -> None:
    async with serving({"keys": ["a-right-key-of-many-letters"]}) as server:
        async with joining(server.url, api_key="wrong") as client:
            with pytest.raises(BadRequest) as over_http:
                await client.voices()
            with pytest.raises(BadRequest) as over_socket:
                await client.converse(given(question()), MemorySink(16_000))
            assert (await client.health()).engines == ()
        async with joining(server.url, api_key="a-right-key-of-many-letters") as client:
            assert await client.voices()
            async with aclosing(client.speech_stream(given(["Hello."]))) as speech:
                assert (await anext(speech)).seconds
    assert isinstance(over_http.value, Refused)
    assert over_http.value.status == 401
    assert isinstance(over_socket.value, Refused)
    assert over_socket.value.code == over_http.value.code
    assert "wrong" not in repr(client)


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
async def test_what_may_pass_is_tried_again(status: int, joining: Joining) -> None:
    answers = [
        ScriptedResponse.of(TOLD, status, Retry_After="0"),
        ScriptedResponse.of(TOLD, status),
        TRANSCRIPT,
    ]
    with ScriptedServer(*answers) as server:
        async with joining(server.url) as client:
            assert (await client.transcribe_file(say(0.1))).text == "hi"
        bodies = [request.body for request in server.posts]
    assert len(bodies) == 3
    assert all(b"RIFF" in body for body in bodies), "each attempt sends the whole recording"


async def test_the_server_s_wait_is_kept(joining: Joining) -> None:
    loop = asyncio.get_running_loop()
    with ScriptedServer(ScriptedResponse.of(TOLD, 429, Retry_After="1"), TRANSCRIPT) as server:
        async with joining(server.url) as client:
            begun = loop.time()
            await client.transcribe_file(say(0.1))
            assert loop.time() - begun >= 1.0


async def test_a_wait_that_is_too_long_is_left_to_the_caller(joining: Joining) -> None:
    with ScriptedServer(ScriptedResponse.of(TOLD, 429, Retry_After="600")) as server:
        async with joining(server.url) as client:
            with pytest.raises(EngineBusy, match="the server is busy: wait") as refused:
                await client.transcribe_file(say(0.1))
    assert len(server.posts) == 1
    assert isinstance(refused.value, Refused)
    assert (refused.value.retry_after, refused.value.code) == (600.0, "busy")
    assert (refused.value.status, refused.value.param) == (429, "x")


async def test_in_the_end_the_last_refusal_is_told(joining: Joining) -> None:
    with ScriptedServer(respond=lambda _: ScriptedResponse.of(TOLD, 503)) as server:
        async with joining(server.url) as client:
            with pytest.raises(EngineBusy, match="wait"):
                await client.transcribe_file(say(0.1))
    assert len(server.posts) == 3


@pytest.mark.parametrize(("status", "attempts"), [(429, 2), (503, 2), (502, 1), (504, 1)])
async def test_a_turn_is_not_asked_twice_if_it_may_have_been_answered(
    status: int, attempts: int, joining: Joining
) -> None:
    with ScriptedServer(ScriptedResponse.of(TOLD, status), ANSWERED) as server:
        async with joining(server.url) as client:
            if attempts == 1:
                with pytest.raises(EngineError):
                    await client.ask(say(0.1))
            else:
                assert (await client.ask(say(0.1))).text == "ho"
    assert len(server.posts) == attempts


async def test_a_turn_whose_connection_is_lost_is_not_asked_twice(joining: Joining) -> None:
    with ScriptedServer(ScriptedResponse(first="cut"), ANSWERED) as server:
        async with joining(server.url) as client:
            with pytest.raises(EngineUnavailable, match="was lost"):
                await client.ask(say(0.1))
    assert len(server.posts) == 1


async def test_a_lost_connection_is_tried_again(joining: Joining) -> None:
    with ScriptedServer(
        ScriptedResponse(first="cut"), ScriptedResponse((b'{"te', "cut")), TRANSCRIPT
    ) as server:
        async with joining(server.url) as client:
            assert (await client.transcribe_file(say(0.1))).text == "hi"
    assert len(server.posts) == 3


async def test_speech_that_breaks_off_is_an_error_and_not_begun_again(joining: Joining) -> None:
    speech = ScriptedResponse(
        (bytes(3200), "cut"), kind="audio/pcm", headers=(("X-Sample-Rate", "16000"),)
    )
    with ScriptedServer(speech) as server:
        async with joining(server.url) as client, aclosing(client.stream_speech("Hi.")) as pieces:
            assert (await anext(pieces)).seconds == pytest.approx(0.1)
            with pytest.raises(EngineUnavailable, match="was lost"):
                await anext(pieces)
    assert len(server.posts) == 1


async def test_a_server_that_is_not_ready_is_waited_for(serving: Serving, joining: Joining) -> None:
    async with serving() as server:
        engines, server.service.loaded = server.service.engines, None
        server.service.state = "warming"
        patience = Retries(times=50, first_s=0.01, longest_s=5.0)
        async with joining(server.url, retries=Retries(times=0)) as client:
            assert not (await client.health()).ready
            with pytest.raises(EngineUnavailable):
                await client.voices()
        async with joining(server.url, retries=patience) as client, asyncio.TaskGroup() as tasks:
            asked = tasks.create_task(client.voices())
            await asyncio.sleep(0)
            server.service.ready(engines)
        assert asked.result()


async def test_a_server_that_never_answers_is_given_up(joining: Joining) -> None:
    with ScriptedServer(*[ScriptedResponse(first="stall")] * 3) as server:
        async with joining(server.url, timeouts=Timeouts(read_s=0.1)) as client:
            with pytest.raises(EngineTimeout, match=r"no data for 0\.1 s"):
                await client.transcribe_file(say(0.1))
        assert len(server.posts) == 1
        async with joining(server.url, timeouts=Timeouts(total_s=0.1)) as client:
            with pytest.raises(EngineTimeout, match=r"took longer than 0\.1 s"):
                await client.speak("Hello.")


async def test_a_server_that_is_not_there_is_told(joining: Joining) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    async with joining(url) as client:
        with pytest.raises(
            EngineUnavailable, match=r"no connection.*check that the server is running"
        ):
            await client.speak("Hello.")
        with pytest.raises(
            EngineUnavailable, match=r"no connection.*check that the server is running"
        ):
            await client.converse(given(question()), MemorySink(16_000))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (ScriptedResponse((b"<html>hello</html>",), kind="text/html"), "unexpected response"),
        (ScriptedResponse.of({"text": 7}), "unexpected response"),
        (ScriptedResponse.of([]), "unexpected response"),
        (ScriptedResponse((b"\xff\xfe",)), "unexpected response"),
        (
            ScriptedResponse((b"<html>no</html>",), 404),
            "returned status 404.*check that it is a Vivavoce server",
        ),
        (
            ScriptedResponse(status=301, headers=(("Location", "http://x/"),)),
            "a redirect to http://x/",
        ),
        (ScriptedResponse.of({"error": "no"}, 500), "returned status 500"),
    ],
)
async def test_nonsense_is_called_so(
    answer: ScriptedResponse, message: str, joining: Joining
) -> None:
    with ScriptedServer(answer) as server:
        async with joining(server.url) as client:
            with pytest.raises((EngineError, BadRequest), match=message):
                await client.transcribe_file(say(0.1))
        assert len(server.posts) == 1


async def test_speech_that_is_none_is_called_so(joining: Joining) -> None:
    empty = ScriptedResponse((b"x",), kind="audio/pcm", headers=(("X-Sample-Rate", "16000"),))
    with ScriptedServer(ScriptedResponse((b"hello",)), empty) as server:
        async with joining(server.url) as client:
            with pytest.raises(EngineError, match="no speech"):
                await client.speak("Hello.")
            with pytest.raises(EngineError, match="empty audio"):
                await client.speak("Hello.")
    broken = {**json.loads(ANSWERED.body[0]), "audio": "*"}
    odd = {**broken, "audio": base64.b64encode(b"abc").decode()}
    with ScriptedServer(ScriptedResponse.of(broken), ScriptedResponse.of(odd)) as server:
        async with joining(server.url) as client:
            with pytest.raises(EngineError, match="base64"):
                await client.ask(say(0.1))
            with pytest.raises(EngineError, match="incomplete sample"):
                await client.ask(say(0.1))


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://x", "http://", "http://x:y", ""])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(BadRequest, match="base_url"):
        AsyncClient(url)


@pytest.mark.parametrize("key", ["", "two\nlines", "clé"])
def test_a_key_that_can_be_none_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(BadRequest, match="api_key must contain") as refused:
        AsyncClient(api_key=key)
    assert not key or key not in str(refused.value)
