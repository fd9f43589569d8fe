"""Speech to text over OpenAI's protocol, asked for with OpenAI's own client."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from openai import APIError, AsyncOpenAI, BadRequestError, OpenAI
from openai.types.audio import (
    Transcription,
    TranscriptionTextDeltaEvent,
    TranscriptionTextDoneEvent,
    TranscriptionVerbose,
)

from vivavoce.audio import Audio
from vivavoce.engines import SttOptions, SttStream
from vivavoce.errors import EngineError
from vivavoce.testing import ScriptedStt, hush, say

if TYPE_CHECKING:
    from tests.server.conftest import Serving
    from tests.server.openai.conftest import Encoded, File, Listening, OpenAiAt, Post

# --- the forms of the answer ---------------------------------------------------------------------


async def test_json_has_the_text_and_what_it_would_cost(client: AsyncOpenAI, file: File) -> None:
    answer = await client.audio.transcriptions.create(file=file, model="whisper-1")
    Transcription.model_validate(answer.model_dump())
    assert answer.text == "one two three four five six"
    assert answer.usage is not None
    assert answer.usage.to_dict() == {"type": "duration", "seconds": 4.5}


async def test_the_synchronous_client_is_served_too(
    serving: Serving, file: File, two: tuple[str, str]
) -> None:
    async with serving(stt=ScriptedStt(*two)) as server:

        def ask() -> str:
            with OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:
                return client.audio.transcriptions.create(file=file, model="whisper-1").text

        assert await asyncio.to_thread(ask) == "one two three four five six"


@pytest.mark.parametrize("form", ["mp3", "ogg", "flac", "m4a"])
async def test_any_format_of_file_is_read(
    serving: Serving,
    form: str,
    post: Post,
    encoded: Encoded,
    two: tuple[str, str],
    speech: tuple[Audio, ...],
) -> None:
    async with serving(stt=ScriptedStt(*two)) as server:
        answer = await post(
            server, file=("a", encoded(*speech, form=form), "application/octet-stream")
        )
    assert answer.json()["text"] == "one two three four five six"


async def test_text_is_a_line_and_subtitles_are_files(
    serving: Serving, file: File, openai_at: OpenAiAt, two: tuple[str, str]
) -> None:
    answers = {}
    for form in ("text", "srt", "vtt"):
        async with serving(stt=ScriptedStt(*two)) as server, openai_at(server) as client:
            answers[form] = await client.audio.transcriptions.create(
                file=file, model="whisper-1", response_format=form
            )
    assert answers["text"] == "one two three four five six\n"
    assert answers["srt"].startswith("1\n00:00:00,5")
    assert answers["vtt"].startswith("WEBVTT\n\n00:00:00.5")
    assert "one two three four" in answers["srt"]


async def test_verbose_json_lists_the_segments(client: AsyncOpenAI, file: File) -> None:
    answer = await client.audio.transcriptions.create(
        file=file, model="whisper-1", response_format="verbose_json", temperature=0.25
    )
    TranscriptionVerbose.model_validate(answer.model_dump())
    assert answer.language == "english"
    assert answer.duration == 4.5
    assert answer.words is None
    assert answer.segments is not None
    assert [segment.text for segment in answer.segments] == [" one two three four", " five six"]
    first, second = answer.segments
    assert (first.start, first.end) == pytest.approx((0.5, 1.5), abs=0.05)
    assert (second.start, second.end) == pytest.approx((3.5, 4.0), abs=0.05)
    assert first.temperature == 0.25
    assert first.avg_logprob == 0.0


@pytest.mark.parametrize("name", ["timestamp_granularities[]", "timestamp_granularities"])
async def test_the_engine_s_words_have_the_engine_s_times(
    serving: Serving, name: str, post: Post, listening: Listening, two: tuple[str, str]
) -> None:
    async with serving(stt=listening(*two)) as server:
        answer = await post(server, {"response_format": "verbose_json", name: ["word"]})
    said = answer.json()
    assert "segments" not in said
    assert said["words_estimated"] is False
    assert [word["word"] for word in said["words"]] == two[0].split() + two[1].split()
    assert said["words"][0]["start"] == pytest.approx(0.5, abs=0.05)
    assert said["words"][4]["start"] == pytest.approx(3.5, abs=0.05)


async def test_where_the_engine_tells_no_word_times_they_are_estimated_and_it_is_said(
    client: AsyncOpenAI, file: File, two: tuple[str, str]
) -> None:
    answer = await client.audio.transcriptions.create(
        file=file,
        model="whisper-1",
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
    )
    assert answer.to_dict()["words_estimated"] is True
    assert answer.segments is not None
    assert answer.words is not None
    assert [word.word for word in answer.words] == two[0].split() + two[1].split()
    times = [time for word in answer.words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert answer.words[3].end == answer.segments[0].end
    assert answer.words[4].start == answer.segments[1].start


async def test_logprobs_are_of_words_where_the_engine_tells_and_else_of_segments(
    client: AsyncOpenAI,
    serving: Serving,
    file: File,
    openai_at: OpenAiAt,
    listening: Listening,
    two: tuple[str, str],
) -> None:
    whole = await client.audio.transcriptions.create(
        file=file, model="gpt-4o-transcribe", include=["logprobs"]
    )
    Transcription.model_validate(whole.model_dump())
    assert whole.logprobs is not None
    assert [it.token for it in whole.logprobs] == [" one two three four", " five six"]
    assert [it.logprob for it in whole.logprobs] == [0.0, 0.0]
    async with serving(stt=listening(*two)) as server, openai_at(server) as other:
        by_word = await other.audio.transcriptions.create(
            file=file, model="gpt-4o-transcribe", include=["logprobs"]
        )
    assert by_word.logprobs is not None
    assert len(by_word.logprobs) == 6
    assert by_word.logprobs[0].bytes == list(b" one")
    assert by_word.logprobs[0].logprob == pytest.approx(np.log(0.5), abs=1e-6)


async def test_silence_is_an_empty_text(client: AsyncOpenAI, encoded: Encoded) -> None:
    silence = ("silence.wav", encoded(hush(2.0)))
    answer = await client.audio.transcriptions.create(file=silence, model="whisper-1")
    assert answer.text == ""


# --- streaming -----------------------------------------------------------------------------------


async def test_a_stream_has_a_delta_a_segment_and_the_whole_at_the_end(
    client: AsyncOpenAI, file: File
) -> None:
    stream = await client.audio.transcriptions.create(
        file=file, model="gpt-4o-transcribe", stream=True
    )
    events = [event async for event in stream]
    deltas = [event for event in events if isinstance(event, TranscriptionTextDeltaEvent)]
    assert [event.delta for event in deltas] == ["one two three four", " five six"]
    last = events[-1]
    assert isinstance(last, TranscriptionTextDoneEvent)
    assert last.text == "".join(event.delta for event in deltas)
    assert last.usage is not None
    assert last.usage.to_dict() == {"type": "duration", "seconds": 4.5}


class HeldStt(ScriptedStt):
    """Hears the first utterance at once; the others wait for `more`."""

    def __init__(self, *utterances: str | Exception) -> None:
        super().__init__(*utterances)
        self.first = True
        self.more = asyncio.Event()
        self.waiting = asyncio.Event()
        self.ended = asyncio.Event()

    async def open(self, options: SttOptions) -> SttStream:
        first, self.first = self.first, False
        if not first:
            self.waiting.set()
            try:
                await self.more.wait()
            finally:
                self.ended.set()
        return await super().open(options)


async def test_deltas_leave_while_the_rest_is_being_transcribed(
    serving: Serving, file: File, openai_at: OpenAiAt, two: tuple[str, str]
) -> None:
    stt = HeldStt(*two)
    async with serving(stt=stt) as server, openai_at(server) as client:
        stream = await client.audio.transcriptions.create(
            file=file, model="gpt-4o-transcribe", stream=True, include=["logprobs"]
        )
        first = await anext(stream)
        assert isinstance(first, TranscriptionTextDeltaEvent)
        assert first.delta == two[0]
        assert first.logprobs is not None
        assert [it.token for it in first.logprobs] == [f" {two[0]}"]
        assert not stt.more.is_set()
        stt.more.set()
        assert [event.type async for event in stream] == [
            "transcript.text.delta",
            "transcript.text.done",
        ]


async def test_a_stream_that_breaks_off_ends_in_the_error(
    serving: Serving, file: File, openai_at: OpenAiAt, two: tuple[str, str]
) -> None:
    async with (
        serving(stt=ScriptedStt(two[0], EngineError("scripted: deaf"))) as server,
        openai_at(server) as client,
    ):
        stream = await client.audio.transcriptions.create(file=file, model="whisper-1", stream=True)
        assert (await anext(stream)).type == "transcript.text.delta"
        with pytest.raises(APIError, match="scripted: deaf"):
            await anext(stream)


async def test_what_is_wrong_from_the_start_is_an_answer_also_of_a_stream(
    client: AsyncOpenAI,
) -> None:
    with pytest.raises(BadRequestError, match="not audio"):
        await client.audio.transcriptions.create(
            file=("a.wav", b"no audio"), model="whisper-1", stream=True
        )


@pytest.mark.parametrize("stream", ["true", "false"])
async def test_a_client_that_leaves_ends_the_work_and_leaves_nothing(
    serving: Serving,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stream: str,
    post: Post,
    two: tuple[str, str],
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    stt = HeldStt(*two)
    async with serving(stt=stt) as server:
        asking = asyncio.create_task(post(server, {"stream": stream}))
        await stt.waiting.wait()
        asking.cancel()
        await asyncio.wait({asking})
        await stt.ended.wait()
        stt.more.set()
        assert (await post(server)).json()["text"] == two[1]
        assert stt.open_streams == 0
    assert not any(tmp_path.iterdir())  # noqa: ASYNC240


@pytest.mark.parametrize("form", ["json", "verbose_json"])
async def test_missing_words_are_told_beside_openai_s_own_fields(
    serving: Serving, form: str, post: Post, encoded: Encoded
) -> None:
    async with serving(stt=ScriptedStt("hm")) as server:
        file = ("a.wav", encoded(hush(0.5), say(6.0)), "audio/wav")
        answer = await post(server, {"response_format": form}, file)
    told = answer.json()
    assert told["text"] == "hm"
    assert [warning["code"] for warning in told["warnings"]] == ["words_missing"]


async def test_missing_words_are_told_in_a_header_beside_subtitles(
    serving: Serving, post: Post, encoded: Encoded
) -> None:
    async with serving(stt=ScriptedStt("hm")) as server:
        file = ("a.wav", encoded(hush(0.5), say(6.0)), "audio/wav")
        answer = await post(server, {"response_format": "srt"}, file)
    assert answer.headers["X-Warnings"].startswith("words_missing: ")
