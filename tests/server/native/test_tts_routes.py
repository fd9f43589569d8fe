"""Texts as speech, from a real server."""

from __future__ import annotations

import base64
import io
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.audio import Audio
from vivavoce.engines import Speech, TtsOptions
from vivavoce.errors import EngineError
from vivavoce.media.decode import read_audio
from vivavoce.server.errors import Problem
from vivavoce.server.http.content_negotiation import accepted
from vivavoce.testing import ScriptedTts

if TYPE_CHECKING:
    from tests.server.conftest import Served, Serving

JSON = {"Accept": "application/json"}


@pytest.mark.parametrize("form", ["wav", "mp3", "ogg", "opus", "aac", "flac"])
@pytest.mark.parametrize("headers", [{}, JSON], ids=["streamed", "json"])
async def test_a_text_becomes_a_sound_file(
    server: Served, form: str, headers: dict[str, str]
) -> None:
    body = {"text": "One two three four.", "format": form, "sample_rate": 24_000}
    async with httpx.AsyncClient(base_url=server.url, headers=headers) as client:
        answer = await client.post("/tts/synthesize", json=body)
    assert answer.status_code == 200
    data = base64.b64decode(answer.json()["audio"]) if headers else answer.content
    audio = read_audio(io.BytesIO(data))
    assert audio.seconds == pytest.approx(1.0, abs=0.15)
    assert audio.dbfs > -20


async def test_the_answer_tells_what_made_it(server: Served) -> None:
    body = {"text": "One two.", "format": "pcm", "sample_rate": 8000, "voice": "other"}
    async with httpx.AsyncClient(base_url=server.url) as client:
        answer = await client.post("/tts/synthesize", json=body)
        assert answer.headers["content-type"] == "audio/pcm"
        assert answer.headers["x-sample-rate"] == "8000"
        assert answer.headers["x-engine"] == "scripted"
        assert answer.headers["x-voice"] == "other"
        assert len(answer.content) == pytest.approx(8000, abs=100)
        told = (await client.post("/tts/synthesize", json=body, headers=JSON)).json()
    assert told["duration_s"] == pytest.approx(0.5)
    assert told["processing_s"] > 0
    assert (told["engine"], told["voice"], told["sample_rate"]) == ("scripted", "other", 8000)
    assert [word["text"] for word in told["words"]] == ["One", "two."]
    assert told["words"][1]["start"] == pytest.approx(0.25)


async def test_words_are_timed_from_the_beginning_of_all(server: Served) -> None:
    text = " ".join(f"This is sentence number {number}." for number in range(12))
    async with httpx.AsyncClient(base_url=server.url, headers=JSON) as client:
        told = (await client.post("/tts/synthesize", json={"text": text})).json()
    starts = [word["start"] for word in told["words"]]
    assert starts == sorted(starts)
    assert starts[-1] == pytest.approx(told["duration_s"] - 0.25, abs=0.01)


async def test_the_first_bytes_leave_while_the_rest_is_being_spoken(serving: Serving) -> None:
    tts = ScriptedTts()
    text = " ".join(f"This is sentence number {number}." for number in range(4000))
    async with (
        serving(tts=tts) as server,
        httpx.AsyncClient(base_url=server.url) as client,
        client.stream("POST", "/tts/synthesize", json={"text": text}) as answer,
    ):
        await anext(answer.aiter_bytes())
        assert len(tts.spoken) < 4000
        await answer.aclose()
        async with httpx.AsyncClient(base_url=server.url) as other:
            assert (await other.post("/tts/synthesize", json={"text": "Hi."})).status_code == 200
    assert tts.running == 0
    assert server.service.admission.computing == 0
    assert len(tts.spoken) < 4000, "nobody listened to the rest"


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({}, 400, "text"),
        ({"text": ""}, 400, "text"),
        ({"text": "Hi.", "voice": "nobody"}, 400, "voice"),
        ({"text": "Hi.", "speed": 9}, 400, "speed"),
        ({"text": "Hi.", "format": "doc"}, 400, "format"),
        ({"text": "Hi.", "sample_rate": 1}, 400, "sample_rate"),
        ({"text": "Hi.", "txet": ""}, 400, "txet"),
        ({"text": "🙂"}, 400, "text"),
        ({"text": "x" * 100_001}, 413, "text"),
    ],
    ids=lambda value: str(value)[:30],
)
@pytest.mark.parametrize("headers", [{}, JSON], ids=["streamed", "json"])
async def test_what_is_wrong_is_named(
    server: Served, body: dict[str, object], status: int, param: str, headers: dict[str, str]
) -> None:
    async with httpx.AsyncClient(base_url=server.url, headers=headers) as client:
        answer = await client.post("/tts/synthesize", json=body)
    error = answer.json()["error"]
    assert (answer.status_code, error["param"]) == (status, param), error


@pytest.mark.parametrize(
    ("accept", "form", "answered"),
    [
        ("audio/mpeg", None, "audio/mpeg"),
        ("audio/flac, audio/*;q=0.5", None, "audio/flac"),
        ("audio/ogg", None, "audio/ogg"),
        ("audio/*", None, "audio/wav"),
        ("audio/*", "mp3", "audio/mpeg"),
        ("audio/mpeg", "wav", None),
    ],
)
async def test_what_is_accepted_chooses_the_format_unless_one_is_given(
    server: Served, accept: str, form: str | None, answered: str | None
) -> None:
    body = {"text": "One two.", **({} if form is None else {"format": form})}
    async with httpx.AsyncClient(base_url=server.url, headers={"Accept": accept}) as client:
        answer = await client.post("/tts/synthesize", json=body)
    if answered is None:
        assert answer.status_code == 406
        return
    assert answer.headers["content-type"] == answered
    assert read_audio(io.BytesIO(answer.content)).seconds == pytest.approx(0.5, abs=0.15)


