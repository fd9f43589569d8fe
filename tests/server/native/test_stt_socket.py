"""Live captions over a WebSocket, from a real server."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from vivavoce.engines import SttOptions, SttStream, Transcript, Word
from vivavoce.testing import ScriptedStt, hush, say
from vivavoce.testing.scripted import ScriptedSttStream

if TYPE_CHECKING:
    from tests.server.conftest import Served, Serving
    from tests.server.native.conftest import Devices


class TimedStt(ScriptedStt):
    """Tells when the first word was said."""

    async def open(self, options: SttOptions) -> SttStream:
        return TimedStream(self, options)


class TimedStream(ScriptedSttStream):
    async def finish(self) -> Transcript:
        said = await super().finish()
        return replace(said, words=(Word(said.text.split()[0], 0.1, 0.4),)) if said.text else said


async def test_what_is_said_comes_while_it_is_said_and_for_good(
    serving: Serving, device: Devices
) -> None:
    stt = ScriptedStt("what time is it", "thank you")
    async with (
        serving(stt=stt) as server,
        device(f"{server.ws_url}/stt/stream", rate=16_000) as client,
    ):
        await client.speak(hush(0.5), say(1.0), hush(2.0), say(0.5), hush(0.3))
        first = await client.until("Final")
        await client.tell(type="end")
        ended = await client.until("Ended")
        assert await client.closed() == (1000, "")
    assert first["text"] == "what time is it"
    assert (first["start"], first["end"]) == (
        pytest.approx(0.5, abs=0.1),
        pytest.approx(1.5, abs=0.1),
    )
    assert [event["text"] for event in client.of("Final")] == ["what time is it", "thank you"]
    partials = client.of("Partial")
    assert [partial["text"] for partial in partials][:3] == ["what", "what time", "what time is"]
    assert [partial["stable"] for partial in partials][:3] == [0, 1, 2]
    assert ended["duration_s"] == pytest.approx(4.3)
    assert stt.open_streams == 0


async def test_the_address_and_float32_do_as_well(serving: Serving, device: Devices) -> None:
    query = "rate=48000&encoding=float32&partials=false&silence_s=0.4&hotwords=time,noon"
    async with (
        serving(stt=ScriptedStt("what time is it")) as server,
        device(f"{server.ws_url}/stt/stream?{query}") as client,
    ):
        for audio in (say(1.0, rate=48_000), hush(0.6, rate=48_000)):
            await client.socket.send(audio.samples.tobytes())
        assert (await client.until("Started"))["encoding"] == "float32"
        assert (await client.until("Final"))["text"] == "what time is it"
    assert client.of("Partial") == []


async def test_words_without_times_are_given_estimated_ones(
    serving: Serving, device: Devices
) -> None:
    async with (
        serving(stt=ScriptedStt("what time is it")) as server,
        device(f"{server.ws_url}/stt/stream", rate=16_000, words=True) as client,
    ):
        await client.speak(hush(0.5), say(1.0), hush(0.3))
        await client.tell(type="end")
        final: Any = await client.until("Final")
    assert final["words_estimated"] is True
    assert [word["text"] for word in final["words"]] == ["what", "time", "is", "it"]
    assert (final["words"][0]["start"], final["words"][-1]["end"]) == (final["start"], final["end"])
    assert all("words" not in partial for partial in client.of("Partial"))


async def test_words_are_the_engines_own_where_it_times_them(
    serving: Serving, device: Devices
) -> None:
    async with (
        serving(stt=TimedStt("what time is it")) as server,
        device(f"{server.ws_url}/stt/stream", rate=16_000, words=True) as client,
    ):
        await client.speak(say(1.0), hush(0.3))
        await client.tell(type="end")
        final: Any = await client.until("Final")
    assert final["words_estimated"] is False
    assert [word["text"] for word in final["words"]] == ["what"]


async def test_a_wrong_message_is_told_and_the_stream_goes_on(
    serving: Serving, device: Devices
) -> None:
    async with (
        serving(stt=ScriptedStt("what time is it")) as server,
        device(f"{server.ws_url}/stt/stream", rate=16_000) as client,
    ):
        for message, code in (
            (b"\0", "invalid_audio"), ("{", "invalid_json"), ('{"type": "x"}', "unknown_type"),
            ('{"type": "start"}', "already_started"),
        ):  # fmt: skip
            await client.socket.send(message)
            error = await client.until("Error")
            assert (error["code"], error["fatal"]) == (code, False)
        await client.tell(type="ping", id="a")
        await client.until("Pong", id="a")
        await client.speak(say(1.0))
        await client.tell(type="end")
        assert (await client.until("Final"))["text"] == "what time is it"


@pytest.mark.parametrize("query", ["language=xx", "rate=0", "rat=16000", "silence_s=0"])
async def test_a_stream_that_cannot_be_had_is_refused(
    server: Served, device: Devices, query: str
) -> None:
    async with device(f"{server.ws_url}/stt/stream?{query}") as client:
        await client.speak(hush(0.1))
        code, _ = await client.closed()
    assert (code, client.of("Error")[0]["fatal"]) == (1008, True)
    await device.have_left(server)


async def test_a_client_that_is_cut_off_leaves_nothing(serving: Serving, device: Devices) -> None:
    stt = ScriptedStt("what time is it")
    async with serving(stt=stt) as server:
        async with device(f"{server.ws_url}/stt/stream", rate=16_000) as client:
            await client.speak(say(1.0))
            await client.until("Partial")
            client.socket.transport.abort()
        await device.have_left(server)
        assert stt.open_streams == 0
        await device.talk_to(server)


async def test_an_engine_that_fails_again_and_again_ends_the_stream(
    serving: Serving, device: Devices
) -> None:
    stt = ScriptedStt(*[RuntimeError("broken")] * 2000)
    async with (
        serving(stt=stt) as server,
        device(f"{server.ws_url}/stt/stream", rate=16_000) as client,
    ):
        for _ in range(4):
            await client.speak(say(0.5), hush(1.5))
        code, reason = await client.closed()
        assert code == 1011
        assert "broken" not in reason
        await device.talk_to(server)


async def test_ten_minutes_at_once_stall_nobody(serving: Serving, device: Devices) -> None:
    async with serving() as server, device(f"{server.ws_url}/stt/stream", rate=16_000) as client:
        await client.speak(*[hush(60.0)] * 10)
        await device.talk_to(server)
        await client.tell(type="end")
        assert (await client.until("Ended"))["duration_s"] == pytest.approx(600.0)


async def test_more_than_a_minute_in_one_message_is_refused(
    server: Served, device: Devices
) -> None:
    async with device(f"{server.ws_url}/stt/stream", rate=16_000) as client:
        await client.speak(hush(61.0))
        error = await client.until("Error")
        assert (error["code"], error["fatal"]) == ("invalid_audio", False)
        assert "send at most 60 s" in str(error["message"])
        await client.tell(type="end")
        assert (await client.until("Ended"))["duration_s"] == 0


class UnsureOfAllStt(ScriptedStt):
    """Hears, and believes little of it."""

    async def open(self, options: SttOptions) -> SttStream:
        return UnsureOfAllStream(self, options)


class UnsureOfAllStream(ScriptedSttStream):
    async def finish(self) -> Transcript:
        return replace(await super().finish(), confidence=0.4)


async def test_speech_in_another_language_is_warned_of_once(
    serving: Serving, device: Devices
) -> None:
    stt = UnsureOfAllStt("the swath of la pappier", "befin it this to all")
    async with (
        serving(stt=stt) as server,
        device(f"{server.ws_url}/stt/stream", rate=16_000) as client,
    ):
        await client.speak(hush(0.5), say(1.5), hush(2.0), say(1.5), hush(2.0))
        await client.tell(type="end")
        await client.until("Ended")
    assert len(client.of("Final")) == 2
    [warning] = client.of("Warning")
    assert warning["code"] == "language_doubtful"
    assert str(warning["message"]).startswith(
        "the speech may not be English: scripted was only 40%"
    )
