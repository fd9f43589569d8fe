"""What a transcription may be asked for with, and what it may not."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from openai import APIStatusError, AsyncOpenAI, BadRequestError, NotFoundError

from vivavoce.audio import Audio
from vivavoce.errors import EngineError
from vivavoce.testing import ScriptedStt, hush

if TYPE_CHECKING:
    from tests.server.conftest import Served, Serving
    from tests.server.openai.conftest import Encoded, File, Listening, OpenAiAt, Post

# --- what is asked for ---------------------------------------------------------------------------


async def test_what_the_client_says_of_the_recording_reaches_the_engine(
    serving: Serving, file: File, openai_at: OpenAiAt, listening: Listening, two: tuple[str, str]
) -> None:
    stt = listening(*two)
    async with serving(stt=stt) as server, openai_at(server) as client:
        await client.audio.transcriptions.create(
            file=file,
            model="gpt-transcribe",
            language="English",
            prompt="Counting.",
            temperature=0.5,
            keywords=["one", "two"],
        )
        await client.audio.transcriptions.create(
            file=file, model="gpt-transcribe", languages=["de"]
        )
        await client.audio.transcriptions.create(
            file=file, model="gpt-transcribe", languages=["de", "en"]
        )
    wanted = stt.asked[0]
    assert (wanted.language, wanted.prompt, wanted.temperature) == ("en", "Counting.", 0.5)
    assert wanted.hotwords == ("one", "two")
    assert [asked.language for asked in stt.asked] == ["en", "en", "de", "de", None, None]


@pytest.mark.parametrize(
    ("strategy", "count"),
    [
        ("auto", 2),
        ({"type": "server_vad", "silence_duration_ms": 3000, "prefix_padding_ms": 100}, 1),
        ({"type": "server_vad", "silence_duration_ms": 200, "threshold": 0.8}, 2),
    ],
)
async def test_the_client_says_where_to_cut(
    serving: Serving,
    strategy: object,
    count: int,
    file: File,
    post: Post,
    openai_at: OpenAiAt,
    listening: Listening,
    two: tuple[str, str],
) -> None:
    stt = listening(*two)
    async with serving(stt=stt) as server, openai_at(server) as client:
        await client.audio.transcriptions.create(
            file=file, model="gpt-4o-transcribe", chunking_strategy=strategy  # type: ignore[call-overload]
        )  # fmt: skip
        assert len(stt.asked) == count
        said = {"chunking_strategy": json.dumps(strategy) if count == 1 else "auto"}
        assert (await post(server, said)).is_success
        assert len(stt.asked) == 2 * count


async def test_an_empty_field_is_as_one_left_out(
    serving: Serving, post: Post, two: tuple[str, str]
) -> None:
    async with serving(stt=ScriptedStt(*two)) as server:
        empty = dict.fromkeys(("language", "prompt", "response_format", "temperature"), "")
        assert (await post(server, empty)).json()["text"] == "one two three four five six"


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
async def test_translations_are_in_english(
    serving: Serving, file: File, openai_at: OpenAiAt, listening: Listening, two: tuple[str, str]
) -> None:
    stt = listening(*two)
    async with serving(stt=stt) as server, openai_at(server) as client:
        answer = await client.audio.translations.create(
            file=file, model="whisper-1", prompt="Numbers.", response_format="verbose_json"
        )
    assert stt.asked[0].translate
    assert stt.asked[0].prompt == "Numbers."
    assert answer.language == "english"
    assert answer.to_dict()["task"] == "translate"


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
async def test_an_engine_that_cannot_translate_says_which_can(
    serving: Serving, file: File, openai_at: OpenAiAt, listening: Listening, two: tuple[str, str]
) -> None:
    async with (
        serving(stt=listening(*two, translates=False)) as server,
        openai_at(server) as client,
    ):
        with pytest.raises(BadRequestError, match="use whisper") as caught:
            await client.audio.translations.create(file=file, model="whisper-1")
    assert caught.value.param == "model"


# --- what cannot be done -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "status", "param"),
    [
        ({"response_format": "diarized_json"}, 501, "response_format"),
        ({"known_speaker_names[]": ["agent"]}, 501, "known_speaker_names"),
        ({"known_speaker_references": ["data:,"]}, 501, "known_speaker_references"),
        ({"timestamp_granularities[]": ["word"]}, 400, "timestamp_granularities"),
        ({"timestamp_granularities[]": ["letter"]}, 400, "timestamp_granularities.0"),
        ({"include[]": ["logprobs"], "response_format": "text"}, 400, "include"),
        ({"include[]": ["tokens"]}, 400, "include.0"),
        ({"stream": "true", "response_format": "srt"}, 400, "stream"),
        ({"stream": "maybe"}, 400, "stream"),
        ({"response_format": "xml"}, 400, "response_format"),
        ({"temperature": "hot"}, 400, "temperature"),
        ({"temperature": "1.5"}, 400, "temperature"),
        ({"language": "x" * 36}, 400, "language"),
        ({"language": "tlh"}, 400, "language"),
        ({"language": ["en", "de"]}, 400, "language"),
        ({"chunking_strategy": "never"}, 400, "chunking_strategy"),
        ({"chunking_strategy": "[]"}, 400, "chunking_strategy"),
        ({"chunking_strategy[type]": "client_vad"}, 400, "chunking_strategy.type"),
        (
            {"chunking_strategy[type]": "server_vad", "chunking_strategy[threshold]": "2"},
            400,
            "chunking_strategy.threshold",
        ),
        ({"model": ""}, 400, "model"),
        ({"model": "wisper-1"}, 404, "model"),
    ],
)  # fmt: skip
async def test_a_wish_that_cannot_be_granted_is_named(
    server: Served, fields: dict[str, Any], status: int, param: str, post: Post
) -> None:
    answer = await post(server, fields)
    error = answer.json()["error"]
    assert (answer.status_code, error["param"]) == (status, param)
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"]


async def test_openai_s_client_raises_what_it_raises_elsewhere(
    client: AsyncOpenAI, file: File
) -> None:
    with pytest.raises(NotFoundError, match="did you mean 'whisper-1'") as missing:
        await client.audio.transcriptions.create(file=file, model="wisper-1")
    assert missing.value.code == "model_not_found"
    with pytest.raises(APIStatusError, match="cannot tell speakers apart yet") as caught:
        await client.audio.transcriptions.create(
            file=file, model="gpt-4o-transcribe-diarize", response_format="diarized_json"
        )
    assert caught.value.code == "no_diarizer"


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 400, "invalid_audio"),
        (b"this is not audio", 400, "invalid_audio"),
        (hush(0.0), 400, "invalid_audio"),
        (hush(1800.0, rate=8_000), 413, "audio_too_long"),
        (bytes(2_100_000), 413, None),
    ],
    ids=["empty", "text", "no audio", "half an hour in 300 kB", "too large"],
)
@pytest.mark.parametrize("name", ["a.wav", "../../etc/passwd", "/dev/null", "CON", "x" * 300])
async def test_a_file_that_is_none_or_too_much_is_refused_and_others_go_on(
    serving: Serving,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    data: bytes | Audio,
    status: int,
    code: str | None,
    name: str,
    post: Post,
    encoded: Encoded,
    two: tuple[str, str],
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    if isinstance(data, Audio):
        data = encoded(data, form="flac")
    limits = {"audio_s": 60.0, "upload_mb": 2.0}
    async with serving({"limits": limits}, stt=ScriptedStt(*two)) as server:
        refused, served = await asyncio.gather(post(server, file=(name, data)), post(server))
        assert refused.status_code == status
        error = refused.json()["error"]
        if code:
            assert (error["code"], error["param"]) == (code, "file")
        assert str(tmp_path) not in error["message"]
        assert served.json()["text"] == "one two three four five six"
    assert not any(tmp_path.iterdir())  # noqa: ASYNC240


async def test_a_body_that_is_no_form_or_has_no_file_says_what_is_missing(
    server: Served, file: File, post: Post
) -> None:
    url = f"{server.url}/v1/audio/transcriptions"
    async with httpx.AsyncClient() as client:
        answers = [
            await client.post(url, json={"model": "whisper-1"}),
            await client.post(url, data={"model": "whisper-1"}),
            await client.post(url, data={"model": "x"}, files={"audio": file}),
            await client.post(url, files={"model": (None, "x"), "sound": (None, "text")}),
        ]
    for answer in answers:
        assert answer.status_code == 400
        assert answer.json()["error"]["param"] == "file"
    broken = httpx.Request(
        "POST", url, content=b"--x\r\nnonsense", headers={"Content-Type": "multipart/form-data"}
    )
    async with httpx.AsyncClient() as client:
        assert (await client.send(broken)).status_code == 400


async def test_an_engine_that_fails_is_a_server_error(serving: Serving, post: Post) -> None:
    async with serving(stt=ScriptedStt(EngineError("scripted: deaf"))) as server:
        answer = await post(server)
    assert answer.status_code == 500
    assert "deaf" in answer.json()["error"]["message"]


@pytest.mark.parametrize("name", ["", "; filename*=UTF-8''fr%C3%A5ga.wav"])
async def test_a_recording_needs_no_file_name(server: Served, file: File, name: str) -> None:
    body = (
        b'--B\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n'
        b'--B\r\nContent-Disposition: form-data; name="file"' + name.encode() + b"\r\n"
        b"Content-Type: audio/wav\r\n\r\n" + file[1] + b"\r\n--B--\r\n"
    )
    async with httpx.AsyncClient() as client:
        answer = await client.post(
            f"{server.url}/v1//audio/transcriptions",  # a base URL that ends in a slash
            content=body,
            headers={"Content-Type": "multipart/form-data; boundary=B"},
        )
    assert answer.status_code == 200
    assert answer.json()["text"]


async def test_fields_that_only_other_servers_know_are_ignored(server: Served, file: File) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.post(
            f"{server.url}/v1/audio/transcriptions",
            data={"model": "whisper-1", "vad_filter": "true"},
            files={"file": file},
        )
    assert answer.status_code == 200
