"""Speech-to-text behind a real HTTP server that does as it is told."""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import Message

import numpy as np
import pytest

from vivavoce.audio import Audio, from_pcm16
from vivavoce.engine.openai.stt import OpenAiStt, OpenAiSttOptions
from vivavoce.engines import FileStt, SttOptions, Transcript, Word
from vivavoce.errors import BadRequest, EngineError, EngineTimeout, EngineUnavailable
from vivavoce.options import build
from vivavoce.testing.check_stt import check_stt
from vivavoce.testing.scripted_server import ReceivedRequest, ScriptedResponse, ScriptedServer

SECOND = np.linspace(-0.5, 0.5, 16_000, dtype=np.float32)


@asynccontextmanager
async def loaded(
    server: ScriptedServer,
    *,
    partials: bool = False,
    stream: bool = False,
    next_timeout: float = 10,
) -> AsyncGenerator[OpenAiStt, None]:
    stt = OpenAiStt(
        build(
            OpenAiSttOptions,
            {
                "model": "m",
                "partials": partials,
                "stream": stream,
                "base_url": server.url,
                "backoff": 0.001,
                "next_timeout": next_timeout,
            },
        )
    )
    await stt.load()
    try:
        yield stt
    finally:
        await stt.aclose()


async def understood(
    server: ScriptedServer, options: SttOptions | None = None, *, stream: bool = False
) -> Transcript:
    async with loaded(server, stream=stream) as stt:
        utterance = await stt.open(options or SttOptions())
        assert await utterance.feed(SECOND) is None
        transcript = await utterance.finish()
        await utterance.aclose()
    return transcript


def form(request: ReceivedRequest) -> dict[str, list[bytes]]:
    """The fields of a multipart form."""
    head = f"content-type: {request.headers['content-type']}\r\n\r\n".encode()
    fields: dict[str, list[bytes]] = {}
    for part in message_from_bytes(head + request.body).get_payload():
        assert isinstance(part, Message)
        name = str(part.get_param("name", header="content-disposition"))
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        fields.setdefault(name, []).append(content)
    return fields


async def test_the_utterance_is_sent_as_a_wav_file() -> None:
    with ScriptedServer(ScriptedResponse.of({"text": " Hello  there. "})) as server:
        assert await understood(server) == Transcript("Hello there.", stable=2)
        [request] = server.posts
    fields = form(request)
    with wave.open(io.BytesIO(fields.pop("file")[0])) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16_000)
        heard = from_pcm16(file.readframes(file.getnframes()))
    assert np.allclose(heard, SECOND, atol=1e-4)
    assert request.path == "/v1/audio/transcriptions"
    assert fields == {"model": [b"m"], "response_format": [b"verbose_json"], "temperature": [b"0"]}


@pytest.mark.parametrize("partials", [False, True])
async def test_the_contract_is_kept(partials: bool) -> None:
    with ScriptedServer(respond=lambda _: ScriptedResponse.of({"text": "Guten Tag."})) as server:
        async with loaded(server, partials=partials) as stt:
            await check_stt(stt, Audio(np.tile(SECOND, 3), 16_000), "guten tag")


async def test_options_are_passed_on() -> None:
    options = SttOptions("de-AT", "Vorher.", ("Vivavoce", "Ümläut"), words=True, temperature=0.2)
    with ScriptedServer(ScriptedResponse.of({"text": "Ja."})) as server:
        transcript = await understood(server, options)
        fields = form(server.posts[0])
    assert transcript.language == "de-AT"
    assert fields["language"] == [b"de"]
    assert fields["prompt"] == ["Vorher. Vivavoce, Ümläut".encode()]
    assert fields["temperature"] == [b"0.2"]
    assert fields["response_format"] == [b"verbose_json"]
    assert fields["timestamp_granularities[]"] == [b"word", b"segment"]


VERBOSE = {
    "text": "Guten Tag. Untertitel von niemand.",
    "language": "german",
    "words": [
        {"word": "Guten", "start": 0.0, "end": 0.4},
        {"word": "Tag.", "start": 0.5, "end": 0.9},
        {"word": "Untertitel", "start": 1.0, "end": 1.4},
    ],
    "segments": [
        {"text": " Guten Tag.", "start": 0, "end": 1, "avg_logprob": -0.1, "no_speech_prob": 0.01},
        {
            "text": " Untertitel von niemand.", "start": 1, "end": 2,
            "avg_logprob": -1.5, "no_speech_prob": 0.9,
        },
    ],
}  # fmt: skip


async def test_words_language_and_confidence_are_read_and_invented_segments_left_out() -> None:
    with ScriptedServer(ScriptedResponse.of(VERBOSE)) as server:
        transcript = await understood(server, SttOptions(words=True))
    assert transcript.text == "Guten Tag."
    assert transcript.words == (Word("Guten", 0.0, 0.4), Word("Tag.", 0.5, 0.9))
    assert transcript.language == "de"
    assert transcript.confidence == pytest.approx(0.905, abs=0.001)


async def test_a_text_that_repeats_itself_is_left_out() -> None:
    loop = {"text": "no " * 50, "segments": [{"text": "no " * 50, "compression_ratio": 9.0}]}
    with ScriptedServer(ScriptedResponse.of(loop)) as server:
        assert (await understood(server)).text == ""


async def test_a_model_without_word_times_is_asked_for_the_text_alone() -> None:
    refusal = ScriptedResponse.of(
        {"error": {"message": "response_format 'verbose_json' is not ..."}}, 400
    )
    with ScriptedServer(
        refusal, ScriptedResponse.of({"text": "Yes."}), ScriptedResponse.of({"text": "No."})
    ) as server:
        async with loaded(server) as stt:
            for text in ("Yes.", "No."):
                utterance = await stt.open(SttOptions(words=True))
                await utterance.feed(SECOND)
                assert await utterance.finish() == Transcript(text, stable=1)
        formats = [form(request)["response_format"][0] for request in server.posts]
    assert formats == [b"verbose_json", b"json", b"json"]


