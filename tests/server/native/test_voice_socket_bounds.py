"""Plain conversations whose clients misbehave, or are not wanted: what is told, and what stays."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from vivavoce.audio import to_pcm16
from vivavoce.testing import ScriptedLlm, ScriptedStt, ScriptedTts, hush, say

if TYPE_CHECKING:
    from tests.server.conftest import Served, Serving
    from tests.server.native.conftest import Devices

LONG = " ".join(f"word{number}" for number in range(60)) + "."


@pytest.mark.parametrize(
    ("message", "code", "param"),
    [
        ("{", "invalid_json", None),
        ("[1]", "invalid_json", None),
        ("[" * 200_000, "invalid_json", None),
        ('{"type": "text", "text": "\\ud800"}', "invalid_json", None),
        ("{}", "unknown_type", "type"),
        ('{"type": "dance"}', "unknown_type", "type"),
        ('{"type": "text"}', "missing_required_parameter", "text"),
        ('{"type": "text", "text": ""}', "invalid_value", "text"),
        ('{"type": "ping", "what": 1}', "invalid_value", "what"),
        ('{"type": "start"}', "already_started", "type"),
        ('{"type": "commit"}', "commit_empty", None),
        ('{"type": "configure", "session": {"sped": 1}}', "invalid_value", None),
        ('{"type": "configure", "session": {"speed": 99}}', "invalid_value", None),
        ('{"type": "configure", "session": {"voice": "nobody"}}', "invalid_value", "voice"),
        ('{"type": "configure", "session": {"max_reply_s": 1e6}}', "invalid_value", None),
        (b"\0\0\0", "invalid_audio", None),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_wrong_message_is_told_and_the_session_goes_on(
    server: Served, device: Devices, message: str | bytes, code: str, param: str | None
) -> None:
    async with device(f"{server.ws_url}/voice", rate=16_000) as client:
        await client.socket.send(message)
        error = await client.until("Error")
        assert (error["code"], error["param"], error["fatal"]) == (code, param, False)
        assert error["message"]
        await client.tell(type="say", text="Still here.")
        assert (await client.until("ReplyEnded"))["why"] == "done"


@pytest.mark.parametrize(
    ("query", "start"),
    [("?rate=1", {}), ("?rate=fast", {}), ("?speed=1", {}), ("", {"session": {"sped": 1}}),
     ("", {"session": {"language": "klingon", "voice": "nobody"}}), ("", {"rate": 7})],
)  # fmt: skip
async def test_a_session_that_cannot_be_had_is_refused_and_closed(
    server: Served, device: Devices, query: str, start: dict[str, object]
) -> None:
    async with device(f"{server.ws_url}/voice{query}") as client:
        await client.tell(type="start", **start)
        code, reason = await client.closed()
    (error,) = client.of("Error")
    assert error["fatal"]
    assert (code, reason) == (1008, str(error["message"])[:123])
    await device.have_left(server)


async def test_what_is_wrong_in_the_settings_is_all_told_at_once(
    server: Served, device: Devices
) -> None:
    async with device(f"{server.ws_url}/voice", rate=16_000) as client:
        await client.tell(type="configure", session={"sped": 1, "pitch": 9})
        message = str((await client.until("Error"))["message"])
    assert "session.sped: unknown key; did you mean 'speed'" in message
    assert "session.pitch: it should be less than or equal to 2" in message


async def test_a_wrong_key_is_told_before_the_socket_is_closed(
    serving: Serving, device: Devices
) -> None:
    async with (
        serving({"keys": ["secret-key-of-some-length"]}) as server,
        device(f"{server.ws_url}/voice") as client,
    ):
        code, _ = await client.closed()
    assert code == 3000
    assert client.of("Error")[0]["code"] == "missing_api_key"


async def test_a_browser_sends_its_key_as_a_subprotocol(serving: Serving, device: Devices) -> None:
    key = "secret-key-of-some-length"
    async with serving({"keys": [key]}) as server:
        offered = ["vivavoce", f"openai-insecure-api-key.{key}"]
        async with connect(f"{server.ws_url}/voice", subprotocols=offered) as socket:  # type: ignore[arg-type]
            assert socket.subprotocol == "vivavoce"
            await socket.send('{"type": "ping", "id": 1}')
            assert json.loads(await socket.recv())["event"] == "Started"


async def test_past_the_number_of_sessions_one_more_is_refused_with_a_reason(
    serving: Serving, device: Devices
) -> None:
    async with serving({"limits": {"sessions": 1}}) as server:
        async with device(f"{server.ws_url}/voice", rate=16_000) as first:
            async with device(f"{server.ws_url}/voice") as second:
                code, _ = await second.closed()
                assert code == 1013
                assert second.of("Error")[0]["retry_after"] is not None
            await first.tell(type="say", text="I go on.")
            assert (await first.until("ReplyEnded"))["why"] == "done"
        await device.have_left(server)
        await device.talk_to(server)


async def test_a_client_whose_socket_is_cut_leaves_nothing_and_disturbs_nobody(
    serving: Serving, device: Devices
) -> None:
    llm, tts = ScriptedLlm(answer=lambda _: LONG), ScriptedTts()
    async with (
        serving(llm=llm, tts=tts) as server,
        device(f"{server.ws_url}/voice", rate=16_000) as client,
    ):
        await client.tell(type="text", text="talk on")
        await client.until("Spoke")
        client.socket.transport.abort()
        await device.have_left(server)
        assert (llm.running, tts.running) == (0, 0)
        await device.talk_to(server)


async def test_a_flood_of_messages_is_taken_without_harm(serving: Serving, device: Devices) -> None:
    stt = ScriptedStt("what time is it")
    async with serving(stt=stt) as server, device(f"{server.ws_url}/voice", rate=16_000) as client:
        chunk = to_pcm16(hush(0.001).samples)
        for number in range(2000):
            await client.socket.send(chunk)
            if number % 100 == 0:
                await client.tell(type="ping", id=number)
        await client.until("Pong", id=1900)
        await device.talk_to(server)
        await client.ask()
        await client.until("ReplyEnded")


async def test_a_huge_message_closes_this_session_and_no_other(
    serving: Serving, device: Devices
) -> None:
    async with (
        serving({"limits": {"message_mb": 0.5}}) as server,
        device(f"{server.ws_url}/voice", rate=16_000) as client,
    ):
        await client.socket.send(bytes(600_000))
        code, _ = await client.closed()
        assert code == 1009
        await device.have_left(server)
        await device.talk_to(server)


async def test_a_minute_of_audio_in_one_message_does_not_stall_the_others(
    server: Served, device: Devices
) -> None:
    async with device(f"{server.ws_url}/voice", rate=16_000) as client:
        await client.speak(hush(60.0))
        await device.talk_to(server)


async def flood(socket: ClientConnection) -> None:
    while True:
        await socket.send('{"type": "dance"}')


async def test_a_client_that_never_reads_is_dropped(serving: Serving, device: Devices) -> None:
    async with serving({"limits": {"unsent_mb": 0.1}}) as server:
        with device.narrow(server) as narrow:
            async with connect(
                f"{server.ws_url}/voice", sock=narrow, compression=None, max_queue=1
            ) as socket:
                await socket.send('{"type": "start"}')
                with pytest.raises(ConnectionClosed):
                    await flood(socket)
        await device.have_left(server)
        await device.talk_to(server)


async def test_a_session_in_which_nothing_comes_is_closed(
    serving: Serving, device: Devices
) -> None:
    async with (
        serving({"limits": {"idle_s": 0.05}}) as server,
        device(f"{server.ws_url}/voice") as client,
    ):
        code, _ = await client.closed()
    assert (code, client.of("Error")[0]["code"]) == (1008, "idle_timeout")


async def test_a_session_ends_after_its_time(serving: Serving, device: Devices) -> None:
    async with (
        serving({"limits": {"session_s": 0.2}}) as server,
        device(f"{server.ws_url}/voice", rate=16_000) as client,
    ):
        code, _ = await client.closed()
    assert (code, client.of("Error")[0]["code"]) == (1008, "session_expired")


async def test_a_server_that_stops_lets_the_reply_end_and_says_so(
    serving: Serving, device: Devices
) -> None:
    async with serving() as server, device(f"{server.ws_url}/voice", rate=16_000) as client:
        await client.tell(type="say", text="One last word.")
        await client.until("ReplyStarted")
        server.service.drain()
        code, _ = await client.closed()
    assert client.of("ReplyEnded")[0]["why"] == "done"
    assert (code, client.of("Error")[0]["code"]) == (1001, "shutting_down")


async def test_hanging_up_closes_the_socket(server: Served, device: Devices) -> None:
    async with device(f"{server.ws_url}/voice", rate=16_000) as client:
        await client.tell(type="end")
        assert await client.closed() == (1000, "")
    await device.have_left(server)


def anything(dice: random.Random) -> str | bytes:
    """Something that a client may send, sense or not."""
    spoken = dice.choice([say, hush])(dice.choice([0.02, 0.3, 0.8]))
    told = dice.choice(
        [
            {"type": "text", "text": "talk on"}, {"type": "say", "text": LONG},
            {"type": "interrupt"}, {"type": "commit"}, {"type": "start"}, {"type": "mute"},
            {"type": "mute", "muted": False}, {"type": "ping"}, {"type": "dance"}, [],
            {"type": "configure", "session": {"turns": {"mode": dice.choice(["auto", "manual"])}}},
            {"type": "configure", "session": {"speed": dice.choice([0.5, 2.0, 9.0])}},
        ]
    )  # fmt: skip
    choices: list[str | bytes] = [to_pcm16(spoken.samples), json.dumps(told), bytes(3), "{"]
    return dice.choice(choices)


@pytest.mark.parametrize("clears", [False, True])
@pytest.mark.parametrize("seed", range(4))
async def test_whatever_comes_each_reply_ends_once_and_nothing_of_it_follows(
    serving: Serving, device: Devices, seed: int, clears: bool
) -> None:
    dice = random.Random(seed)
    stt = ScriptedStt(*(dice.choice(["", "mm-hm", "tell me more of it"]) for _ in range(200)))
    llm, tts = ScriptedLlm(answer=lambda _: LONG), ScriptedTts()
    async with serving(stt=stt, llm=llm, tts=tts) as server:
        async with device(f"{server.ws_url}/voice", rate=16_000, clears=clears) as client:
            for number in range(10):
                for _ in range(dice.randrange(20)):
                    await client.socket.send(anything(dice))
                await client.tell(type="ping", id=number)
                await client.until("Pong", id=number)
            await client.tell(type="interrupt")
            await client.tell(type="ping", id="last")
            await client.until("Pong", id="last")
        await device.have_left(server)
        assert (llm.running, tts.running, stt.open_streams) == (0, 0, 0)
        await device.talk_to(server)
    assert len(client.of("ReplyStarted")) > 2
    active = None
    for event in client.order:
        if isinstance(event, bytes):
            assert active is not None, "sound without a reply"
        elif event["event"] == "ReplyStarted":
            assert active is None
            active = event["turn"]
        elif event["event"] in {"Wrote", "Spoke", "Paused", "Resumed", "ReplyEnded"}:
            assert event["turn"] == active
            active = None if event["event"] == "ReplyEnded" else active
    assert active is None
