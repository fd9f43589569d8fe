"""The client for plain programs: the async one, on a thread of its own."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Sequence
from contextlib import closing
from types import TracebackType
from typing import Self, TypeVar

from vivavoce.audio import Audio
from vivavoce.engines import SttOptions, TtsOptions, Voice
from vivavoce.events import Event
from vivavoce.http_client.retries import Retries
from vivavoce.transcripts.live_captions import Caption

from .async_client import SPEECH_RATE, AsyncClient
from .batches import AsyncBatch
from .conversation import Settings, SpeechSink, ignore
from .loop_thread import LoopThread, threaded
from .recordings import Recording
from .results import FileTranscript, Health, Job, JobItem, Spoken, SpokenAnswer, SttModel
from .server_address import Timeouts

T = TypeVar("T")


class Client:
    """A Vivavoce server. Use it as `with`, or close it with `close`; any thread may call it.

    The arguments, and what is raised, are those of `AsyncClient`. Ctrl-C ends a call cleanly.
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
        self._client = AsyncClient(
            base_url, api_key=api_key, timeouts=timeouts, retries=retries, tls=tls
        )
        self._loop = LoopThread("vivavoce-client")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all calls, close all connections, and join the thread. Safe to call twice."""
        self._loop.close(self._client.aclose())

    def transcribe_file(
        self, recording: Recording, *, options: SttOptions | None = None
    ) -> FileTranscript:
        """What is said in a recording of any format and length; iterate it for the segments."""
        return self._loop.run(self._client.transcribe_file(recording, options=options))

    def listen(
        self,
        audio: Iterable[Audio],
        *,
        options: SttOptions | None = None,
        silence_s: float = 1.0,
    ) -> Generator[Caption, None, None]:
        """What is said, while it is said.

        audio: chunks of any size and rate; taken on a thread of its own, so it may block.
        """
        source = threaded(audio)
        captions = self._client.listen(source, options=options, silence_s=silence_s)
        return self._loop.iterate(_both(captions, source))

    def models(self) -> tuple[SttModel, ...]:
        """The engine that transcribes."""
        return self._loop.run(self._client.models())

    def speak(self, text: str, *, options: TtsOptions | None = None) -> Audio:
        """A text as speech; numbers, links and Markdown are said as a person would."""
        return self._loop.run(self._client.speak(text, options=options))

    def stream_speech(
        self, text: str, *, options: TtsOptions | None = None
    ) -> Generator[Audio, None, None]:
        """The same piece by piece, the first as soon as it is made."""
        return self._loop.iterate(self._client.stream_speech(text, options=options))

    def speech_stream(
        self, texts: Iterable[str], *, options: TtsOptions | None = None, rate: int = SPEECH_RATE
    ) -> Generator[Spoken, None, None]:
        """A text as speech while it is being written.

        texts: pieces of any size; taken on a thread of its own, so it may block.
        """
        source = threaded(texts)
        speech = self._client.speech_stream(source, options=options, rate=rate)
        return self._loop.iterate(_both(speech, source))

    def voices(self, language: str | None = None) -> tuple[Voice, ...]:
        """What `TtsOptions.voice` may be, the default first; those for a language, if given."""
        return self._loop.run(self._client.voices(language))

    def ask(
        self,
        question: Recording,
        *,
        conversation_id: str | None = None,
        system_prompt: str | None = None,
        options: TtsOptions | None = None,
    ) -> SpokenAnswer:
        """One spoken turn: what was heard in the question, the reply, and its audio."""
        asking = self._client.ask(
            question, conversation_id=conversation_id, system_prompt=system_prompt, options=options
        )
        return self._loop.run(asking)

    def converse(
        self,
        source: Iterable[Audio],
        sink: SpeechSink,
        on_event: Callable[[Event], None] = ignore,
        *,
        settings: Settings | None = None,
    ) -> None:
        """Converse, in both directions at once, until the source ends.

        The source is taken on a thread of its own, so it may block; the sink is written to and
        on_event is called on this one.
        """
        conversation = self._client.conversation(sink, on_event, settings=settings)
        audio = threaded(source)
        happenings = self._loop.iterate(_both(conversation.happenings(audio), audio))
        with closing(happenings):
            for happening in happenings:
                conversation.handle(happening)

    def batch_transcribe(
        self, recordings: Sequence[Recording], *, options: SttOptions | None = None
    ) -> Batch:
        """Many recordings, transcribed in the background."""
        batch = self._loop.run(self._client.batch_transcribe(recordings, options=options))
        return Batch(batch, self._loop)

    def batch_speak(self, texts: Sequence[str], *, options: TtsOptions | None = None) -> Batch:
        """Many texts, spoken in the background."""
        return Batch(self._loop.run(self._client.batch_speak(texts, options=options)), self._loop)

    def batch(self, job: str) -> Batch:
        """A batch of before, by its id."""
        return Batch(self._client.batch(job), self._loop)

    def batches(self) -> tuple[Job, ...]:
        """Your batches, the latest first: those of the same key."""
        return self._loop.run(self._client.batches())

    def health(self) -> Health:
        """How the server is, be it ready or not."""
        return self._loop.run(self._client.health())


class Batch:
    """A batch on a server, which goes on whether or not you wait for it.

    id: to come back to it later, by `client.batch(id)`.
    """

    def __init__(self, batch: AsyncBatch, loop: LoopThread) -> None:
        self.id = batch.id
        self._batch = batch
        self._loop = loop

    def job(self) -> Job:
        """How far it is, with each item."""
        return self._loop.run(self._batch.job())

    def progress(self) -> Generator[Job | JobItem, None, None]:
        """The batch and its items as they change, until it is over."""
        return self._loop.iterate(self._batch.progress())

    def wait(self, on_progress: Callable[[Job | JobItem], None] = lambda _: None) -> Job:
        """Wait until it is over; what came of each item. on_progress: called with each change."""
        with closing(self.progress()) as changes:
            for change in changes:
                on_progress(change)
        return self.job()

    def cancel(self) -> Job:
        """End it; what is done stays."""
        return self._loop.run(self._batch.cancel())

    def delete(self) -> None:
        """End it, and let the server forget all of it."""
        self._loop.run(self._batch.delete())

    def audio(self, number: int) -> Audio:
        """The speech that was made of an item. Raises Refused for one that is not done."""
        return self._loop.run(self._batch.audio(number))

    def transcript(self, number: int) -> FileTranscript:
        """What is said in an item. Raises Refused for one that is not done."""
        return self._loop.run(self._batch.transcript(number))


async def _both(
    items: AsyncGenerator[T, None], source: AsyncGenerator[object, None]
) -> AsyncGenerator[T, None]:
    """The items; at the end both are closed."""
    try:
        async for item in items:
            yield item
    finally:
        await items.aclose()
        await source.aclose()
