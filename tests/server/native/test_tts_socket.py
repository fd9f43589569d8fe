"""Speech for a text that is still being written, from a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from websockets.asyncio.client import connect

from vivavoce.errors import EngineError
from vivavoce.testing import ScriptedTts

if TYPE_CHECKING:
    from tests.server.conftest import Served, Serving
    from tests.server.native.conftest import Devices

STORY = "Once upon a time there was a king. He had a horse, and the horse had a name."


async def test_pieces_of_text_become_speech_while_they_come(
    serving: Serving, device: Devices
) -> None:
    tts = ScriptedTts()
    async with (
        serving(tts=tts) as server,
        device(f"{server.ws_url}/tts/stream", rate=24_000) as client,
    ):
        for character in STORY[:40]:
            await client.tell(type="text", text=character)
        first = await client.until("Phrase")
        assert STORY.startswith(str(first["text"]))
        await client.tell(type="text", text=STORY[40:])
        await client.tell(type="end")
        ended = await client.until("Ended")
        assert await client.closed() == (1000, "")
    assert "".join(str(event["text"]) for event in client.of("Phrase")) == STORY
    words = [word for event in client.of("Words") for word in event["words"]]  # type: ignore[attr-defined]
    assert " ".join(word["text"] for word in words) == STORY
    starts = [word["start"] for word in words]
    assert starts == sorted(starts)
    assert ended["duration_s"] == pytest.approx(len(words) / 4)
    assert len(client.heard) / 24_000 == pytest.approx(len(words) / 4, abs=0.02)


async def test_a_flush_says_what_there_is(serving: Serving, device: Devices) -> None:
    async with (
        serving() as server,
        device(f"{server.ws_url}/tts/stream?encoding=float32") as client,
    ):
        await client.tell(type="text", text="Well then")
        await client.tell(type="flush")
        assert (await client.until("Flushed"))["duration_s"] == pytest.approx(0.5)
        assert len(np.frombuffer(b"".join(client.audio), "<f4")) == 8_000
        await client.tell(type="text", text="go on")
        await client.tell(type="flush")
        assert (await client.until("Flushed"))["duration_s"] == pytest.approx(1.0)


async def test_after_a_cancel_nothing_of_the_text_follows(
    serving: Serving, device: Devices
) -> None:
    tts = ScriptedTts()
    async with (
        serving(tts=tts) as server,
        device(f"{server.ws_url}/tts/stream", rate=16_000) as client,
    ):
        for _ in range(50):
            await client.tell(type="text", text=STORY + " ")
        await client.until("Phrase")
        await client.tell(type="cancel")
        cancelled = await client.until("Cancelled")
        sent = len(client.audio)
        assert tts.running == 0
        await client.tell(type="text", text="New.")
        await client.tell(type="flush")
        phrase = await client.until("Phrase")
        assert (phrase["text"], phrase["start"]) == ("New.", cancelled["at"])
        assert len(client.audio) == sent
        await client.until("Flushed")


async def test_a_wrong_message_is_told_and_the_stream_goes_on(
    server: Served, device: Devices
) -> None:
    async with device(f"{server.ws_url}/tts/stream", rate=16_000) as client:
        for message, code in (
            (b"audio", "invalid_value"), ("{", "invalid_json"), ('{"type": "x"}', "unknown_type"),
            ('{"type": "start"}', "already_started"),
            ('{"type": "text"}', "missing_required_parameter"),
        ):  # fmt: skip
            await client.socket.send(message)
            error = await client.until("Error")
            assert (error["code"], error["fatal"]) == (code, False)
        await client.tell(type="ping", id="a")
        await client.until("Pong", id="a")
        await client.tell(type="text", text="Still here.")
        await client.tell(type="end")
        await client.until("Ended")


async def test_pauses_are_silence_and_take_no_room_of_the_text_that_waits(
    serving: Serving, device: Devices
) -> None:
    async with (
        serving({"limits": {"text_chars": 100}}) as server,
        device(f"{server.ws_url}/tts/stream", rate=16_000) as client,
    ):
        for _ in range(12):
            await client.tell(type="text", text="Yes. [pause 250ms] ")
            await client.tell(type="flush")
            await client.until("Flushed")
        await client.tell(type="end")
        assert (await client.until("Ended"))["duration_s"] == pytest.approx(12 * (0.25 + 0.25))
    assert {event["text"].strip() for event in client.of("Phrase")} == {"Yes.", ""}  # type: ignore[attr-defined]


async def test_more_text_than_may_wait_is_refused(serving: Serving, device: Devices) -> None:
    async with (
        serving({"limits": {"text_chars": 100}}) as server,
        device(f"{server.ws_url}/tts/stream", rate=16_000) as client,
    ):
        await client.tell(type="text", text="x" * 101)
        assert (await client.until("Error"))["code"] == "text_too_long"
        for _ in range(20):
            await client.tell(type="text", text="One two three four five six.")
            await client.tell(type="flush")
            await client.until("Flushed")
        assert len(client.of("Error")) == 1, "what has been spoken makes room"


@pytest.mark.parametrize("query", ["voice=nobody", "rate=0", "sped=1", "speed=9"])
async def test_a_stream_that_cannot_be_had_is_refused(
    server: Served, device: Devices, query: str
) -> None:
    async with device(f"{server.ws_url}/tts/stream?{query}") as client:
        await client.tell(type="text", text="Hi.")
        code, _ = await client.closed()
    assert (code, client.of("Error")[0]["fatal"]) == (1008, True)
    await device.have_left(server)


async def test_an_engine_that_fails_ends_the_stream(serving: Serving, device: Devices) -> None:
    tts = ScriptedTts()
    async with (
        serving(tts=tts) as server,
        device(f"{server.ws_url}/tts/stream", rate=16_000) as client,
    ):
        tts.fail = EngineError("the voice is gone")
        await client.tell(type="text", text="Hello there.")
        await client.tell(type="flush")
        assert (await client.closed())[0] == 1011
        assert client.of("Error")[0]["code"] == "engine_failed"
        tts.fail = None
        await device.have_left(server)
        await device.talk_to(server)


async def test_a_client_that_leaves_in_the_midst_leaves_nothing(
    serving: Serving, device: Devices
) -> None:
    tts = ScriptedTts()
    async with serving(tts=tts) as server:
        async with device(f"{server.ws_url}/tts/stream", rate=16_000) as client:
            for _ in range(50):
                await client.tell(type="text", text=STORY + " ")
            await client.until("Phrase")
            client.socket.transport.abort()
        await device.have_left(server)
        assert tts.running == 0
        await device.talk_to(server)


async def test_a_client_that_does_not_read_gets_nothing_made_for_it(
    serving: Serving, device: Devices
) -> None:
    tts = ScriptedTts()
    async with serving(tts=tts) as server:
        with device.narrow(server) as narrow:
            async with connect(
                f"{server.ws_url}/tts/stream?rate=48000",
                sock=narrow,
                compression=None,
                max_queue=1,
            ) as socket:
                for _ in range(300):
                    await socket.send(f'{{"type": "text", "text": "{STORY} "}}')
                await device.talk_to(server)
                assert len(tts.spoken) < 600, "it waits for its reader"
                socket.transport.abort()
        await device.have_left(server)
        assert tts.running == 0


async def test_each_text_may_be_a_document_of_ssml(serving: Serving, device: Devices) -> None:
    tts = ScriptedTts()
    async with (
        serving({"limits": {"text_chars": 100}}, tts=tts) as server,
        device(f"{server.ws_url}/tts/stream?input_type=ssml", rate=16_000) as client,
    ):
        for _ in range(5):
            await client.tell(type="text", text="<speak>One<break time='250ms'/>two</speak>")
            await client.tell(type="flush")
            await client.until("Flushed")
        await client.tell(type="text", text="<speak>")
        assert "SSML: line 1" in str((await client.until("Error"))["message"])
        await client.tell(type="end")
        assert (await client.until("Ended"))["duration_s"] == pytest.approx(5 * 0.75)
    assert tts.spoken == ["One", "two."] * 5
