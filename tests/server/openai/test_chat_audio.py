"""Chat completions by voice: recordings in, speech out, and what is remembered of both."""

from __future__ import annotations

import base64
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai import AsyncOpenAI

from vivavoce.audio import Audio, from_pcm16
from vivavoce.engines import Message, ToolCall
from vivavoce.errors import EngineError
from vivavoce.media.decode import read_audio, write_audio
from vivavoce.server.speech.transcript_cache import KEPT_S, TranscriptCache
from vivavoce.settings import SessionSettings
from vivavoce.testing import ScriptedLlm, ScriptedStt, ScriptedTts, hush, say

if TYPE_CHECKING:
    from tests.server.conftest import Served, Serving

MODEL = "gpt-audio"
ASK: Any = [{"role": "user", "content": "What is the time?"}]
ALOUD: Any = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}}
STREAMED: Any = {
    "modalities": ["text", "audio"],
    "audio": {"voice": "tone", "format": "pcm16"},
    "stream": True,
}


@asynccontextmanager
async def client_of(server: Served) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:
        yield client


def recording(*parts: Audio, format: str = "wav") -> str:  # noqa: A002 - as in the library
    file = io.BytesIO()
    samples = np.concatenate([part.samples for part in parts])
    write_audio(Audio(samples, parts[0].rate), file, format=format)
    return base64.b64encode(file.getvalue()).decode()


def spoken(data: str, *more: Any) -> Any:
    audio = {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}
    return [{"role": "user", "content": [*more, audio]}]


async def refusal(server: Served, messages: Any) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=server.url) as http:
        body = {"model": MODEL, "messages": messages}
        answer = await http.post("/v1/chat/completions", json=body)
    return {**answer.json()["error"], "status": answer.status_code}


@pytest.mark.parametrize("format_", ["wav", "mp3", "flac", "opus", "pcm16"])
async def test_a_reply_is_spoken_in_the_format_asked_for(serving: Serving, format_: str) -> None:
    llm = ScriptedLlm("It is noon. It is warm.")
    wishes: Any = {**ALOUD, "audio": {"voice": {"id": "other"}, "format": format_}}
    async with serving(llm=llm) as server, client_of(server) as client:
        made = await client.chat.completions.create(model=MODEL, messages=ASK, **wishes)
    message = made.choices[0].message
    assert message.content is None
    assert message.audio is not None
    assert message.audio.transcript == "It is noon. It is warm."
    assert message.audio.expires_at == made.created + KEPT_S
    data = base64.b64decode(message.audio.data)
    pcm16 = format_ == "pcm16"
    audio = Audio(from_pcm16(data), 24_000) if pcm16 else read_audio(io.BytesIO(data))
    assert audio.seconds == pytest.approx(6 / 4, abs=0.15)
    assert audio.dbfs > -20


async def test_a_spoken_stream_has_its_words_and_its_sound_phrase_by_phrase(
    serving: Serving,
) -> None:
    text = "It is noon. And it is quite warm today, is it not? So go and have a walk outside."
    llm, tts = ScriptedLlm(text), ScriptedTts()
    async with serving(llm=llm, tts=tts) as server, client_of(server) as client:
        stream = await client.chat.completions.create(
            model=MODEL, messages=ASK, stream_options={"include_usage": True}, **STREAMED
        )
        chunks = [chunk async for chunk in stream]
    *chunks, spent = chunks
    deltas = [chunk.choices[0].delta for chunk in chunks]
    news = [delta.audio for delta in deltas if delta.audio is not None]
    assert "".join(piece.transcript or "" for piece in news) == text
    sound = b"".join(base64.b64decode(piece.data) for piece in news if piece.data)
    audio = Audio(from_pcm16(sound), 24_000)
    assert audio.seconds == pytest.approx(len(text.split()) / 4, abs=0.01)
    assert len({piece.id for piece in news}) == 1
    assert news[-1].expires_at
    kinds = ["sound" if piece.data else "words" for piece in news[:-1]]
    assert kinds.index("sound") < len(kinds) - 1 - kinds[::-1].index("words")
    assert not any(delta.content for delta in deltas)
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert spent.usage is not None
    assert tts.running == 0


async def test_a_spoken_reply_can_be_referred_to(serving: Serving) -> None:
    llm = ScriptedLlm("It is noon.", "It is one.", "Two.")
    async with serving(llm=llm) as server, client_of(server) as client:
        made = await client.chat.completions.create(model=MODEL, messages=ASK, **ALOUD)
        assert made.choices[0].message.audio is not None
        whole = made.choices[0].message.audio.id
        stream = await client.chat.completions.create(model=MODEL, messages=ASK, **STREAMED)
        heard = [chunk.choices[0].delta.audio async for chunk in stream]
        streamed = next(audio.id for audio in heard if audio is not None)
        messages: Any = [
            *ASK,
            {"role": "assistant", "audio": {"id": whole}},
            *ASK,
            {"role": "assistant", "audio": {"id": streamed}},
            *ASK,
        ]
        await client.chat.completions.create(model=MODEL, messages=messages)
    said = [message.content for message in llm.prompts[-1] if message.role == "assistant"]
    assert said == ["It is noon.", "It is one."]


