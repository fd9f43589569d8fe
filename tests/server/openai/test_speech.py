"""Text to speech over OpenAI's protocol, asked for with OpenAI's own client."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import httpx
import pytest
from openai import AsyncOpenAI, BadRequestError, NotFoundError, OpenAI

from vivavoce.audio import Audio, from_pcm16
from vivavoce.engines import Speech, TtsOptions
from vivavoce.errors import EngineError
from vivavoce.media.decode import probe_audio, read_audio
from vivavoce.testing import ScriptedTts, say

if TYPE_CHECKING:
    from tests.server.conftest import Served, Serving

Form: TypeAlias = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]
FORMS: tuple[Form, ...] = ("mp3", "opus", "aac", "flac", "wav", "pcm")
TEXT = "One two three four. Five six seven eight."
"""Two seconds, as scripted voices speak."""


@pytest.fixture
async def client(server: Served) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:
        yield client


class HeldTts(ScriptedTts):
    """Says the first phrase; the next ones wait for `more`."""

    def __init__(self) -> None:
        super().__init__()
        self.more = asyncio.Event()
        self.ended = asyncio.Event()

    async def speak(self, phrase: str, options: TtsOptions) -> AsyncGenerator[Speech, None]:
        first = not self.spoken
        self.spoken.append(phrase)
        try:
            if not first:
                await self.more.wait()
            yield Speech(say(1.0, rate=self.rate).samples)
        finally:
            self.ended.set()


def decoded(data: bytes, form: str) -> Audio:
    return Audio(from_pcm16(data), 24_000) if form == "pcm" else read_audio(io.BytesIO(data))


@pytest.mark.parametrize("form", FORMS)
async def test_every_format_streams_and_plays(client: AsyncOpenAI, form: Form) -> None:
    request = client.audio.speech.with_streaming_response.create(
        input=TEXT, model="tts-1", voice="alloy", response_format=form
    )
    async with request as response:
        data = b"".join([chunk async for chunk in response.iter_bytes()])
        kind = response.headers["content-type"]
    audio = decoded(data, form)
    assert audio.seconds == pytest.approx(2.0, abs=0.15)
    assert audio.dbfs == pytest.approx(say(1.0).dbfs, abs=1.5)
    assert (
        kind
        == {
            "mp3": "audio/mpeg",
            "opus": "audio/ogg; codecs=opus",
            "aac": "audio/aac",
            "flac": "audio/flac",
            "wav": "audio/wav",
            "pcm": "audio/pcm",
        }[form]
    )
    if form != "pcm":
        info = probe_audio(io.BytesIO(data))
        assert info.rate == (48_000 if form == "opus" else 24_000)  # as Opus always decodes
        assert info.channels == 1


async def test_the_synchronous_client_gets_it_in_one_piece(server: Served) -> None:
    def ask() -> bytes:
        with OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:
            return client.audio.speech.create(input=TEXT, model="tts-1", voice="alloy").content

    assert decoded(await asyncio.to_thread(ask), "mp3").seconds == pytest.approx(2.0, abs=0.15)


@pytest.mark.parametrize("form", FORMS)
async def test_the_first_bytes_leave_with_the_first_phrase(serving: Serving, form: Form) -> None:
    tts = HeldTts()
    async with serving(tts=tts) as server, httpx.AsyncClient() as client:
        request = {"input": TEXT, "model": "tts-1", "response_format": form}
        async with client.stream("POST", f"{server.url}/v1/audio/speech", json=request) as answer:
            chunks = answer.aiter_bytes()
            data = await anext(chunks)
            while len(data) < 100 or decoded(data, form).seconds < 0.7:
                data += await anext(chunks)
            assert not tts.more.is_set()
            tts.more.set()
            data += b"".join([chunk async for chunk in chunks])
    assert decoded(data, form).seconds > 1.9


async def test_as_events_it_is_the_same_audio(client: AsyncOpenAI) -> None:
    request = client.audio.speech.with_streaming_response.create(
        input=TEXT, model="gpt-4o-mini-tts", voice="nova", response_format="pcm",
        stream_format="sse",
    )  # fmt: skip
    async with request as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = [line async for line in response.iter_lines() if line]
    events = [json.loads(line.removeprefix("data: ")) for line in lines]
    assert {event["type"] for event in events[:-1]} == {"speech.audio.delta"}
    assert events[-1]["type"] == "speech.audio.done"
    assert set(events[-1]["usage"]) == {"input_tokens", "output_tokens", "total_tokens"}
    data = b"".join(base64.b64decode(event["audio"]) for event in events[:-1])
    assert decoded(data, "pcm").seconds == pytest.approx(2.0, abs=0.01)


@pytest.mark.parametrize("speed", [0.25, 2.0, 4.0])
async def test_speed_changes_how_long_it_takes(client: AsyncOpenAI, speed: float) -> None:
    answer = await client.audio.speech.create(
        input=TEXT, model="tts-1", voice="alloy", response_format="pcm", speed=speed
    )
    assert decoded(answer.content, "pcm").seconds == pytest.approx(2.0 / speed, abs=0.02)


async def test_a_voice_may_be_an_object_and_instructions_are_taken(serving: Serving) -> None:
    asked: list[str | None] = []

    class Listening(ScriptedTts):
        def speak(self, phrase: str, options: TtsOptions) -> AsyncGenerator[Speech, None]:
            asked.append(options.voice)
            return super().speak(phrase, options)

    async with (
        serving({"voices": {"mine": "other"}}, tts=Listening()) as server,
        AsyncOpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client,
    ):
        await client.audio.speech.create(
            input="Hi.", model="tts-1", voice={"id": "mine"}, instructions="Whisper."
        )
    assert asked == ["other"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", [" ", " … ", "?!", "🙂"])
async def test_a_text_with_nothing_to_say_is_a_short_silence(
    client: AsyncOpenAI, form: Form, text: str
) -> None:
    answer = await client.audio.speech.create(
        input=text, model="tts-1", voice="alloy", response_format=form
    )
    audio = decoded(answer.content, form)
    assert 0.09 < audio.seconds < 0.2
    assert not audio.samples.any()


@pytest.mark.parametrize("form", FORMS)
async def test_a_voice_that_gives_no_sound_is_a_short_silence_too(
    serving: Serving, form: Form
) -> None:
    class Mute(ScriptedTts):
        async def speak(self, phrase: str, options: TtsOptions) -> AsyncGenerator[Speech, None]:
            yield Speech(Audio.silence(0.0, self.rate).samples)

    request = {"input": TEXT, "model": "tts-1", "response_format": form}
    async with serving(tts=Mute()) as server, httpx.AsyncClient() as client:
        answer = await client.post(f"{server.url}/v1/audio/speech", json=request)
    assert answer.status_code == 200
    assert 0.09 < decoded(answer.content, form).seconds < 0.2


async def test_null_is_as_left_out(client: AsyncOpenAI) -> None:
    request = {"input": "Hi.", "model": "tts-1", "voice": None, "response_format": None}
    answer = await client.post("/audio/speech", body=request, cast_to=httpx.Response)
    assert answer.headers["content-type"] == "audio/mpeg"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"model": "tts-1", "input": "a\\ud800b"}',
     b'{"model": "tts-1", "input": "Hi.", "speed": NaN}'],
)  # fmt: skip
async def test_what_is_no_request_is_refused(server: Served, body: bytes) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.post(
            f"{server.url}/v1/audio/speech",
            content=body,
            headers={"Content-Type": "application/json"},
        )
    assert answer.status_code == 400
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"input": "x" * 4097}, "input"),
        ({"input": ""}, "input"),
        ({"input": 7}, "input"),
        ({"voice": "nobody"}, "voice"),
        ({"voice": 3}, "voice"),
        ({"voice": {"name": "alloy"}}, "voice"),
        ({"response_format": "m4a"}, "response_format"),
        ({"speed": 0.2}, "speed"),
        ({"speed": 4.1}, "speed"),
        ({"speed": "fast"}, "speed"),
        ({"stream_format": "base64"}, "stream_format"),
    ],
)
async def test_a_wrong_field_is_named(
    client: AsyncOpenAI, wrong: dict[str, Any], param: str
) -> None:
    request = {"input": "Hi.", "model": "tts-1", "voice": "alloy"} | wrong
    with pytest.raises(BadRequestError) as caught:
        await client.post("/audio/speech", body=request, cast_to=object)
    error = caught.value
    assert error.param == param
    assert error.type == "invalid_request_error"
    assert set(error.body or {}) == {"message", "type", "param", "code"}  # type: ignore[call-overload]


async def test_an_unknown_model_is_not_found(client: AsyncOpenAI) -> None:
    with pytest.raises(NotFoundError, match="did you mean 'tts-1'") as caught:
        await client.audio.speech.create(input="Hi.", model="tts1", voice="alloy")
    assert caught.value.code == "model_not_found"


async def test_the_configured_bound_on_text_holds(serving: Serving) -> None:
    async with serving({"limits": {"text_chars": 10}}) as server, httpx.AsyncClient() as client:
        request = {"input": "x" * 11, "model": "tts-1"}
        answer = await client.post(f"{server.url}/v1/audio/speech", json=request)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "input"


async def test_an_engine_that_fails_at_once_is_a_server_error(serving: Serving) -> None:
    async with (
        serving(tts=ScriptedTts(fail=EngineError("scripted: out of breath"))) as server,
        httpx.AsyncClient() as client,
    ):
        request = {"input": "Hi.", "model": "tts-1"}
        answer = await client.post(f"{server.url}/v1/audio/speech", json=request)
        assert answer.status_code == 500
        assert "out of breath" in answer.json()["error"]["message"]


class Breathless(ScriptedTts):
    """Fails after the first phrase."""

    async def speak(self, phrase: str, options: TtsOptions) -> AsyncGenerator[Speech, None]:
        if self.spoken:
            raise EngineError("scripted: out of breath")
        self.spoken.append(phrase)
        yield Speech(say(1.0, rate=self.rate).samples)


async def test_speech_that_breaks_off_is_not_taken_for_whole(serving: Serving) -> None:
    async with serving(tts=Breathless()) as server, httpx.AsyncClient() as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post(
                f"{server.url}/v1/audio/speech", json={"input": TEXT, "model": "tts-1"}
            )


async def test_events_that_break_off_end_in_the_error(serving: Serving) -> None:
    async with serving(tts=Breathless()) as server, httpx.AsyncClient() as client:
        request = {"input": TEXT, "model": "tts-1", "stream_format": "sse"}
        answer = await client.post(f"{server.url}/v1/audio/speech", json=request)
    last = json.loads(answer.text.strip().splitlines()[-1].removeprefix("data: "))
    assert last["error"]["message"] == "scripted: out of breath"


async def test_a_client_that_leaves_ends_the_speech_and_others_go_on(serving: Serving) -> None:
    tts = HeldTts()
    async with serving(tts=tts) as server, httpx.AsyncClient() as client:
        request = {"input": TEXT, "model": "tts-1", "response_format": "pcm"}
        async with client.stream("POST", f"{server.url}/v1/audio/speech", json=request) as answer:
            await anext(answer.aiter_bytes())
            await tts.ended.wait()
            tts.ended.clear()
        await tts.ended.wait()
        assert not tts.more.is_set()
        tts.more.set()
        assert (await client.post(f"{server.url}/v1/audio/speech", json=request)).is_success


async def test_words_are_pronounced_as_the_request_says(serving: Serving) -> None:
    tts = ScriptedTts()
    body = {"model": "tts-1", "input": "Use nginx.", "pronunciations": {"nginx": "engine x"}}
    async with serving(tts=tts) as server, httpx.AsyncClient(base_url=server.url) as client:
        answer = await client.post("/v1/audio/speech", json=body)
        wrong = await client.post("/v1/audio/speech", json={**body, "pronunciations": {"a": ""}})
    assert answer.status_code == 200
    assert tts.spoken == ["Use engine x."]
    assert wrong.status_code == 400
    assert "'a': say how it sounds" in wrong.json()["error"]["message"]


async def test_ssml_is_spoken_as_it_says(serving: Serving) -> None:
    tts = ScriptedTts()
    body = {"model": "tts-1", "input": "<speak>One<break time='1s'/>two.</speak>"}
    async with serving(tts=tts) as server, httpx.AsyncClient(base_url=server.url) as client:
        assert (await client.post("/v1/audio/speech", json=body)).status_code == 200
        plain = {**body, "input_type": "text"}
        assert (await client.post("/v1/audio/speech", json=plain)).status_code == 200
        broken = await client.post("/v1/audio/speech", json={**body, "input": "<speak>"})
    assert tts.spoken[:2] == ["One", "two."]
    assert broken.status_code == 400
