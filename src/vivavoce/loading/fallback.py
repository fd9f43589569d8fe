"""Engines to fall back through: when one fails the next takes over, until a probe brings it back.

Each class here keeps its kind's contract, so that nobody else need know. A call is retried on the
next engine only while nothing of its result was used: never a language model after its first
token, nor a voice after its first sound.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Generic, TypeVar

import numpy as np

from vivavoce.audio import Audio, Resampler, Samples
from vivavoce.engines import (
    Engine,
    Kind,
    Llm,
    LlmOptions,
    Message,
    Speech,
    Stt,
    SttOptions,
    SttStream,
    Thought,
    Transcript,
    Tts,
    TtsOptions,
    TtsStream,
    TurnDetector,
    Vad,
    VadStream,
    Voice,
)
from vivavoce.errors import BadConfig, BadRequest, EngineError, EngineTimeout, describe
from vivavoce.events import Failed, failure_report

log = logging.getLogger(__name__)

E = TypeVar("E", bound=Engine)
T = TypeVar("T")


class Chain(Generic[E]):
    """Engines of one kind in order of preference, and which of them are down.

    patience_s: how long an engine may take to begin to answer before the next is asked.
    """

    def __init__(self, kind: Kind, engines: Sequence[E], patience_s: float = 5.0) -> None:
        assert engines
        self.kind = kind
        self.engines = list(engines)
        self.patience_s = patience_s
        self._down: set[int] = set()

    @property
    def first(self) -> E:
        """The one that is used now."""
        return next(iter(self.candidates()))

    @property
    def name(self) -> str:
        """The name of the one that is used now."""
        return self.first.name

    @property
    def model(self) -> str | None:
        """The model of the one that is used now."""
        return self.first.model

    @property
    def local(self) -> bool:
        """Whether all of them compute on this machine."""
        return all(engine.local for engine in self.engines)

    @property
    def down(self) -> list[E]:
        """Those that failed and have not been brought back."""
        return [self.engines[i] for i in sorted(self._down)]

    def candidates(self) -> list[E]:
        """In the order in which to try them; all of them when all are down."""
        up = [engine for i, engine in enumerate(self.engines) if i not in self._down]
        return up or list(self.engines)

    def fail(self, engine: E, error: BaseException) -> None:
        """It failed; the next one is used from now on. Raises what failed when none is left."""
        self._down.add(self.engines.index(engine))
        if len(self._down) == len(self.engines):
            self._down.clear()
            raise error
        failed = Failed(self.kind, engine.name, describe(error), f"{self.name} takes over")
        log.warning("%s %s failed: %s; %s", self.kind, engine.name, failed.message, failed.remedy)
        tell = failure_report.get()
        if tell is not None:
            tell(failed)

    def restore(self, engine: E) -> None:
        """It works again."""
        self._down.discard(self.engines.index(engine))
        log.info("%s %s is back", self.kind, engine.name)

    async def call(self, ask: Callable[[E], Awaitable[T]]) -> T:
        """What the first engine that can answers. What the caller did wrong is not retried."""
        for engine in self.candidates():
            try:
                return await self.within(ask(engine))
            except (BadRequest, asyncio.CancelledError):
                raise
            except Exception as error:  # noqa: BLE001 - an engine may raise anything
                self.fail(engine, error)
        raise EngineError(f"no {self.kind} engine answered")

    async def within(self, call: Awaitable[T]) -> T:
        """What the call returns; raises EngineTimeout when it takes longer than `patience_s`."""
        try:
            async with asyncio.timeout(self.patience_s):
                return await call
        except TimeoutError as error:
            raise EngineTimeout(f"no answer within {self.patience_s:g} s") from error

    async def stream(self, start: Callable[[E], AsyncIterator[T]]) -> AsyncGenerator[T, None]:
        """What the first engine gives that gives anything; an error after that is raised."""
        for engine in self.candidates():
            begun = False
            try:
                async with aclosing(start(engine)) as items:  # type: ignore[type-var]
                    pending = await self.within(anext(items, None))
                    while pending is not None:
                        begun = True
                        yield pending
                        pending = await anext(items, None)
                return
            except (BadRequest, asyncio.CancelledError, GeneratorExit):
                raise
            except Exception as error:
                if begun:
                    raise
                self.fail(engine, error)

    async def load(self) -> None:
        """Load them all; one that cannot be loaded is down."""
        for engine in self.engines:
            try:
                await engine.load()
            except EngineError as error:
                self.fail(engine, error)

    async def aclose(self) -> None:
        """Close them all."""
        for engine in self.engines:
            await engine.aclose()


class FallbackVad(Chain[Vad]):
    """Voice activity detection by the first engine that works."""

    def __init__(self, engines: Sequence[Vad], patience_s: float = 5.0) -> None:
        super().__init__("vad", engines, patience_s)

    @property
    def rate(self) -> int:
        """Hz of the samples that streams take."""
        return self.engines[0].rate

    @property
    def frame(self) -> int:
        """Samples in a frame."""
        return self.engines[0].frame

    def open(self) -> VadStream:
        """A stream of the engine that is used now, if its frames are those of the first."""
        for engine in self.candidates():
            if (engine.rate, engine.frame) == (self.rate, self.frame):
                return engine.open()
        raise BadConfig("vad engines to fall back through must have the same rate and frame")


class FallbackTurn(Chain[TurnDetector]):
    """Turn detection by the first engine that answers."""

    def __init__(self, engines: Sequence[TurnDetector], patience_s: float = 5.0) -> None:
        super().__init__("turn", engines, patience_s)

    @property
    def rate(self) -> int:
        """Hz of the utterance."""
        return self.engines[0].rate

    async def probability(self, utterance: Audio, transcript: str) -> float:
        """That the turn is over, 0 to 1."""
        return await self.call(
            lambda engine: engine.probability(utterance.resampled(engine.rate), transcript)
        )


class FallbackStt(Chain[Stt]):
    """Speech to text; an utterance whose engine fails is heard again by the next."""

    def __init__(self, engines: Sequence[Stt], patience_s: float = 5.0) -> None:
        super().__init__("stt", engines, patience_s)

    @property
    def rate(self) -> int:
        """Hz of the samples that streams take."""
        return self.engines[0].rate

    @property
    def languages(self) -> Sequence[str]:
        """Of the engine that is used now."""
        return self.first.languages

    async def open(self, options: SttOptions) -> SttStream:
        """A new utterance's stream."""
        return _FallbackSttStream(self, options)