async def test_a_call_of_a_tool_is_not_spoken(serving: Serving) -> None:
    llm = ScriptedLlm(ToolCall("a", "clock", "{}"))
    tools: Any = [{"type": "function", "function": {"name": "clock"}}]
    async with serving(llm=llm) as server, client_of(server) as client:
        made = await client.chat.completions.create(model=MODEL, messages=ASK, tools=tools, **ALOUD)
    assert made.choices[0].finish_reason == "tool_calls"
    assert made.choices[0].message.audio is None


async def test_a_reply_is_not_spoken_for_ever(serving: Serving) -> None:
    llm = ScriptedLlm("And so it goes on. " * 200)
    async with serving(llm=llm) as server, client_of(server) as client:
        made = await client.chat.completions.create(model=MODEL, messages=ASK, **ALOUD)
    assert made.choices[0].finish_reason == "length"
    audio = made.choices[0].message.audio
    assert audio is not None
    seconds = read_audio(io.BytesIO(base64.b64decode(audio.data))).seconds
    assert SessionSettings().max_reply_s < seconds < SessionSettings().max_reply_s + 10
    assert llm.running == 0


async def test_a_voice_that_fails_is_told_and_the_next_reply_is_spoken(serving: Serving) -> None:
    tts = ScriptedTts(fail=EngineError("hoarse"))
    async with serving(tts=tts) as server, client_of(server) as client:
        async with httpx.AsyncClient(base_url=server.url) as http:
            body = {"model": MODEL, "messages": ASK, **STREAMED}
            answer = await http.post("/v1/chat/completions", json=body)
        assert answer.status_code == 200
        *_, last, _ = answer.text.split("\n\n")
        assert last.startswith("event: error\ndata: ")
        assert "hoarse" in last
        tts.fail = None
        made = await client.chat.completions.create(model=MODEL, messages=ASK, **ALOUD)
    assert made.choices[0].message.audio is not None


@pytest.mark.parametrize("format_", ["wav", "mp3"])
async def test_a_recording_is_heard(serving: Serving, format_: str) -> None:
    llm, stt = ScriptedLlm("Noon."), ScriptedStt("what is the time", "in Rome")
    data = recording(hush(0.5), say(1.0), hush(2.0), say(0.6), format=format_)
    question: Any = {"type": "text", "text": "Answer this:"}
    async with serving(llm=llm, stt=stt) as server, client_of(server) as client:
        await client.chat.completions.create(model=MODEL, messages=spoken(data, question))
    assert llm.prompts == [[Message("user", "Answer this:\nwhat is the time in Rome")]]
    assert stt.open_streams == 0


async def test_a_recording_that_is_sent_again_is_not_transcribed_again(serving: Serving) -> None:
    llm, stt = ScriptedLlm("Noon.", "One."), ScriptedStt("what is the time", "something else")
    messages = spoken(recording(say(1.0)))
    async with serving(llm=llm, stt=stt) as server, client_of(server) as client:
        await client.chat.completions.create(model=MODEL, messages=messages)
        await client.chat.completions.create(model=MODEL, messages=messages)
    assert llm.prompts[0] == llm.prompts[1] == [Message("user", "what is the time")]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("!!!!", "not valid base64"),
        ("", "empty"),
        (base64.b64encode(b"no audio at all").decode(), "the audio is not audio"),
        (recording(hush(2.0)), "no words were recognized"),
    ],
    ids=["no base64", "empty", "no audio", "silence"],
)
async def test_a_recording_without_words_is_refused(
    serving: Serving, data: str, message: str
) -> None:
    llm = ScriptedLlm()
    async with serving(llm=llm) as server:
        error = await refusal(server, spoken(data))
    assert error["status"] == 400
    assert error["param"] == "messages.0.content.0.input_audio.data"
    assert message in error["message"]
    assert not llm.prompts


async def test_a_small_file_with_hours_of_sound_is_refused(serving: Serving) -> None:
    data = recording(hush(30.0), format="flac")
    async with serving({"limits": {"audio_s": 20}}) as server:
        error = await refusal(server, spoken(data))
    assert error["status"] == 413
    assert error["code"] == "audio_too_long"


async def test_only_users_speak(server: Served) -> None:
    audio = spoken(recording(say(0.5)))[0]["content"]
    error = await refusal(server, [{"role": "system", "content": audio}])
    assert error["status"] == 400
    assert "use text" in error["message"]


def test_what_was_said_is_forgotten_after_an_hour() -> None:
    now = 0.0
    transcript_cache = TranscriptCache(lambda: now)
    transcript_cache.remember("a", "one")
    now = KEPT_S - 1
    assert transcript_cache.recall("a") == "one"
    transcript_cache.remember("b", "two")
    now = KEPT_S
    assert transcript_cache.recall("a") is None
    transcript_cache.remember("c", "three")
    assert len(transcript_cache) == 2


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 300_000)), max_size=60))
def test_memory_stays_bounded_and_the_latest_is_there(entries: list[tuple[int, int]]) -> None:
    transcript_cache = TranscriptCache(lambda: 0.0)
    for key, length in entries:
        transcript_cache.remember(key, "x" * length)
        assert transcript_cache.recall(key) == "x" * length
        kept = [transcript_cache.recall(key) or "" for key in range(3_001)]
        assert sum(map(len, kept)) <= 4_000_000
