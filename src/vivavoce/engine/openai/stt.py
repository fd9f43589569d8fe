"""Transcripts from any server with /v1/audio/transcriptions."""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated

import httpx
import numpy as np
from pydantic import Field

from vivavoce.audio import Samples, dbfs, to_pcm16
from vivavoce.engines import SttOptions, Transcript
from vivavoce.errors import BadRequest, EngineUnavailable, ModelServerRefusal
from vivavoce.options import Endpoint
from vivavoce.text.language.codes import asked_language, language_of
from vivavoce.text.stable_prefix import StablePrefix

from .http import OPENAI, ModelServer
from .transcript import TranscriptionEvent, WholeTranscription, transcript_of

RATE = 16_000
SHORTEST_S = 0.1
"""OpenAI refuses less."""

SILENCE_DBFS = -70.0
"""Below this there is nothing to hear, and models would make something up."""

PARTIAL_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class OpenAiSttOptions:
    """What may be set."""

    model: Annotated[str, Field(description="as the server calls it")] = "whisper-1"
    partials: Annotated[
        bool,
        Field(description="also ask while the user speaks, which costs a request a second or so"),
    ] = False
    stream: Annotated[
        bool, Field(description="ask for the text as it is made, which whisper-1 ignores")
    ] = False
    endpoint: Endpoint = Endpoint(OPENAI, first_timeout=30.0)


class OpenAiStt:
    """Speech-to-text behind an OpenAI-compatible server; a request an utterance."""

    local = False

    def __init__(self, options: OpenAiSttOptions | None = None) -> None:
        options = options or OpenAiSttOptions()
        self.model = options.model
        self.partials = options.partials
        self._stream = options.stream
        self._first_timeout = options.endpoint.first_timeout
        self._next_timeout = options.endpoint.next_timeout
        self._verbose = True
        self._loaded = False
        self._server = ModelServer(self.name, self.model, options.endpoint)

    @property
    def name(self) -> str:
        """Its name and model."""
        return f"openai:{self.model}"

    @property
    def rate(self) -> int:
        """16 kHz, as the models want it."""
        return RATE

    @property
    def languages(self) -> Sequence[str]:
        """Not known."""
        return ()

    @property
    def hints(self) -> frozenset[str]:
        """What it goes by of what is told of the words to come."""
        return frozenset({"prompt", "hotwords"})

    async def load(self) -> None:
        """See that the server is there and takes the key."""
        await self._server.load()
        self._loaded = True

    async def aclose(self) -> None:
        """Close the connections; requests under way fail."""
        self._loaded = False
        await self._server.aclose()

    async def open(self, options: SttOptions) -> OpenAiSttStream:
        """A new utterance's stream; the server may refuse its language with BadRequest later."""
        if not self._loaded:
            raise EngineUnavailable(f"{self.name} is not loaded; await load() first")
        return OpenAiSttStream(self, options)

    async def ask(self, samples: Samples, options: SttOptions) -> Transcript:
        """What is said in samples (n,) at 16 kHz, in one request; n as the server allows.

        Word times, the language and the confidence come from servers that tell them.
        """
        wav = await asyncio.to_thread(_wav, samples)
        while True:
            verbose = self._verbose and (options.words or not self._stream)
            attempt = partial(self._attempt, wav, self._fields(options, verbose), options)
            try:
                async with aclosing(self._server.persistently(attempt)) as transcripts:
                    return await anext(transcripts)
            except ModelServerRefusal as refusal:
                if not (verbose and _is_about_form(refusal.said)):
                    raise
                self._verbose = False

    def _fields(self, options: SttOptions, verbose: bool) -> dict[str, str | list[str]]:
        wanted = ", ".join(options.hotwords)
        fields: dict[str, str | list[str]] = {
            "model": self.model,
            "response_format": "verbose_json" if verbose else "json",
            "language": language_of(asked_language(options.language)),
            "prompt": f"{options.prompt} {wanted}".strip(),
            "temperature": f"{options.temperature:g}",
            "timestamp_granularities[]": ["word", "segment"] if verbose and options.words else [],
            "stream": "" if verbose or not self._stream else "true",
        }
        return {field: value for field, value in fields.items() if value}

    async def _attempt(
        self, wav: bytes, fields: dict[str, str | list[str]], options: SttOptions
    ) -> AsyncGenerator[Transcript, None]:
        path = "audio/translations" if options.translate else "audio/transcriptions"
        opened = self._server.post(
            path,
            timeout=self._first_timeout,
            data=fields,
            files={"file": ("utterance.wav", wav, "audio/wav")},
        )
        try:
            async with opened as response:
                transcript = await self._understand(response)
        except EngineUnavailable as error:
            if options.translate and path in str(error):
                raise BadRequest(f"{self.name} cannot translate; use whisper") from error
            raise
        yield replace(transcript, language=transcript.language or options.language)

    async def _understand(self, response: httpx.Response) -> Transcript:
        if "event-stream" not in response.headers.get("content-type", ""):
            body = await self._server.within(response.aread(), self._next_timeout)
            return transcript_of(self._server.read(WholeTranscription, body))
        text = ""
        async with aclosing(self._server.events(response)) as events:
            while data := await self._server.within(anext(events, ""), self._next_timeout):
                if data.strip() == "[DONE]":
                    break
                event = self._server.read(TranscriptionEvent, data)
                text += event.delta
                if event.error is not None:
                    raise self._server.failed(str(event.error))
                if event.text is not None:
                    return transcript_of(WholeTranscription(text=event.text))
        raise self._server.broken_off()


