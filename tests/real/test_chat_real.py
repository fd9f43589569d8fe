"""Chat completions by voice with the engines that come out of the box."""

from __future__ import annotations

import asyncio
import base64
import io
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from openai import AsyncOpenAI

from vivavoce.audio import Audio, from_pcm16
from vivavoce.config.configuration import load_config
from vivavoce.conversation.session import Engines
from vivavoce.engines import SttOptions
from vivavoce.loading.open_engines import open_engines
from vivavoce.media.decode import read_audio, write_audio
from vivavoce.server.app import make_app
from vivavoce.server.service import Service
from vivavoce.transcripts.word_errors import word_errors

if TYPE_CHECKING:
    from tests.real.conftest import Recording


@asynccontextmanager
async def served() -> AsyncIterator[tuple[AsyncOpenAI, Engines]]:
    """OpenAI's client of a server with the embedded engines."""
    config = load_config(environment={})
    service = Service(config)
    async with open_engines(config) as engines:
        service.ready(engines)
        server = uvicorn.Server(uvicorn.Config(make_app(service), log_config=None))
        with socket.create_server(("127.0.0.1", 0)) as listening:
            url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
            running = asyncio.create_task(server.serve([listening]))
            async with AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:
                yield client, engines
            server.should_exit = True
            await running


async def understood(engines: Engines, audio: Audio) -> str:
    stream = await engines.stt.open(SttOptions(partials=False))
    await stream.feed(audio.resampled(engines.stt.rate).samples)
    text = (await stream.finish()).text
    await stream.aclose()
    return text


@pytest.mark.timeout(120)
async def test_a_spoken_question_gets_a_spoken_answer(recording: Recording) -> None:
    file = io.BytesIO()
    write_audio(recording("riva/en-US_sample.wav"), file, format="mp3")
    data = base64.b64encode(file.getvalue()).decode()
    part = {"type": "input_audio", "input_audio": {"data": data, "format": "mp3"}}
    ask: Any = [{"role": "user", "content": [part]}]
    wishes: Any = {"model": "gpt-audio", "modalities": ["text", "audio"], "temperature": 0}
    async with served() as (client, engines):
        whole = await client.chat.completions.create(
            messages=ask, max_tokens=24, audio={"voice": "echo", "format": "wav"}, **wishes
        )
        said = whole.choices[0].message.audio
        assert said is not None
        audio = read_audio(io.BytesIO(base64.b64decode(said.data)))
        assert word_errors(said.transcript, await understood(engines, audio)).rate < 0.5
        assert whole.usage is not None
        assert whole.usage.completion_tokens <= 24
        stream = await client.chat.completions.create(
            messages=[
                *ask,
                {"role": "assistant", "audio": {"id": said.id}},
                {"role": "user", "content": "Say it in a few words."},
            ],
            max_tokens=24,
            audio={"voice": "echo", "format": "pcm16"},
            stream=True,
            **wishes,
        )
        pieces = [chunk.choices[0].delta.audio async for chunk in stream]
        sound = b"".join(base64.b64decode(p.data) for p in pieces if p is not None and p.data)
        text = "".join(p.transcript or "" for p in pieces if p is not None)
        heard = await understood(engines, Audio(from_pcm16(sound), 24_000))
        assert word_errors(text, heard).rate < 0.5
