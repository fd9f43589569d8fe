"""The client for async programs."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Mapping, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Self

import numpy as np
from pydantic import TypeAdapter

from vivavoce.audio import Audio, Samples
from vivavoce.engines import SttOptions, TtsOptions, Voice, Word
from vivavoce.errors import EngineError
from vivavoce.events import Event
from vivavoce.http_client.retries import Retries
from vivavoce.transcripts.live_captions import Caption

from . import decode
from .batches import JOB, AsyncBatch
from .conversation import Conversation, Settings, SpeechSink, ignore
from .http import Http, HttpCall
from .recordings import Recording
from .request_options import hearing, speaking
from .results import FileTranscript, Health, Job, Spoken, SpokenAnswer, SttModel
from .server_address import ServerAddress, Timeouts
from .sockets import Sockets, Uplink

_HEALTH = TypeAdapter(Health)
SPEECH_RATE = 24_000
"""Hz of `speech_stream`, where no other is asked for."""
_MOST_S = 4 * 3600.0
"""Of speech that is held in memory."""


class AsyncClient:
    """A Vivavoce server. Use it as `async with`, or close it with `aclose`.

    base_url: where it is. api_key: where keys are configured.
    timeouts, retries: how patient to be. tls: whom to trust; None is the usual authorities.

    Everything raises Refused for what the server refuses, EngineUnavailable when it cannot be
    reached or goes away, EngineTimeout when it takes too long, and EngineError for answers that
    make no sense; all of them are VivavoceError.
    """

    def __init__(
        self,
        base_url: str = "http://127.0.0.1:8080",
        *,
        api_key: str | None = None,
        timeouts: Timeouts | None = None,
        retries: Retries | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        place = ServerAddress(base_url, api_key, tls, timeouts or Timeouts(), retries or Retries())
        self._http = Http(place)
        self._sockets = Sockets(self._http)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections. Safe to call twice."""
        await self._sockets.aclose()
        await self._http.aclose()

    # --- speech to text --------------------------------------------------------------------------

    async def transcribe_file(
        self, recording: Recording, *, options: SttOptions | None = None
    ) -> FileTranscript:
        """What is said in a recording of any format and length; iterate it for the segments.

        Raises BadAudio for what holds no audio.
        """
        call = HttpCall(
            "POST",
            "/stt/transcribe",
            fields=hearing(options or SttOptions()),
            recordings=("file", [recording]),
        )
        return (await self._http.answer(call, decode.TRANSCRIPT)).transcript()

    async def listen(
        self,
        audio: AsyncIterable[Audio],
        *,
        options: SttOptions | None = None,
        silence_s: float = 1.0,
    ) -> AsyncGenerator[Caption, None]:
        """What is said, while it is said; consume under `aclosing`.

        audio: chunks of any size and rate, as fast as they are there; the caller closes it.
        silence_s: what ends an utterance. A final without text takes back the partials before it.
        """
        wanted = options or SttOptions()
        start = {**hearing(wanted, live=True), "partials": wanted.partials, "silence_s": silence_s}
        line = await self._sockets.open("/stt/stream", start)

        async with Uplink(line, lambda: line.send_all(audio)):
            async for told in line.events():
                if isinstance(told, Mapping) and told["event"] in ("Partial", "Final"):
                    yield decode.caption(told)

    async def models(self) -> tuple[SttModel, ...]:
        """The engine that transcribes."""
        return (await self._http.answer(HttpCall("GET", "/stt/models"), decode.MODELS)).models

    # --- text to speech --------------------------------------------------------------------------

    async def speak(self, text: str, *, options: TtsOptions | None = None) -> Audio:
        """A text as speech; numbers, links and Markdown are said as a person would."""
        rate, seconds, sounds = 0, 0.0, list[Samples]()
        async with aclosing(self.stream_speech(text, options=options)) as speech:
            async for audio in speech:
                rate = audio.rate
                seconds += audio.seconds
                if seconds > _MOST_S:
                    raise EngineError(
                        f"the speech is longer than {_MOST_S:g} s; use `stream_speech`"
                    )
                sounds.append(audio.samples)
        if not sounds:
            raise EngineError("the server sent empty audio; check that the text has words")
        return Audio(np.concatenate(sounds), rate)

    async def stream_speech(
        self, text: str, *, options: TtsOptions | None = None
    ) -> AsyncGenerator[Audio, None]:
        """The same piece by piece, the first as soon as it is made; consume under `aclosing`.

        Raises EngineUnavailable when the speech cannot be finished.
        """
        body = {"text": text, "format": "pcm", **speaking(options or TtsOptions())}
        call = HttpCall("POST", "/tts/synthesize", json=body, headers={"Accept": "audio/pcm"})
        async with self._http.stream(call) as response:
            rate = response.headers.get("x-sample-rate", "")
            if not rate.isdecimal():
                raise EngineError(f"{response.url} sent no speech; is it a Vivavoce server?")
            async with aclosing(decode.pcm16(response.aiter_bytes(), int(rate))) as speech:
                async for audio in speech:
                    yield audio

    async def speech_stream(
        self,
        texts: AsyncIterable[str],
        *,
        options: TtsOptions | None = None,
        rate: int = SPEECH_RATE,
    ) -> AsyncGenerator[Spoken, None]:
        """A text as speech while it is being written; consume under `aclosing`.

        texts: pieces of any size, such as a language model's tokens; the caller closes it. Each
        phrase is spoken as soon as it is whole, and `server.limits.text_chars` may wait to be
        spoken. rate: Hz of the audio.
        """
        line = await self._sockets.open(
            "/tts/stream", {"rate": rate, **speaking(options or TtsOptions())}
        )

        async def send() -> None:
            async for text in texts:
                await line.send({"type": "text", "text": text})
            await line.end()

        words: tuple[Word, ...] = ()
        async with Uplink(line, send):
            async for told in line.events():
                if isinstance(told, bytes):
                    yield Spoken(decode.sound(told), rate, words)
                    words = ()
                elif told["event"] == "Words":
                    words += decode.words(told)

    async def voices(self, language: str | None = None) -> tuple[Voice, ...]:
        """What `TtsOptions.voice` may be, the default first; those for a language, if given."""
        params = None if language is None else {"language": language}
        answer = await self._http.answer(
            HttpCall("GET", "/tts/voices", params=params), decode.VOICES
        )
        return answer.voices

    # --- conversation ----------------------------------------------------------------------------

    async def ask(
        self,
        question: Recording,
        *,
        conversation_id: str | None = None,
        system_prompt: str | None = None,
        options: TtsOptions | None = None,
    ) -> SpokenAnswer:
        """One spoken turn: what was heard in the question, the reply, and its audio.

        conversation_id: of an answer before, to go on from there. options: how to sound.
        Raises BadAudio when no words were heard.
        """
        given = {"conversation_id": conversation_id, "system_prompt": system_prompt}
        fields = {name: value for name, value in given.items() if value is not None}
        voice = {name: str(value) for name, value in speaking(options or TtsOptions()).items()}
        call = HttpCall(
            "POST",
            "/voice-chat",
            fields={"format": "pcm", **fields, **voice},
            recordings=("file", [question]),
            headers={"Accept": "application/json"},
            repeatable=False,
        )
        return (await self._http.answer(call, decode.ANSWER)).answer()

    async def converse(
        self,
        source: AsyncIterable[Audio],
        sink: SpeechSink,
        on_event: Callable[[Event], None] = ignore,
        *,
        settings: Settings | None = None,
    ) -> None:
        """Converse, in both directions at once, until the source ends.

        As a `Session` takes them: source is audio in real time, silence included; sink gets the
        reply's audio, and drops what it has not played when the user interrupts; on_event gets the
        library's events. settings: keys of the configuration's `session` to have otherwise.
        """
        await self.conversation(sink, on_event, settings=settings).run(source)

    def conversation(
        self,
        sink: SpeechSink,
        on_event: Callable[[Event], None] = ignore,
        *,
        settings: Settings | None = None,
    ) -> Conversation:
        """The same, to say things to and to interrupt while it runs."""
        return Conversation(self._sockets, sink, on_event, settings=settings)

    # --- batches ---------------------------------------------------------------------------------

    async def batch_transcribe(
        self, recordings: Sequence[Recording], *, options: SttOptions | None = None
    ) -> AsyncBatch:
        """Many recordings, transcribed in the background."""
        call = HttpCall(
            "POST",
            "/stt/batch",
            fields=hearing(options or SttOptions()),
            recordings=("files", recordings),
            repeatable=False,
        )
        return AsyncBatch(self._http, (await self._http.answer(call, JOB)).id)

    async def batch_speak(
        self, texts: Sequence[str], *, options: TtsOptions | None = None
    ) -> AsyncBatch:
        """Many texts, spoken in the background."""
        body = {"items": [{"text": text} for text in texts], **speaking(options or TtsOptions())}
        call = HttpCall("POST", "/tts/batch", json=body, repeatable=False)
        return AsyncBatch(self._http, (await self._http.answer(call, JOB)).id)

    def batch(self, job: str) -> AsyncBatch:
        """A batch of before, by its id."""
        return AsyncBatch(self._http, job)

    async def batches(self) -> tuple[Job, ...]:
        """Your batches, the latest first: those of the same key."""
        return await AsyncBatch.all(self._http)

    # --- the server ------------------------------------------------------------------------------

    async def health(self) -> Health:
        """How the server is, be it ready or not."""
        call = HttpCall("GET", "/audio/health", also=(503,))
        return await self._http.answer(call, _HEALTH)
