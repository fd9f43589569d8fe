"""OpenAI's client, the whole server, and the engines that come out of the box."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from openai import AsyncOpenAI, BadRequestError
from openai.types.audio import TranscriptionTextDeltaEvent, TranscriptionTextDoneEvent

from tests.real.serving import served
from vivavoce.audio import Audio, from_pcm16
from vivavoce.media.decode import read_audio
from vivavoce.transcripts.word_errors import word_errors

SPEECH = Path(__file__).parents[3] / "shared" / "speech"
JFK = (
    "And so my fellow Americans, ask not what your country can do for you, ask what you can do for "
    "your country."
)
TEXT = "The weather in Lisbon is sunny today. Please turn off the lights and lock the door."


@asynccontextmanager
async def openai_client(tts: str | None = None) -> AsyncIterator[AsyncOpenAI]:
    """OpenAI's client of a server with the embedded engines. tts: another than the default."""
    async with (
        served(tts) as url,
        AsyncOpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client,
    ):
        yield client


def recording(name: str) -> Path:
    path = SPEECH / name
    if not path.exists():
        pytest.skip(f"no recording {path}")
    return path


async def test_a_recording_is_understood_whole_and_in_a_stream() -> None:
    async with openai_client() as client:
        for name in ("faster-whisper/jfk.wav", "faster-whisper/jfk.flac"):
            whole = await client.audio.transcriptions.create(
                file=recording(name), model="whisper-1", include=["logprobs"]
            )
            assert word_errors(JFK, whole.text).rate < 0.1
            assert whole.logprobs
            assert all(it.logprob is not None and -2 < it.logprob <= 0 for it in whole.logprobs)
        stream = await client.audio.transcriptions.create(
            file=recording("moonshine/two_cities_16k.wav"), model="gpt-4o-transcribe", stream=True
        )
        events = [event async for event in stream]
    deltas = [event.delta for event in events if isinstance(event, TranscriptionTextDeltaEvent)]
    assert len(deltas) > 2
    done = events[-1]
    assert isinstance(done, TranscriptionTextDoneEvent)
    assert done.text == "".join(deltas)
    assert "winter of despair" in done.text


async def test_estimated_words_lie_in_their_segments_and_subtitles_in_the_recording() -> None:
    file = recording("moonshine/two_cities_16k.wav")
    async with openai_client() as client:
        answer = await client.audio.transcriptions.create(
            file=file,
            model="whisper-1",
            response_format="verbose_json",
            timestamp_granularities=["word", "segment"],
        )
        srt = await client.audio.transcriptions.create(
            file=file, model="whisper-1", response_format="srt"
        )
    assert answer.language == "english"
    assert answer.duration == pytest.approx(44.1, abs=0.5)
    assert answer.words is not None
    assert answer.segments is not None
    assert [word.word for word in answer.words] == answer.text.split()
    for segment in answer.segments:
        words = [word for word in answer.words if segment.start <= word.start < segment.end]
        assert [word.word for word in words] == segment.text.split()
        assert segment.avg_logprob < 0
    assert srt.count(" --> ") > 5


async def test_what_the_engine_cannot_do_names_one_that_can() -> None:
    async with openai_client() as client:
        with pytest.raises(BadRequestError, match="try whisper") as caught:
            await client.audio.transcriptions.create(
                file=recording("leopard/test_de.wav"), model="whisper-1", language="de"
            )
        assert caught.value.param == "language"


async def test_what_is_spoken_is_understood_again_in_every_format() -> None:
    async with openai_client() as client:
        lengths = []
        for form in ("mp3", "opus", "aac", "flac", "wav", "pcm"):
            request = client.audio.speech.with_streaming_response.create(
                input=TEXT, model="tts-1", voice="echo", response_format=form
            )
            async with request as response:
                data = b"".join([chunk async for chunk in response.iter_bytes()])
            pcm = form == "pcm"
            audio = Audio(from_pcm16(data), 24_000) if pcm else read_audio(io.BytesIO(data))
            lengths.append(audio.seconds)
            assert -30 < audio.dbfs < -10
            if not pcm:
                again = await client.audio.transcriptions.create(
                    file=(f"again.{form}", data), model="whisper-1"
                )
                assert word_errors(TEXT, again.text).rate < 0.35
        assert max(lengths) - min(lengths) < 0.15
        slow = await client.audio.speech.create(
            input=TEXT, model="tts-1", voice="ballad", response_format="pcm", speed=0.5
        )
        assert len(slow.content) / 48_000 > 1.6 * lengths[0]


async def test_openai_s_voices_sound_different_with_espeak_ng() -> None:
    async with openai_client("espeak-ng") as client:
        sounds = [
            (
                await client.audio.speech.create(
                    input="Hello.", model="tts-1", voice=voice, response_format="pcm"
                )
            ).content
            for voice in ("alloy", "ash", "coral", "nova", "onyx", "marin", "cedar")
        ]
    assert len(set(sounds)) == len(sounds)
