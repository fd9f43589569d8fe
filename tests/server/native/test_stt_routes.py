"""Transcripts of whole recordings, from a real server."""

from __future__ import annotations

import asyncio
import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import numpy as np
import pytest

from tests.media.sounds import sound_file
from vivavoce.audio import Audio
from vivavoce.engines import SttOptions, SttStream, Transcript
from vivavoce.errors import EngineBusy
from vivavoce.media.decode import write_audio
from vivavoce.testing import ScriptedStt, hush, say
from vivavoce.testing.scripted import ScriptedSttStream

if TYPE_CHECKING:
    from tests.server.conftest import Served, Serving


def encoded(*parts: Audio, form: str = "wav") -> bytes:
    """The parts one after another, as a file."""
    file = io.BytesIO()
    whole = b"".join(part.samples.tobytes() for part in parts)
    write_audio(Audio(np.frombuffer(whole, np.float32), parts[0].rate), file, format=form)
    return file.getvalue()


QUESTION = encoded(hush(0.5), say(1.0), hush(0.5))


@pytest.mark.parametrize("form", ["wav", "mp3", "ogg", "flac", "m4a"])
async def test_a_recording_is_transcribed_whatever_its_format(serving: Serving, form: str) -> None:
    data = encoded(hush(0.5), say(1.0), hush(0.5), form=form)
    async with (
        serving(stt=ScriptedStt("what time is it")) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        answer = await client.post("/stt/transcribe", files={"file": ("a", data)})
    body = answer.json()
    assert (answer.status_code, body["text"]) == (200, "what time is it")
    assert (body["language"], body["confidence"], body["engine"]) == ("en", 1.0, "scripted")
    assert body["duration_s"] == pytest.approx(2.0, abs=0.15)
    assert body["processing_s"] > 0
    assert body["sample_rate"] == 16_000
    assert body["segments"][0]["start"] == pytest.approx(0.5, abs=0.1)
    assert "words" not in body


async def test_words_whose_times_the_engine_does_not_tell_are_spread(serving: Serving) -> None:
    async with (
        serving(stt=ScriptedStt("what time is it")) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        answer = await client.post("/stt/transcribe?words=true", content=QUESTION)
    body = answer.json()
    assert [word["text"] for word in body["words"]] == ["what", "time", "is", "it"]
    assert body["words_estimated"]
    assert body["words"][0]["start"] == body["segments"][0]["start"]
    assert body["words"][-1]["end"] == body["segments"][0]["end"]


async def test_the_recording_may_be_the_body_itself(serving: Serving) -> None:
    async with (
        serving(stt=ScriptedStt("what time is it")) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        answer = await client.post(
            "/stt/transcribe?format=text", content=QUESTION, headers={"Content-Type": "audio/wav"}
        )
    assert answer.text == "what time is it\n"
    assert answer.headers["content-type"].startswith("text/plain")
    assert float(answer.headers["x-duration-s"]) == pytest.approx(2.0)


@pytest.mark.parametrize("name", ["../../etc/passwd", "/dev/zero", "a\0b", "x" * 200, "é\r\nX: y"])
async def test_a_file_s_name_means_nothing(serving: Serving, name: str) -> None:
    async with (
        serving(stt=ScriptedStt("what time is it")) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        answer = await client.post("/stt/transcribe", files={"file": (name, QUESTION)})
    assert (answer.status_code, answer.json()["text"]) == (200, "what time is it")


@pytest.mark.parametrize(
    ("form", "media_type", "begin"),
    [
        ("srt", "application/x-subrip", "1\n00:00:00,5"),
        ("vtt", "text/vtt", "WEBVTT\n\n00:00:00.5"),
    ],
)
async def test_subtitles_are_answered_as_such(
    serving: Serving, form: str, media_type: str, begin: str
) -> None:
    async with (
        serving(stt=ScriptedStt("what time is it")) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        answer = await client.post(
            "/stt/transcribe", files={"file": ("a", QUESTION)}, data={"format": form}
        )
    assert answer.headers["content-type"].startswith(media_type)
    assert answer.text.startswith(begin)


@pytest.mark.parametrize(
    ("send", "status", "code", "param"),
    [
        ({"data": {"format": "json"}, "files": {"other": b"x"}}, 400, None, "file"),
        ({"files": {"file": b""}}, 400, "invalid_audio", "file"),
        ({"files": {"file": b"nonsense"}}, 400, "invalid_audio", "file"),
        ({"content": b""}, 400, "invalid_audio", None),
        ({"content": QUESTION, "params": {"format": "doc"}}, 400, "invalid_value", "format"),
        ({"content": QUESTION, "params": {"wrods": "1"}}, 400, "invalid_value", "wrods"),
        ({"files": {"file": QUESTION}, "data": {"words": "maybe"}}, 400, "invalid_value", "words"),
        ({"content": QUESTION, "params": {"language": "xx"}}, 400, "invalid_value", None),
        ({"files": {"file": QUESTION}, "data": {"x": "é" * 2_000_000}}, 400, None, None),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_what_is_wrong_is_named(
    serving: Serving, send: dict[str, object], status: int, code: str | None, param: str | None
) -> None:
    async with (
        serving(stt=ScriptedStt("what time is it", "still here")) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        answer = await client.post("/stt/transcribe", **send)  # type: ignore[arg-type]
        error = answer.json()["error"]
        assert answer.status_code == status, error
        assert error["message"]
        if code:
            assert error["code"] == code
        if param:
            assert error["param"] == param
        answer = await client.post("/stt/transcribe", content=QUESTION)
        assert answer.status_code == 200
        assert server.service.admission.computing == 0


async def test_too_much_is_refused(serving: Serving) -> None:
    limits = {"limits": {"upload_mb": 0.02, "audio_s": 1.5}}
    async with serving(limits) as server, httpx.AsyncClient(base_url=server.url) as client:
        answer = await client.post("/stt/transcribe", content=QUESTION)
        assert answer.status_code == 413
        answer = await client.post("/stt/transcribe", files={"file": QUESTION})
        assert answer.status_code == 413
        small = encoded(hush(2.0), form="ogg")
        answer = await client.post("/stt/transcribe", content=small)
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "audio_too_long")


async def test_an_engine_that_fails_is_the_server_s_error(serving: Serving) -> None:
    async with (
        serving(stt=ScriptedStt(EngineBusy("256 jobs wait"), "and on")) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        answer = await client.post("/stt/transcribe", content=QUESTION)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        answer = await client.post("/stt/transcribe", content=QUESTION)
        assert answer.json()["text"] == "and on"


async def test_a_key_is_asked_for(serving: Serving) -> None:
    key = "secret-key-of-some-length"
    async with (
        serving({"keys": [key]}) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        for path in ("/stt/models", "/tts/voices"):
            assert (await client.get(path)).status_code == 401
        assert (await client.post("/stt/transcribe", content=QUESTION)).status_code == 401
        answer = await client.get("/stt/models", headers={"X-API-Key": key})
        assert answer.status_code == 200


async def test_the_engine_is_told_with_its_languages(server: Served) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        body = (await client.get("/stt/models")).json()
    assert body["models"] == [
        {
            "id": "scripted",
            "languages": ["en"],
            "sample_rate": 16_000,
            "streaming": True,
            "prompt": False,
            "hotwords": False,
        }
    ]
    assert body["aliases"]["whisper-1"] == "scripted"


async def test_the_reference_documents_both_ways_to_send(server: Served) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        schema = (await client.get("/openapi.json")).json()
    operation = schema["paths"]["/stt/transcribe"]["post"]
    content = operation["requestBody"]["content"]
    assert set(content) == {"multipart/form-data", "audio/*"}
    assert "hotwords" in content["multipart/form-data"]["schema"]["properties"]
    assert {"language", "format"} <= {parameter["name"] for parameter in operation["parameters"]}
    assert "text/vtt" in operation["responses"]["200"]["content"]


class StuckStt(ScriptedStt):
    """Its streams never finish; `reached` is set once one is asked to."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = asyncio.Event()

    async def open(self, options: SttOptions) -> SttStream:
        self.open_streams += 1
        return StuckStream(self, options)


class StuckStream(ScriptedSttStream):
    def __init__(self, stt: StuckStt, options: SttOptions) -> None:
        super().__init__(stt, options)
        self.reached = stt.reached

    async def finish(self) -> Transcript:
        self.reached.set()
        await asyncio.Event().wait()
        raise AssertionError


async def test_a_client_that_leaves_is_worked_for_no_longer(serving: Serving) -> None:
    stt = StuckStt()
    async with (
        serving({"limits": {"requests": 1}}, stt=stt) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        asking = asyncio.create_task(client.post("/stt/transcribe", content=QUESTION))
        await stt.reached.wait()
        asking.cancel()
        await asyncio.wait({asking})
        answer = await client.post("/tts/synthesize", json={"text": "My turn."})
    assert answer.status_code == 200
    assert stt.open_streams == 0


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_an_upload_that_is_cut_off_leaves_no_file(
    serving: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    async with serving() as server:
        _, writer = await asyncio.open_connection(*server.address)
        writer.write(
            b"POST /stt/transcribe HTTP/1.1\r\nHost: here\r\nContent-Length: 3000000\r\n\r\n"
        )
        writer.write(bytes(2_000_000))
        await writer.drain()
        writer.transport.abort()
        async with httpx.AsyncClient(base_url=server.url) as client:
            answer = await client.post("/stt/transcribe", content=QUESTION)
        assert answer.status_code == 200
    assert left_in(tmp_path) == []


CALL = sound_file(
    "wav",
    "pcm_s16le",
    np.stack(
        [
            np.concatenate([hush(0.5).samples, say(0.5).samples, hush(5.0).samples]),
            np.concatenate([hush(3.0).samples, say(0.5).samples, hush(2.5).samples]),
        ]
    ),
)


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/stt/transcribe", {}),
        ("/v1/audio/transcriptions", {"model": "whisper-1", "response_format": "verbose_json"}),
    ],
)
async def test_channels_are_heard_as_the_caller_asks(
    serving: Serving, path: str, form: dict[str, str]
) -> None:
    async with (
        serving(stt=ScriptedStt("one", "two", "three")) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):

        async def ask(channels: str) -> httpx.Response:
            fields = {**form, "channels": channels}
            return await client.post(path, files={"file": ("a.wav", CALL)}, data=fields)

        both, right = await ask("separate"), await ask("2")
        absent, unknown = await ask("3"), await ask("both")
    speakers = [it["speaker"] for it in both.json()["segments"]]
    assert speakers == ["channel 1", "channel 2"]
    [segment] = right.json()["segments"]
    assert segment["start"] == pytest.approx(3.0, abs=0.3)
    assert (absent.status_code, unknown.status_code) == (400, 400)
    assert "there is no channel 3" in absent.text
    assert "choose mix, left, right, separate" in unknown.text


async def test_a_damaged_recording_is_transcribed_with_a_warning(serving: Serving) -> None:
    data = encoded(hush(0.5), say(1.0), hush(4.0), form="flac")
    async with (
        serving(stt=ScriptedStt("what time is it")) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        answer = await client.post("/stt/transcribe", content=data[: len(data) * 4 // 5])
    assert "recording_faulty" in [warning["code"] for warning in answer.json()["warnings"]]


MURMUR = encoded(hush(0.5), say(6.0), hush(0.5))


async def test_missing_words_are_told_with_where_they_are(serving: Serving) -> None:
    async with (
        serving(stt=ScriptedStt("hm")) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        told = (await client.post("/stt/transcribe", content=MURMUR)).json()
    [warning] = told["warnings"]
    assert warning["code"] == "words_missing"
    assert warning["stretches"] == [pytest.approx([0.5, 6.5], abs=0.1)]


async def test_missing_words_are_told_in_a_header_beside_text(serving: Serving) -> None:
    async with (
        serving(stt=ScriptedStt("hm")) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        answer = await client.post("/stt/transcribe?format=text", content=MURMUR)
    assert answer.text == "hm\n"
    assert answer.headers["X-Warnings"].startswith(
        "words_missing: words are missing: 6 s of speech"
    )


async def test_a_transcript_with_all_its_words_has_no_warning(serving: Serving) -> None:
    async with (
        serving(stt=ScriptedStt("what time is it", "what time is it")) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        assert "warnings" not in (await client.post("/stt/transcribe", content=QUESTION)).json()
        text = await client.post("/stt/transcribe?format=text", content=QUESTION)
        assert "X-Warnings" not in text.headers


async def test_words_may_be_asked_for_in_any_form(serving: Serving) -> None:
    async with (
        serving(stt=ScriptedStt("so what")) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        answer = await client.post("/stt/transcribe?format=text&words=true", content=QUESTION)
    lines = [line.split("\t")[2:] for line in answer.text.splitlines()]
    assert lines == [["so", "~"], ["what", "~"]]