class _FallbackSttStream:
    """One utterance; keeps its audio, to tell it to the next engine from the start."""

    def __init__(self, chain: FallbackStt, options: SttOptions) -> None:
        self._chain = chain
        self._options = options
        self._heard: list[Samples] = []
        self._told = 0
        self._stream: SttStream | None = None
        self._engine: Stt | None = None

    async def feed(self, samples: Samples) -> Transcript | None:
        """Take the next audio and return the new partial transcript, if it changed."""
        self._heard.append(samples.copy())
        return await self._chain.call(self._tell)

    async def finish(self) -> Transcript:
        """The transcript of all audio fed so far."""

        async def finish(engine: Stt) -> Transcript:
            await self._tell(engine)
            assert self._stream is not None
            return await self._stream.finish()

        return await self._chain.call(finish)

    async def aclose(self) -> None:
        """Free the stream's state."""
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.aclose()

    async def _tell(self, engine: Stt) -> Transcript | None:
        """Bring this engine up to date."""
        if self._stream is None or engine is not self._engine:
            await self.aclose()
            self._stream = await engine.open(self._options)
            self._engine, self._told = engine, 0
        news = self._heard[self._told :]
        if not news:
            return None
        self._told = len(self._heard)
        joined = np.concatenate(news)
        if engine.rate != self._chain.rate:
            joined = Audio(joined, self._chain.rate).resampled(engine.rate).samples
        return await self._stream.feed(joined)


class FallbackLlm(Chain[Llm]):
    """Replies by the first engine that begins one."""

    def __init__(self, engines: Sequence[Llm], patience_s: float = 10.0) -> None:
        super().__init__("llm", engines, patience_s)

    def reply(
        self, messages: Sequence[Message], options: LlmOptions
    ) -> AsyncGenerator[Thought, None]:
        """The reply to `messages`, piece by piece."""
        return self.stream(lambda engine: engine.reply(messages, options))

    async def warm(self, messages: Sequence[Message], options: LlmOptions) -> None:
        """Read `messages` into the prompt cache of the engine that is used now."""
        await self.first.warm(messages, options)


class FallbackTts(Chain[Tts]):
    """Speech by the first engine that begins to speak; all of it at the first one's rate.

    A voice is asked for only where it is known.
    """

    def __init__(self, engines: Sequence[Tts], patience_s: float = 5.0) -> None:
        super().__init__("tts", engines, patience_s)

    @property
    def rate(self) -> int:
        """Hz of the audio that streams give."""
        return self.engines[0].rate

    @property
    def voices(self) -> Sequence[Voice]:
        """Of the engine that is used now."""
        return self.first.voices

    async def open(self, options: TtsOptions) -> TtsStream:
        """A new reply's stream."""
        stream = _FallbackTtsStream(self, options)
        await self.call(stream.use)
        return stream


class _FallbackTtsStream:
    """One reply's speech: a stream of the engine that is used now."""

    def __init__(self, chain: FallbackTts, options: TtsOptions) -> None:
        self._chain = chain
        self._options = options
        self._stream: TtsStream | None = None
        self._engine: Tts | None = None

    def speak(self, phrase: str) -> AsyncGenerator[Speech, None]:
        """The phrase's audio, piece by piece."""
        return self._chain.stream(lambda engine: self._speak(engine, phrase))

    async def aclose(self) -> None:
        """Free the stream's state."""
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.aclose()

    async def use(self, engine: Tts) -> TtsStream:
        """This engine's stream; another engine's is closed."""
        if self._stream is None or engine is not self._engine:
            await self.aclose()
            self._stream = await engine.open(self._options_for(engine))
            self._engine = engine
        return self._stream

    def _options_for(self, engine: Tts) -> TtsOptions:
        if engine is self._chain.engines[0]:
            return self._options
        known = any(voice.id == self._options.voice for voice in engine.voices)
        return self._options if known else replace(self._options, voice=None)

    async def _speak(self, engine: Tts, phrase: str) -> AsyncGenerator[Speech, None]:
        stream = await self.use(engine)
        resampler = Resampler(engine.rate, self._chain.rate, live=True)
        async with aclosing(stream.speak(phrase)) as pieces:
            async for piece in pieces:
                yield Speech(resampler.feed(piece.samples), piece.words)
        rest = resampler.flush()
        if len(rest):
            yield Speech(rest)
