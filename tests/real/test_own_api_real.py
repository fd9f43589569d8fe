"""The own API, the whole server, and the engines that come out of the box."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import re
import statistics
import subprocess
import sys
import time
from contextlib import aclosing
from pathlib import Path

import httpx
import numpy as np
import pytest
from websockets.asyncio.client import connect

from tests.real.serving import served
from vivavoce.audio import to_pcm16
from vivavoce.config.configuration import load_config
from vivavoce.engines import SttOptions
from vivavoce.loading.open_engines import open_engines
from vivavoce.media.decode import read_audio, stream_audio
from vivavoce.transcripts.recordings import transcribe
from vivavoce.transcripts.word_errors import word_errors

ROOT = Path(__file__).parents[2]
QUESTION = ROOT / "src/vivavoce/data/question.wav"
SPEECH = ROOT.parent / "shared" / "speech"
JFK = (
    "And so my fellow Americans, ask not what your country can do for you, ask what you can do for "
    "your country."
)


def recording(name: str) -> Path:
    path = SPEECH / name
    if not path.exists():
        pytest.skip(f"no recording {path}")
    return path


async def test_a_recording_is_understood() -> None:
    path = recording("faster-whisper/jfk.wav")
    async with served() as url, httpx.AsyncClient(base_url=url, timeout=60) as client:
        with path.open("rb") as file:
            answer = await client.post("/stt/transcribe?words=true", files={"file": file})
        body = answer.json()
        assert word_errors(JFK, body["text"]).rate < 0.1
        assert body["duration_s"] == pytest.approx(11.0, abs=0.1)
        assert 0.5 < body["confidence"] <= 1
        assert body["words"][0]["start"] < body["words"][-1]["end"] <= 11.0


async def test_speech_is_understood_again() -> None:
    text = "Please turn off the lights, and lock the door before you go to sleep tonight."
    async with served() as url, httpx.AsyncClient(base_url=url, timeout=60) as client:
        speech = await client.post("/tts/synthesize", json={"text": text, "format": "mp3"})
        heard = await client.post("/stt/transcribe", content=speech.content)
    assert word_errors(text, heard.json()["text"]).rate < 0.35


async def test_a_stream_is_captioned() -> None:
    audio = read_audio(recording("faster-whisper/jfk.wav"), rate=16_000)
    async with served() as url, connect(f"{url.replace('http', 'ws')}/stt/stream") as socket:
        await socket.send('{"type": "start", "rate": 16000}')
        for first in range(0, len(audio.samples), 1600):
            await socket.send(to_pcm16(audio.samples[first : first + 1600]))
        await socket.send('{"type": "end"}')
        events = [json.loads(message) async for message in socket]
    finals = [event["text"] for event in events if event["event"] == "Final"]
    assert word_errors(JFK, " ".join(finals)).rate < 0.15
    assert any(event["event"] == "Partial" for event in events)


async def test_a_spoken_question_is_answered() -> None:
    async with served() as url, httpx.AsyncClient(base_url=url, timeout=60) as client:
        body = (await client.post("/voice-chat", content=QUESTION.read_bytes())).json()
    assert "capital of France" in body["heard"]
    assert "Paris" in body["reply"]
    audio = read_audio(io.BytesIO(base64.b64decode(body["audio"])))
    assert audio.seconds == pytest.approx(body["duration_s"], abs=0.05)
    assert audio.dbfs > -35


async def test_the_documented_client_holds_a_conversation() -> None:
    pcm = to_pcm16(read_audio(QUESTION, rate=16_000).samples)
    async with served() as url:
        client = await asyncio.create_subprocess_exec(
            sys.executable,
            str(ROOT / "examples/voice_client.py"),
            f"{url.replace('http', 'ws')}/voice",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        played, told = await client.communicate(pcm)
    assert client.returncode == 0, told.decode()
    assert "What is the capital of France?" in told.decode()
    assert "Paris" in told.decode()
    samples = np.frombuffer(played, "<i2")
    assert len(samples) > 8_000
    assert np.abs(samples).max() > 1_000


def python_in(page: Path) -> list[str]:
    """The page's Python examples that stand alone in it."""
    blocks = re.findall(r"(<!-- .*? -->\n)?```python\n(.*?)```", page.read_text(), re.DOTALL)
    return [code for comment, code in blocks if not comment]


async def test_the_documented_examples_run(tmp_path: Path) -> None:
    question = tmp_path / "question.wav"
    question.write_bytes(QUESTION.read_bytes())
    page = ROOT / "docs/api.md"
    commands = re.findall(r"^(curl .*?[^\\])\n", page.read_text(), re.DOTALL | re.MULTILINE)
    assert len(commands) >= 5
    async with served() as url:
        local = "http://127.0.0.1:8080"
        for code in python_in(page):
            code = code.replace(local, url).replace("ws://127.0.0.1:8080", f"ws{url[4:]}")
            await ran(tmp_path, sys.executable, "-c", code)
        for command in commands:
            await ran(tmp_path, "sh", "-c", command.replace(local, url))
    assert read_audio(tmp_path / "said.mp3").seconds > 1
    assert read_audio(tmp_path / "gesagt.mp3").seconds > 0.5


async def ran(folder: Path, *command: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, f"{command[-1]}\n{output.decode()}{errors.decode()}"
    assert b'"error"' not in output


@pytest.mark.slow
async def test_the_server_adds_little_to_a_transcription() -> None:
    """Ten seconds of speech over HTTP, and in process, in turns."""
    path = recording("faster-whisper/jfk.wav")
    own: list[float] = []
    over_http: list[float] = []
    async with (
        served() as url,
        httpx.AsyncClient(base_url=url, timeout=60) as client,
        open_engines(load_config(environment={})) as engines,
    ):
        data = path.read_bytes()
        for _ in range(12):
            began = time.perf_counter()
            async with (
                aclosing(stream_audio(path, engines.stt.rate)) as audio,
                aclosing(transcribe(audio, engines.stt, engines.vad, SttOptions())) as segments,
            ):
                assert [segment async for segment in segments]
            own.append(time.perf_counter() - began)
            began = time.perf_counter()
            answer = await client.post("/stt/transcribe", content=data)
            over_http.append(time.perf_counter() - began)
            assert answer.status_code == 200
    cost = statistics.median(over_http) / statistics.median(own)
    print(f"in process {statistics.median(own):.4f} s, over HTTP × {cost:.3f}")
    assert cost < 1.5