class OpenAiSttStream:
    """One utterance: its audio, and what was understood of it."""

    def __init__(self, engine: OpenAiStt, options: SttOptions) -> None:
        self._engine = engine
        self._options = options
        self._samples: Samples = np.zeros(0, np.float32)
        self._read = 0
        self._cost = 0.0
        self._shown = ("", 0)
        self._stable = StablePrefix()
        self._transcript = Transcript("")

    async def feed(self, samples: Samples) -> Transcript | None:
        """Take the next audio; a partial only where the engine's option `partials` asks so."""
        self._samples = np.concatenate([self._samples, samples])
        waiting = (len(self._samples) - self._read) / RATE
        wanted = self._engine.partials and self._options.partials
        if not wanted or waiting < max(PARTIAL_EVERY_S, 2 * self._cost):
            return None
        transcript = await self._transcribe()
        words = self._stable.update(transcript.text.split())
        shown = " ".join(words), len(self._stable.words)
        if shown == self._shown:
            return None
        self._shown = shown
        return replace(transcript, text=shown[0], words=(), stable=shown[1])

    async def finish(self) -> Transcript:
        """The transcript of all audio so far; without a request where it is known already."""
        transcript = await self._transcribe()
        return replace(transcript, stable=len(transcript.text.split()))

    async def aclose(self) -> None:
        """Let go of the audio."""
        self._samples = np.zeros(0, np.float32)

    async def _transcribe(self) -> Transcript:
        samples = self._samples
        if len(samples) > self._read and _worth_asking(samples):
            clock = asyncio.get_running_loop().time
            asked = clock()
            self._transcript = await self._engine.ask(samples, self._options)
            self._cost = clock() - asked
            self._read = len(samples)
        return self._transcript


def _wav(samples: Samples) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, RATE, 0, "NONE", ""))
        writer.writeframes(to_pcm16(samples))
    return file.getvalue()


def _worth_asking(samples: Samples) -> bool:
    return len(samples) >= SHORTEST_S * RATE and dbfs(samples) > SILENCE_DBFS


def _is_about_form(said: str) -> bool:
    return any(field in said for field in ("response_format", "verbose_json", "timestamp"))
