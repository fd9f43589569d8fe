"""Realtime by WebRTC: whole calls, those who listen in, and calls that never come about."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.server.realtime.wire import are_left, going_on, open_wire
from tests.server.webrtc.peer import Peer, open_peer
from vivavoce.server.access.admission import Caller
from vivavoce.server.realtime.calls import Calls
from vivavoce.server.webrtc import Patience
from vivavoce.testing import ScriptedLlm, ScriptedStt, say

if TYPE_CHECKING:
    from tests.server.conftest import Served, Serving

KEY = "secret-key-of-some-length"
LOCAL = {"public_address": "127.0.0.1"}
LONG = " ".join(f"word{number}" for number in range(60)) + "."


def calls_of(server: Served) -> str:
    return f"{server.url}/v1/realtime/calls"


async def until(peer: Peer, kind: str) -> dict[str, Any]:
    """The next event of this kind by the data channel."""
    while True:
        event: dict[str, Any] = json.loads(await peer.text(20))
        if event["type"] == kind:
            return event


async def has_started(peer: Peer) -> None:
    async with asyncio.timeout(10):
        await peer.opened.wait()
    await until(peer, "session.created")


def loud_s(peer: Peer) -> float:
    """How much of what was heard is more than silence."""
    return float((abs(peer.recording.samples) > 0.02).sum()) / peer.rate


async def asks(peer: Peer, text: str) -> None:
    item = {
        "type": "message", "role": "user", "content": [{"type": "input_text", "text": text}],
    }  # fmt: skip
    peer.send(json.dumps({"type": "conversation.item.create", "item": item}))
    peer.send('{"type": "response.create"}')


@pytest.mark.parametrize("form", ["sdp", "multipart"])
async def test_a_whole_call_is_held_and_hung_up(serving: Serving, form: str) -> None:
    stt, llm = ScriptedStt("what time is it"), ScriptedLlm("It is noon now.")
    session = None
    if form == "multipart":
        session = '{"type": "realtime", "model": "gpt-realtime", "instructions": "Be brief."}'
    async with serving(LOCAL, stt=stt, llm=llm) as server, open_peer() as peer:
        answer = await peer.call(calls_of(server), session=session)
        assert answer.status_code == 201
        assert answer.headers["content-type"] == "application/sdp"
        location = answer.headers["location"]
        assert location.startswith("/v1/realtime/calls/rtc_")
        async with asyncio.timeout(10):
            await peer.opened.wait()
        created = await until(peer, "session.created")
        if session is not None:
            assert created["session"]["instructions"] == "Be brief."
        peer.speak(say(1.0))
        await until(peer, "input_audio_buffer.speech_started")
        await until(peer, "input_audio_buffer.committed")
        started = await until(peer, "output_audio_buffer.started")
        stopped = await until(peer, "output_audio_buffer.stopped")
        assert started["response_id"] == stopped["response_id"]
        assert peer.recording.dbfs > -30
        async with httpx.AsyncClient(base_url=server.url) as http:
            assert (await http.post(f"{location}/hangup")).status_code == 200
            await are_left(server, 0)
            assert (await http.post(f"{location}/hangup")).status_code == 404
        async with asyncio.timeout(10):
            await peer.gone.wait()


async def test_clearing_the_output_stops_the_sound(serving: Serving) -> None:
    llm = ScriptedLlm(LONG, "It is noon now.")
    async with serving(LOCAL, llm=llm) as server, open_peer() as peer:
        await peer.call(calls_of(server))
        await has_started(peer)
        await asks(peer, "talk on")
        await until(peer, "output_audio_buffer.started")
        await peer.hears(lambda: peer.recording.dbfs > -40)
        peer.send('{"type": "output_audio_buffer.clear"}')
        await until(peer, "output_audio_buffer.cleared")
        await asks(peer, "say more")
        await until(peer, "output_audio_buffer.stopped")
        assert loud_s(peer) < 4.0, "the long reply takes 15 s"
    await are_left(server, 0)


async def test_another_connection_sees_the_call_and_may_steer_it(serving: Serving) -> None:
    llm = ScriptedLlm("It is noon now.")
    async with serving(LOCAL, llm=llm) as server, open_peer() as peer:
        call_id = (await peer.call(calls_of(server))).headers["location"].rpartition("/")[2]
        await has_started(peer)
        async with open_wire(server, f"?call_id={call_id}") as wire:
            await wire.until("session.created")
            await wire.write("What time is it?")
            assert await wire.answered() == "It is noon now."
            assert not wire.sound().seconds
            await until(peer, "output_audio_buffer.stopped")
            assert peer.recording.dbfs > -40
        peer.send('{"type": "session.update", "session": {"type": "realtime"}}')
        await until(peer, "session.updated")  # the call outlives who listens in
        async with open_wire(server, f"?call_id={call_id}") as wire:
            await wire.until("session.created")
            server.app.state.calls.find(call_id, Caller("anyone")).inputs.close()
            assert (await wire.closed())[0] == 1000
    await are_left(server, 0)


async def test_who_only_listens_to_a_call_is_not_taken_for_idle(serving: Serving) -> None:
    settings = LOCAL | {"limits": {"idle_s": 0.2}}
    async with serving(settings, llm=ScriptedLlm("It is noon now.")) as server, open_peer() as peer:
        call_id = (await peer.call(calls_of(server))).headers["location"].rpartition("/")[2]
        await has_started(peer)
        async with open_wire(server, f"?call_id={call_id}") as wire:
            await asks(peer, "What time is it?")
            await wire.until("output_audio_buffer.stopped")
            assert not wire.of("error")
        await asks(peer, "And now?")
        await until(peer, "response.done")


async def test_too_many_who_listen_are_refused(serving: Serving) -> None:
    async with serving(LOCAL) as server, open_peer() as peer, AsyncExitStack() as stack:
        call_id = (await peer.call(calls_of(server))).headers["location"].rpartition("/")[2]
        await has_started(peer)
        for _ in range(7):
            wire = await stack.enter_async_context(open_wire(server, f"?call_id={call_id}"))
            await wire.until("session.created")
        async with open_wire(server, f"?call_id={call_id}") as wire:
            assert (await wire.closed())[0] == 3008


async def test_a_call_is_nobody_else_s_to_hear_or_to_end(serving: Serving) -> None:
    other = {"Authorization": "Bearer another-key-of-some-length"}
    settings = LOCAL | {"keys": [KEY, "another-key-of-some-length"]}
    async with serving(settings) as server, open_peer() as peer:
        answer = await peer.call(calls_of(server), headers={"Authorization": f"Bearer {KEY}"})
        location = answer.headers["location"]
        call_id = location.rpartition("/")[2]
        async with open_wire(server, f"?call_id={call_id}", headers=other) as wire:
            await wire.closed()
        assert wire.of("error")[0]["error"]["code"] == "call_not_found"
        async with httpx.AsyncClient(base_url=server.url, headers=other) as http:
            assert (await http.post(f"{location}/hangup")).status_code == 404
        await has_started(peer)


async def test_a_call_that_is_not_there_cannot_be_listened_to(server: Served) -> None:
    async with open_wire(server, "?call_id=rtc_none") as wire:
        code, reason = await wire.closed()
    assert wire.of("error")[0]["error"]["code"] == "call_not_found"
    assert (code, reason) == (1008, "invalid_request_error.call_not_found")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/sdp", b"no SDP"),
        ("application/sdp", b""),
        ("application/sdp", b"\xff\xfe"),
        ("application/sdp", b"v=0\r\n" + b"a=x\r\n" * 50_000),
        ("application/x-www-form-urlencoded", b"session=%7B%7D"),
        ("application/x-www-form-urlencoded", b"sdp=v%3D0&session=%7B"),
        ("application/x-www-form-urlencoded", b"sdp=v%3D0&session=%5B%5D"),
        ("multipart/form-data; boundary=x", b"no form"),
        ("multipart/form-data", b"no boundary"),
    ],
    ids=str,
)
async def test_an_offer_that_is_none_is_refused(server: Served, kind: str, body: bytes) -> None:
    async with going_on(server), httpx.AsyncClient() as http:
        answer = await http.post(calls_of(server), content=body, headers={"Content-Type": kind})
        assert answer.status_code in {400, 413}
        assert answer.json()["error"]["message"]


async def test_a_session_for_a_call_that_makes_no_sense_is_refused(serving: Serving) -> None:
    async with serving(LOCAL) as server, open_peer() as peer:
        with pytest.raises(httpx.HTTPStatusError, match="400"):
            await peer.call(calls_of(server), session='{"type": "realtime", "audio": 7}')
        await are_left(server, 0)


async def test_a_call_needs_a_key_and_takes_a_secret(serving: Serving) -> None:
    async with serving(LOCAL | {"keys": [KEY]}) as server, httpx.AsyncClient() as http:
        async with open_peer() as peer:
            with pytest.raises(httpx.HTTPStatusError, match="401"):
                await peer.call(calls_of(server))
        answer = await http.post(
            f"{server.url}/v1/realtime/client_secrets",
            json={"session": {"type": "realtime", "instructions": "Be a pirate."}},
            headers={"Authorization": f"Bearer {KEY}"},
        )
        bearer = {"Authorization": f"Bearer {answer.json()['value']}"}
        async with open_peer() as peer:
            await peer.call(calls_of(server), headers=bearer)
            created = await until(peer, "session.created")
            assert created["session"]["instructions"] == "Be a pirate."
        await are_left(server, 0)


async def test_past_the_number_of_sessions_a_call_is_refused(serving: Serving) -> None:
    settings = LOCAL | {"limits": {"sessions_per_key": 1}}
    async with serving(settings) as server, going_on(server), open_peer() as peer:
        with pytest.raises(httpx.HTTPStatusError, match="429") as caught:
            await peer.call(calls_of(server))
        assert caught.value.response.headers["retry-after"]


async def test_a_peer_that_vanishes_in_mid_reply_leaves_nothing(serving: Serving) -> None:
    llm = ScriptedLlm(LONG)
    async with serving(LOCAL, llm=llm) as server:
        server.app.state.calls = Calls(Patience(silent_s=0.5))
        async with open_peer() as peer:
            await peer.call(calls_of(server))
            await has_started(peer)
            await asks(peer, "talk on")
            await until(peer, "output_audio_buffer.started")
            peer.vanish()
            await are_left(server, 0)
            assert llm.running == 0


async def test_a_data_channel_that_never_opens_ends_the_call(serving: Serving) -> None:
    async with serving(LOCAL) as server:
        server.app.state.calls = Calls(Patience(channel_s=0.2))
        async with open_peer(label="others") as peer:
            await peer.call(calls_of(server))
            async with asyncio.timeout(10):
                await peer.gone.wait()
            await are_left(server, 0)


async def test_a_call_that_is_never_taken_up_ends(serving: Serving) -> None:
    async with serving(LOCAL) as server:
        server.app.state.calls = Calls(Patience(connect_s=0.2))
        async with open_peer() as peer:
            offer = await peer.offer()
            head = {"Content-Type": "application/sdp"}
            async with httpx.AsyncClient() as http:
                answer = await http.post(calls_of(server), content=offer, headers=head)
            assert answer.status_code == 201
            await are_left(server, 0)


async def test_a_call_ends_after_its_time_and_says_so(serving: Serving) -> None:
    async with serving(LOCAL | {"limits": {"session_s": 1.5}}) as server, open_peer() as peer:
        await peer.call(calls_of(server))
        await has_started(peer)
        assert (await until(peer, "error"))["error"]["code"] == "session_expired"
        async with asyncio.timeout(10):
            await peer.gone.wait()
        await are_left(server, 0)


async def test_a_server_that_stops_lets_the_call_s_reply_be_heard(serving: Serving) -> None:
    async with serving(LOCAL, llm=ScriptedLlm("One last word.")) as server, open_peer() as peer:
        await peer.call(calls_of(server))
        await has_started(peer)
        await asks(peer, "go on")
        await until(peer, "output_audio_buffer.started")
        server.service.conversations.finish()
        await until(peer, "output_audio_buffer.stopped")
        await until(peer, "error")
        assert peer.recording.dbfs > -40
        await are_left(server, 0)


async def test_speaking_interrupts_the_reply_of_a_call(serving: Serving) -> None:
    stt, llm = ScriptedStt("stop it please now"), ScriptedLlm(LONG, "As you wish.")
    async with serving(LOCAL, stt=stt, llm=llm) as server, open_peer() as peer:
        await peer.call(calls_of(server))
        await has_started(peer)
        await asks(peer, "talk on")
        await peer.hears(lambda: loud_s(peer) > 0.8)
        peer.speak(say(1.5))
        await until(peer, "output_audio_buffer.cleared")
        await until(peer, "output_audio_buffer.stopped")
        assert len(llm.prompts) == 2
        heard = llm.prompts[-1][-2]
        assert heard.role == "assistant"
        assert LONG.startswith(heard.content)
        assert heard.content != LONG