@pytest.mark.parametrize("form", ["wav", "mp3", "pcm"])
@pytest.mark.parametrize("headers", [{}, JSON], ids=["streamed", "json"])
async def test_a_voice_that_gives_no_sound_is_told(
    serving: Serving, form: str, headers: dict[str, str]
) -> None:
    class Mute(ScriptedTts):
        async def speak(self, phrase: str, options: TtsOptions) -> AsyncGenerator[Speech, None]:
            yield Speech(Audio.silence(0.0, self.rate).samples)

    async with (
        serving(tts=Mute()) as server,
        httpx.AsyncClient(base_url=server.url, headers=headers) as client,
    ):
        answer = await client.post("/tts/synthesize", json={"text": "Hi.", "format": form})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "text")


async def test_an_answer_that_nobody_accepts_is_not_made(server: Served) -> None:
    async with httpx.AsyncClient(base_url=server.url, headers={"Accept": "image/png"}) as client:
        answer = await client.post("/tts/synthesize", json={"text": "Hi."})
    assert answer.status_code == 406
    assert "audio/wav" in answer.json()["error"]["message"]


async def test_an_engine_that_fails_before_the_first_sound_is_an_error(serving: Serving) -> None:
    tts = ScriptedTts()
    async with serving(tts=tts) as server, httpx.AsyncClient(base_url=server.url) as client:
        tts.fail = EngineError("the voice is gone")
        for headers in ({}, JSON):
            answer = await client.post("/tts/synthesize", json={"text": "Hi."}, headers=headers)
            assert answer.status_code == 500
            assert answer.json()["error"]["code"] == "engine_failed"
        assert server.service.admission.computing == 0


async def test_voices_are_listed_with_their_other_names(serving: Serving) -> None:
    async with (
        serving({"voices": {"grandma": "other"}}) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        body = (await client.get("/tts/voices")).json()
        assert [voice["id"] for voice in body["voices"]] == ["tone", "other"]
        assert (body["engine"], body["sample_rate"]) == ("scripted", 16_000)
        assert body["aliases"]["grandma"] == "other"
        none = (await client.get("/tts/voices?language=xx")).json()
        assert none["voices"] == []
        answer = await client.post("/tts/synthesize", json={"text": "Hi.", "voice": "grandma"})
        assert answer.headers["x-voice"] == "other"


OFFERED = ("audio/wav", "application/json", "multipart/mixed")


@pytest.mark.parametrize(
    ("accept", "answer"),
    [
        (None, "audio/wav"), ("", "audio/wav"), ("*/*", "audio/wav"),
        ("application/json", "application/json"), ("Application/JSON; q=0.3", "application/json"),
        ("audio/*;q=0.1, application/*", "application/json"),
        ("*/*;q=0.1, multipart/mixed", "multipart/mixed"),
        ("audio/wav;q=0, */*", "application/json"),
    ],
)  # fmt: skip
def test_the_form_that_is_wanted_most_is_chosen(accept: str | None, answer: str) -> None:
    assert accepted(accept, OFFERED) == answer


@given(st.text())
@settings(deadline=None)
def test_any_accept_is_answered_with_what_is_offered_or_refused(accept: str) -> None:
    try:
        chosen = accepted(accept, OFFERED)
    except Problem as problem:
        chosen = str(problem.status)
    assert chosen in {*OFFERED, "406"}


async def test_words_are_pronounced_as_the_configuration_and_the_request_say(
    serving: Serving,
) -> None:
    tts = ScriptedTts()
    usual = {"pronunciations": {"nginx": "en jinx", "SQL": "sequel"}}
    body = {"text": "Use nginx, SQL.", "pronunciations": {"nginx": "engine x"}}
    async with (
        serving(tts=tts, session=usual) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        told = (await client.post("/tts/synthesize", json=body, headers=JSON)).json()
        wrong = await client.post(
            "/tts/synthesize", json={**body, "pronunciations": {"nginx": "/1/"}}
        )
    assert tts.spoken == ["Use engine x,", "sequel."]
    assert [word["text"] for word in told["words"]] == ["Use", "nginx,", "SQL."]
    assert wrong.status_code == 400
    assert "pronunciations: 'nginx': '/1/' is no IPA" in wrong.text


async def test_ssml_is_spoken_as_it_says_and_broken_ssml_is_refused(serving: Serving) -> None:
    tts = ScriptedTts()
    async with serving(tts=tts) as server, httpx.AsyncClient(base_url=server.url) as client:

        async def spoken(text: str, **fields: str) -> httpx.Response:
            body = {"text": text, "format": "pcm", **fields}
            return await client.post("/tts/synthesize", json=body)

        answer = await spoken("<speak>One<break time='1s'/>two.</speak>")
        assert len(answer.content) == 2 * (tts.rate // 2 + tts.rate)
        await spoken("three <break/>", input_type="ssml")
        await spoken("1 < 2 <break/>")
        assert tts.spoken == ["One", "two.", "three", "one is less than two."]
        broken = await spoken("<speak>a & b</speak>")
        assert broken.status_code == 400
        assert "SSML: line 1, column 11" in broken.json()["error"]["message"]
        await spoken("<speak>a", input_type="text")
    assert tts.spoken[-1] == "a."