async def test_translation_has_its_own_address() -> None:
    with ScriptedServer(ScriptedResponse.of({"text": "Good day."})) as server:
        await understood(server, SttOptions(translate=True))
        assert server.posts[0].path == "/v1/audio/translations"
    with (
        ScriptedServer(ScriptedResponse.of({}, 404)) as server,
        pytest.raises(BadRequest, match="openai:m cannot translate; use whisper"),
    ):
        await understood(server, SttOptions(translate=True))


async def test_a_streamed_answer_is_put_together() -> None:
    events = ScriptedResponse.events(
        {"type": "transcript.text.delta", "delta": "Hel"},
        {"type": "transcript.text.delta", "delta": "lo."},
        {"type": "transcript.text.done", "text": "Hello."},
        end=False,
    )
    with ScriptedServer(events) as server:
        assert (await understood(server, stream=True)).text == "Hello."
        assert form(server.posts[0])["stream"] == [b"true"]


async def test_a_streamed_answer_that_is_cut_is_asked_for_again() -> None:
    delta = {"type": "transcript.text.delta", "delta": "Hel"}
    done = {"type": "transcript.text.done", "text": "Hello."}
    answers = (
        ScriptedResponse.events(delta, "cut"),
        ScriptedResponse.events(delta, end=False),
        ScriptedResponse.events(done),
    )
    with ScriptedServer(*answers) as server:
        assert (await understood(server)).text == "Hello."
        assert len(server.posts) == 3


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        (
            ScriptedResponse.events({"error": {"message": "no GPU"}}),
            EngineError,
            "failed: .*no GPU",
        ),
        (ScriptedResponse.of({"txt": "?"}), EngineError, 'sent \'{"txt"'),
        (ScriptedResponse((b"<html>",), kind="text/html"), EngineError, "sent '<html>'"),
        (
            ScriptedResponse.of({"error": "unsupported language"}, 400),
            BadRequest,
            "unsupported language",
        ),
    ],
)
async def test_trouble_is_told(
    answer: ScriptedResponse, kind: type[EngineError], message: str
) -> None:
    with ScriptedServer(answer) as server, pytest.raises(kind, match=message):
        await understood(server)


async def test_a_stall_in_the_answer_times_out() -> None:
    with ScriptedServer(ScriptedResponse((b'{"text":', "stall"))) as server:
        async with loaded(server, next_timeout=0.05) as stt:
            with pytest.raises(EngineTimeout):
                await stt.ask(SECOND, SttOptions())
        assert server.gone.wait(30)


async def test_too_little_audio_or_silence_is_not_worth_a_request() -> None:
    with ScriptedServer() as server:
        async with loaded(server) as stt:
            utterance = await stt.open(SttOptions())
            assert await utterance.finish() == Transcript("")
            await utterance.feed(SECOND[:800])
            assert await utterance.finish() == Transcript("")
            silent = await stt.open(SttOptions())
            await silent.feed(1e-5 * SECOND)
            assert await silent.finish() == Transcript("")
        assert server.posts == []


async def test_finishing_again_asks_only_about_new_audio() -> None:
    answers = ScriptedResponse.of({"text": "One."}), ScriptedResponse.of({"text": "One two."})
    with ScriptedServer(*answers) as server:
        async with loaded(server) as stt:
            utterance = await stt.open(SttOptions())
            await utterance.feed(SECOND)
            assert (await utterance.finish()).text == "One."
            assert (await utterance.finish()).text == "One."
            await utterance.feed(SECOND)
            assert (await utterance.finish()).text == "One two."
            await utterance.aclose()
            await utterance.aclose()
        assert len(server.posts) == 2


async def test_partials_are_asked_for_where_the_option_says_so() -> None:
    texts = ["We", "We all", "We all know"]
    with ScriptedServer(*(ScriptedResponse.of({"text": text}) for text in texts)) as server:
        async with loaded(server, partials=True) as stt:
            utterance = await stt.open(SttOptions())
            partials = [await utterance.feed(np.tile(SECOND, 8)) for _ in texts]
            assert [it.text for it in partials if it] == texts
            stable = [it.stable for it in partials if it]
            assert stable == sorted(stable)
            assert stable[-1] >= 1
            assert (await utterance.finish()).text == "We all know"
            silent = await stt.open(SttOptions(partials=False))
            assert await silent.feed(np.tile(SECOND, 8)) is None
        assert len(server.posts) == 3


async def test_cancelling_closes_the_connection() -> None:
    with ScriptedServer(ScriptedResponse(first="stall")) as server:
        async with loaded(server) as stt:
            waiting = asyncio.ensure_future(stt.ask(SECOND, SttOptions()))
            await asyncio.to_thread(server.asked.wait, 30)
            waiting.cancel()
            await asyncio.wait({waiting})
            assert server.gone.wait(30)


async def test_it_is_no_engine_for_whole_recordings_and_must_be_loaded() -> None:
    stt = OpenAiStt()
    with pytest.raises(EngineUnavailable, match="not loaded"):
        await stt.open(SttOptions())
    with pytest.raises(EngineUnavailable, match="not loaded"):
        await stt.ask(SECOND, SttOptions())
    engine: object = stt
    assert not isinstance(engine, FileStt)
    assert (stt.name, stt.rate, stt.languages) == ("openai:whisper-1", 16_000, ())
