"""A recording with two utterances, who hears it, and ways to send it."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import httpx
import numpy as np
import pytest
from openai import AsyncOpenAI

from vivavoce.audio import Audio, Samples
from vivavoce.engines import SttOptions, SttStream, Transcript, Word
from vivavoce.errors import BadRequest
from vivavoce.media.decode import write_audio
from vivavoce.testing import ScriptedStt, hush, say

if TYPE_CHECKING:
    from tests.server.conftest import Served, Serving

File: TypeAlias = tuple[str, bytes, str]
Post: TypeAlias = Callable[..., Coroutine[None, None, httpx.Response]]
Encoded: TypeAlias = Callable[..., bytes]
Listening: TypeAlias = "Callable[..., ListeningStt]"
OpenAiAt: TypeAlias = "Callable[[Served], AsyncOpenAI]"

TWO = ("one two three four", "five six")
SPEECH = (hush(0.5), say(1.0), hush(2.0), say(0.5), hush(0.5))
"""Two utterances in 4.5 s: the first from 0.5 to 1.5 s, the second from 3.5 to 4 s."""


class ListeningStt(ScriptedStt):
    """Tells how it was asked to listen, and knows when each word was said."""

    def __init__(self, *utterances: str | Exception, translates: bool = True) -> None:
        super().__init__(*utterances)
        self.asked: list[SttOptions] = []
        self.translates = translates

    async def open(self, options: SttOptions) -> SttStream:
        self.asked.append(options)
        if options.translate and not self.translates:
            raise BadRequest("scripted cannot translate; use whisper")
        return TimedStream(await super().open(replace(options, language=None)))


class TimedStream:
    """Words of a quarter of a second, one after the other."""

    def __init__(self, stream: SttStream) -> None:
        self._stream = stream

    async def feed(self, samples: Samples) -> Transcript | None:
        return await self._stream.feed(samples)

    async def finish(self) -> Transcript:
        said = await self._stream.finish()
        words = [
            Word(word, 0.4 + 0.25 * number, 0.65 + 0.25 * number, 0.5)
            for number, word in enumerate(said.text.split())
        ]
        return replace(said, words=tuple(words))

    async def aclose(self) -> None:
        await self._stream.aclose()


def encode(*parts: Audio, form: str = "wav") -> bytes:
    file = io.BytesIO()
    samples = np.concatenate([part.samples for part in parts])
    write_audio(Audio(samples, parts[0].rate), file, format=form)
    return file.getvalue()


def openai_client(server: Served) -> AsyncOpenAI:
    return AsyncOpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)


async def send(
    server: Served, data: Mapping[str, object] | None = None, file: object = None
) -> httpx.Response:
    file = file or ("speech.wav", encode(*SPEECH), "audio/wav")
    async with httpx.AsyncClient() as client:
        return await client.post(
            f"{server.url}/v1/audio/transcriptions",
            data={"model": "whisper-1", **(data or {})},
            files={"file": file},  # type: ignore[dict-item]
        )


@pytest.fixture
def two() -> tuple[str, str]:
    """What is said in `speech`."""
    return TWO


@pytest.fixture
def speech() -> tuple[Audio, ...]:
    """Two utterances in 4.5 s: the first from 0.5 to 1.5 s, the second from 3.5 to 4 s."""
    return SPEECH


@pytest.fixture
def file() -> File:
    """`speech` as OpenAI's client sends files."""
    return ("speech.wav", encode(*SPEECH), "audio/wav")


@pytest.fixture
def encoded() -> Encoded:
    """`encoded(audio, …, form="wav")`: these one after the other, as a file's bytes."""
    return encode


@pytest.fixture
def post() -> Post:
    """`await post(server, fields, file)`: asks for a transcription without OpenAI's client."""
    return send


@pytest.fixture
def openai_at() -> OpenAiAt:
    """OpenAI's client of a server."""
    return openai_client


@pytest.fixture
def listening() -> Listening:
    """An engine that tells how it was asked to listen, and when each word was said."""
    return ListeningStt


@pytest.fixture
async def client(serving: Serving) -> AsyncIterator[AsyncOpenAI]:
    """OpenAI's client of a server that hears two utterances, once."""
    async with serving(stt=ScriptedStt(*TWO)) as server, openai_client(server) as client:
        yield client
