"""Speech from any server with /v1/audio/speech."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import httpx
from pydantic import BaseModel, Field

from vivavoce.engines import Speech, TtsOptions, TtsStream, Voice
from vivavoce.errors import BadRequest
from vivavoce.hints import nearest
from vivavoce.options import Endpoint

from .http import OPENAI, ModelServer
from .pcm16 import Pcm16Stream

_OPENAI_VOICES = (
    "alloy", "ash", "ballad", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer", "verse",
)  # fmt: skip
_NO_SOUND = ("json", "html", "xml", "mpeg", "mp3", "ogg", "opus", "flac", "aac", "webm")


class _Named(BaseModel):
    id: str = ""
    name: str = ""


class _Voices(BaseModel):
    voices: list[str | _Named]


@dataclass(frozen=True, slots=True)
class OpenAiTtsOptions:
    """What may be set."""

    model: Annotated[str, Field(description="as the server calls it")] = "gpt-4o-mini-tts"
    voice: Annotated[str, Field(description="where the caller names none")] = "alloy"
    rate: Annotated[int, Field(ge=8_000, description="Hz of the PCM that the server sends")] = (
        24_000
    )
    instructions: Annotated[str, Field(description="how to speak, for models that take them")] = ""
    endpoint: Endpoint = Endpoint(OPENAI, first_timeout=15.0)


class OpenAiTts:
    """Voices behind an OpenAI-compatible server."""

    local = False

    def __init__(self, options: OpenAiTtsOptions | None = None) -> None:
        options = options or OpenAiTtsOptions()
        self.model = options.model
        self._voice = options.voice
        self._rate = options.rate
        self._instructions = options.instructions
        self._first_timeout = options.endpoint.first_timeout
        self._next_timeout = options.endpoint.next_timeout
        self._voices: tuple[Voice, ...] = ()
        self._server = ModelServer(self.name, self.model, options.endpoint)

    @property
    def name(self) -> str:
        """Its name and model."""
        return f"openai:{self.model}"

    @property
    def rate(self) -> int:
        """What the option `rate` says; 24 kHz."""
        return self._rate

    @property
    def voices(self) -> Sequence[Voice]:
        """Those that the server lists at /v1/audio/voices, or OpenAI's; else empty."""
        return self._voices

    async def load(self) -> None:
        """See that the server is there and takes the key, and ask for its voices."""
        await self._server.load()
        if self._server.is_openai:
            names: list[str] = list(_OPENAI_VOICES)
        else:
            listed = await self._server.get("audio/voices", _Voices)
            found = listed.voices if listed else []
            names = [it if isinstance(it, str) else it.id or it.name for it in found]
        names.sort(key=lambda name: name != self._voice)
        self._voices = tuple(Voice(name, name) for name in names if name)

    async def aclose(self) -> None:
        """Close the connections; speech under way fails."""
        await self._server.aclose()

    async def open(self, options: TtsOptions) -> TtsStream:
        """A new reply's stream. Language and pitch are the model's affair."""
        voice = options.voice or self._voice
        known = [it.id for it in self._voices]
        if options.voice and known and voice not in known:
            raise BadRequest(f"{self.name} has no voice {voice!r}; {nearest(voice, known)}")
        request = {
            "model": self.model,
            "voice": voice,
            "response_format": "pcm",
            "speed": options.speed,
            "instructions": self._instructions,
        }
        wanted = {field: it for field, it in request.items() if it not in {"", 1.0}}
        patience = (self._first_timeout, self._next_timeout)
        return _OpenAiTtsStream(self._server, wanted, self._rate, patience)


class _OpenAiTtsStream:
    """One reply's speech, a request for each phrase.

    request: all but the text. patience_s: until the first audio, and between pieces.
    """

    def __init__(
        self,
        server: ModelServer,
        request: Mapping[str, object],
        rate: int,
        patience_s: tuple[float, float],
    ) -> None:
        self._server = server
        self._request = request
        self._rate = rate
        self._first_timeout, self._next_timeout = patience_s

    async def speak(self, phrase: str) -> AsyncGenerator[Speech, None]:
        """The phrase's audio as the server sends it; closing it closes the connection at once."""
        if not any(character.isalnum() for character in phrase):
            return
        attempt = partial(self._attempt, {**self._request, "input": phrase})
        async with aclosing(self._server.persistently(attempt)) as pieces:
            async for piece in pieces:
                yield piece

    async def aclose(self) -> None:
        """The connections are the engine's."""

    async def _attempt(self, request: dict[str, object]) -> AsyncGenerator[Speech, None]:
        stream = Pcm16Stream(self._rate)
        opened = self._server.post("audio/speech", timeout=self._first_timeout, json=request)
        async with opened as response, aclosing(self._sound(response)) as sound:
            patience = self._first_timeout
            while data := await self._server.within(anext(sound, b""), patience):
                patience = self._next_timeout
                try:
                    samples = stream.feed(data)
                except ValueError as error:
                    raise self._server.nonsense(str(error)) from error
                if len(samples):
                    yield Speech(samples)
        rest = stream.flush()
        if len(rest):
            yield Speech(rest)

    async def _sound(self, response: httpx.Response) -> AsyncGenerator[bytes, None]:
        kind = response.headers.get("content-type", "")
        async for data in response.aiter_bytes():
            if any(other in kind for other in _NO_SOUND):
                raise self._server.nonsense(f"{kind} where PCM was asked for:", data)
            if data:
                yield data
