"""A conversation over the plain WebSocket, with a real server and scripted engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from vivavoce.testing import ScriptedLlm, ScriptedStt, hush, say

if TYPE_CHECKING:
    from tests.server.conftest import Served, Serving
    from tests.server.native.conftest import Device, Devices

LONG = " ".join(f"word{number}" for number in range(60)) + "."


async def test_a_spoken_question_gets_a_spoken_answer(serving: Serving, device: Devices) -> None:
    stt, llm = ScriptedStt("what time is it"), ScriptedLlm("It is noon now.")
    async with serving(stt=stt, llm=llm) as server, device(f"{server.ws_url}/voice") as client:
        await client.ask()
        started = await client.until("Started")
        assert (started["rate"], started["output_rate"]) == (16_000, 16_000)
        ended = await client.until("ReplyEnded")
    assert (ended["heard"], ended["why"]) == ("It is noon now.", "done")
    assert client.of("Heard")[-1]["transcript"]["text"] == "what time is it"  # type: ignore[index]
    names = [str(event["event"]) for event in client.events]
    assert names.index("SpeechStarted") < names.index("SpeechStopped") < names.index("ReplyStarted")
    assert len(client.heard) == pytest.approx(16_000, abs=400)
    assert np.abs(client.heard).max() > 0.2


async def test_every_encoding_and_rate_is_spoken_both_ways(
    serving: Serving, device: Devices
) -> None:
    stt, llm = ScriptedStt("what time is it"), ScriptedLlm("It is noon now.")
    async with serving(stt=stt, llm=llm) as server:
        start = {"rate": 48_000, "output_rate": 24_000, "encoding": "float32"}
        async with device(f"{server.ws_url}/voice", **start) as client:
            for audio in (say(1.0, rate=48_000), hush(2.0, rate=48_000)):
                await client.socket.send(audio.samples.tobytes())
            await client.until("ReplyEnded")
    samples = np.frombuffer(b"".join(client.audio), "<f4")
    assert len(samples) == pytest.approx(24_000, abs=600)
    assert 0.2 < np.abs(samples).max() <= 1.0


async def test_the_address_may_say_how_audio_is_sent(server: Served, device: Devices) -> None:
    async with device(f"{server.ws_url}/voice?rate=8000&output_rate=24000") as client:
        await client.speak(hush(0.1, rate=8_000))
        started = await client.until("Started")
    assert (started["rate"], started["output_rate"]) == (8_000, 24_000)


async def test_a_session_is_as_its_client_wants_it(serving: Serving, device: Devices) -> None:
    llm = ScriptedLlm("Done.")
    wanted = {"system_prompt": "Be brief.", "greeting": "Hello you.", "voice": "other"}
    async with (
        serving(llm=llm) as server,
        device(f"{server.ws_url}/voice", session=wanted) as client,
    ):
        assert (await client.until("ReplyEnded"))["heard"] == "Hello you."
        changes = {"speed": 2, "turns": {"mode": "manual"}}
        await client.tell(type="configure", session=changes)
        assert (await client.until("Configured"))["session"] == changes
        await client.tell(type="text", text="go on")
        await client.until("ReplyEnded")
    assert llm.prompts[-1][0].content == "Be brief."


async def test_a_turn_ends_by_commit_where_the_client_decides(
    serving: Serving, device: Devices
) -> None:
    stt = ScriptedStt("this is all")
    manual = {"turns": {"mode": "manual"}}
    async with (
        serving(stt=stt) as server,
        device(f"{server.ws_url}/voice", session=manual) as client,
    ):
        await client.tell(type="commit")
        assert (await client.until("Error"))["code"] == "commit_empty"
        await client.speak(say(1.0), hush(4.0))
        await client.until("Heard")
        await client.tell(type="commit")
        await client.until("Heard", final=True)


async def test_interrupting_stops_the_reply_and_tells_what_was_heard(
    serving: Serving, device: Devices
) -> None:
    llm = ScriptedLlm(LONG)
    async with serving(llm=llm) as server, device(f"{server.ws_url}/voice", rate=16_000) as client:
        await client.tell(type="text", text="talk on")
        await client.until("Spoke")
        await client.tell(type="interrupt")
        ended = await client.until("ReplyEnded")
        assert ended["why"] == "interrupted"
        assert LONG.startswith(str(ended["heard"]))
        assert len(str(ended["heard"]).split()) < 10
        sent = len(client.heard) / 16_000
        assert sent < len(str(ended["heard"]).split()) / 4 + 0.6
        await client.tell(type="ping", id=7)
        await client.until("Pong", id=7)
        assert len(client.heard) / 16_000 == sent, "nothing of a reply follows its end"
    assert llm.running == 0


async def pause(serving: Serving, device: Devices, *, clears: bool) -> Device:
    """Make a sound in the midst of a reply that turns out to be no interruption."""
    stt, llm = ScriptedStt(""), ScriptedLlm(" ".join(f"w{number}" for number in range(12)) + ".")
    async with (
        serving(stt=stt, llm=llm) as server,
        device(f"{server.ws_url}/voice", rate=16_000, clears=clears) as client,
    ):
        await client.tell(type="text", text="talk on")
        await client.until("Spoke")
        await client.speak(say(0.3), hush(2.0))
        await client.until("Paused")
        await client.until("Resumed")
        assert (await client.until("ReplyEnded"))["why"] == "done"
    return client


async def test_a_client_that_cannot_clear_its_buffer_gets_every_sample_once(
    serving: Serving, device: Devices
) -> None:
    client = await pause(serving, device, clears=False)
    assert len(client.heard) / 16_000 == pytest.approx(3.0, abs=0.03)


async def test_a_client_that_clears_its_buffer_gets_again_what_it_dropped(
    serving: Serving, device: Devices
) -> None:
    client = await pause(serving, device, clears=True)
    names = [it if isinstance(it, bytes) else it["event"] for it in client.order]
    after = b"".join(it for it in names[names.index("Paused") :] if isinstance(it, bytes))
    total = len(client.heard) / 16_000
    assert 3.05 < total < 3.35, "about the lead comes twice"
    assert len(after) / 32_000 < 3.0


@pytest.mark.parametrize("start", [False, True])
@pytest.mark.parametrize("kind", ["text", "say"])
async def test_a_client_may_have_something_said_at_once(
    serving: Serving, device: Devices, start: bool, kind: str
) -> None:
    async with (
        serving(llm=ScriptedLlm("It is noon now.")) as server,
        device(f"{server.ws_url}/voice") as client,
    ):
        if start:
            await client.tell(type="start")
        await client.tell(type=kind, text="It is noon now.")
        ended = await client.until("ReplyEnded")
    assert (ended["heard"], ended["why"]) == ("It is noon now.", "done")


async def test_a_muted_client_is_not_heard(serving: Serving, device: Devices) -> None:
    stt = ScriptedStt("now you hear me")
    async with serving(stt=stt) as server, device(f"{server.ws_url}/voice", rate=16_000) as client:
        await client.tell(type="mute")
        await client.ask()
        await client.tell(type="mute", muted=False)
        await client.tell(type="ping")
        await client.until("Pong")
        assert client.of("SpeechStarted") == []
        await client.ask()
        heard = await client.until("Heard", final=True)
    assert heard["transcript"]["text"] == "now you hear me"  # type: ignore[index]


async def test_a_client_may_hang_up_before_it_has_said_anything(
    server: Served, device: Devices
) -> None:
    async with device(f"{server.ws_url}/voice") as client:
        await client.tell(type="end")
        assert await client.closed() == (1000, "")
    await device.have_left(server)


async def test_a_client_that_stops_sending_in_mid_word_is_answered(
    serving: Serving, device: Devices
) -> None:
    stt, llm = ScriptedStt("what time is it"), ScriptedLlm("It is noon now.")
    async with (
        serving(stt=stt, llm=llm) as server,
        device(f"{server.ws_url}/voice", rate=16_000) as client,
    ):
        await client.speak(say(0.4))
        ended = await client.until("ReplyEnded")
    assert ended["heard"] == "It is noon now."
