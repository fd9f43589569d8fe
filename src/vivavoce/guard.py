"""One guard around each engine: whatever it raises leaves as one of `errors`.

Inside, `EngineError`, `ModelError` and `BadRequest` are all that need be caught.
"""

from __future__ import annotations

import pkgutil
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Generic, TypeVar, cast

from .audio import Audio, Samples
from .engines import (
    C,
    Engine,
    Engines,
    FileStt,
    Foresight,
    Kind,
    Llm,
    LlmOptions,
    Message,
    Pronunciation,
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
    Wrapper,
    capability,
    speak_pronounced,
)
from .errors import EngineError, EngineTimeout, EngineUnavailable, VivavoceError, describe
from .kinds import kinds
from .llm_output.markup import thinks_first
from .llm_output.reading import ReplyReader

E = TypeVar("E", bound=Engine)


class Guard:
    """Around the use of an engine: `with Guard(engine.name): …`."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Raise an EngineError in place of what is none of `errors`; a cancellation passes."""
        if isinstance(error, Exception) and not isinstance(error, VivavoceError):
            raise _converted(self._name, error) from error


def _converted(name: str, error: Exception) -> EngineError:
    match error:
        case TimeoutError():
            return EngineTimeout(f"{name} gave no answer in time")
        case ImportError():
            return EngineUnavailable(f"{name} lacks a package: {error}")
        case MemoryError():
            return EngineUnavailable(f"{name} needs more memory than there is")
    return EngineError(f"{name} failed: {describe(error)}")


def guarded(kind: Kind, engine: Engine) -> Engine:
    """The engine behind a guard.

    Itself, where it has one already or its kind has none, and where it is a wrapper: that guards
    what it works through.
    """
    row = kinds().get(kind)
    if row is None or row.guard is None or isinstance(engine, Wrapper):
        return engine
    made: Engine = pkgutil.resolve_name(row.guard)(engine)
    return made


def guarded_engines(engines: Engines) -> Engines:
    """All engines of a session behind guards."""
    return Engines(
        vad=cast("Vad", guarded("vad", engines.vad)),
        turn=cast("TurnDetector", guarded("turn", engines.turn)),
        stt=cast("Stt", guarded("stt", engines.stt)),
        llm=cast("Llm", guarded("llm", engines.llm)),
        tts=cast("Tts", guarded("tts", engines.tts)),
        optional={kind: guarded(kind, engine) for kind, engine in engines.optional.items()},
    )


class Guarded(Generic[E]):
    """What all guarded engines have. engine: the one that does the work."""

    def __init__(self, engine: E) -> None:
        self.engine = engine

    @property
    def name(self) -> str:
        """That of the engine."""
        return self.engine.name

    @property
    def model(self) -> str | None:
        """That of the engine."""
        return self.engine.model

    @property
    def local(self) -> bool:
        """Whether the engine computes on this machine."""
        return self.engine.local

    @property
    def guard(self) -> Guard:
        """For what is done with the engine."""
        return Guard(self.name)

    def capability(self, wanted: type[C]) -> C | None:
        """What the engine can do, guarded too."""
        found = capability(self.engine, wanted)
        if wanted is FileStt and isinstance(found, FileStt):
            return cast("C", GuardedFiles(found, self.guard))
        if wanted is Foresight and isinstance(found, Foresight):
            return cast("C", GuardedForesight(found, self.guard))
        return found

    async def load(self) -> None:
        """Load the engine."""
        with self.guard:
            await self.engine.load()

    async def aclose(self) -> None:
        """Close the engine."""
        with self.guard:
            await self.engine.aclose()


class GuardedVad(Guarded[Vad]):
    """Voice activity detection behind a guard."""

    @property
    def rate(self) -> int:
        """Hz of the samples that streams take."""
        return self.engine.rate

    @property
    def frame(self) -> int:
        """Samples in a frame."""
        return self.engine.frame

    def open(self) -> VadStream:
        """A new caller's stream."""
        with self.guard:
            return GuardedVadStream(self.engine.open(), self.guard)


class GuardedVadStream:
    """One caller's voice activity detection."""

    def __init__(self, stream: VadStream, guard: Guard) -> None:
        self._stream = stream
        self._guard = guard

    def feed(self, samples: Samples) -> Sequence[float]:
        """The probability of speech for each frame that these samples complete."""
        with self._guard:
            return self._stream.feed(samples)

    def reset(self) -> None:
        """Forget everything heard."""
        with self._guard:
            self._stream.reset()


class GuardedTurn(Guarded[TurnDetector]):
    """Turn detection behind a guard."""

    @property
    def rate(self) -> int:
        """Hz of the utterance."""
        return self.engine.rate

    async def probability(self, utterance: Audio, transcript: str) -> float:
        """That the turn is over, 0 to 1."""
        with self.guard:
            return await self.engine.probability(utterance, transcript)


class GuardedStt(Guarded[Stt]):
    """Speech to text behind a guard."""

    @property
    def rate(self) -> int:
        """Hz of the samples that streams take."""
        return self.engine.rate

    @property
    def languages(self) -> Sequence[str]:
        """Codes of the languages that the loaded weights know."""
        return self.engine.languages

    async def open(self, options: SttOptions) -> SttStream:
        """A new utterance's stream."""
        with self.guard:
            return GuardedSttStream(await self.engine.open(options), self.guard)


class GuardedSttStream:
    """One utterance's transcription."""

    def __init__(self, stream: SttStream, guard: Guard) -> None:
        self._stream = stream
        self._guard = guard

    async def feed(self, samples: Samples) -> Transcript | None:
        """Take the next audio and return the new partial transcript, if it changed."""
        with self._guard:
            return await self._stream.feed(samples)

    async def finish(self) -> Transcript:
        """The transcript of all audio fed so far."""
        with self._guard:
            return await self._stream.finish()

    async def aclose(self) -> None:
        """Free the stream's state."""
        with self._guard:
            await self._stream.aclose()


class GuardedFiles:
    """An engine's way for whole recordings."""

    def __init__(self, files: FileStt, guard: Guard) -> None:
        self._files = files
        self._guard = guard

    async def transcribe(
        self, audio: AsyncIterator[Samples], options: SttOptions
    ) -> AsyncGenerator[Transcript, None]:
        """Segments in order, with word times from the recording's start."""
        source = _Source(audio)
        try:
            with self._guard:
                found = self._files.transcribe(source, options)
                async with aclosing(found) as segments:
                    async for segment in segments:
                        yield segment
        except EngineError:
            if source.failed is not None:
                raise source.failed from None
            raise


class _Source:
    """Audio that an engine reads itself. failed: what it raised, which is no engine's fault."""

    def __init__(self, audio: AsyncIterator[Samples]) -> None:
        self.failed: Exception | None = None
        self._audio = audio

    def __aiter__(self) -> _Source:
        return self

    async def __anext__(self) -> Samples:
        try:
            return await anext(self._audio)
        except StopAsyncIteration:
            raise
        except Exception as error:
            self.failed = error
            raise


class GuardedLlm(Guarded[Llm]):
    """A language model behind a guard, its replies sorted into words, thoughts and tool calls."""

    def __init__(self, engine: Llm) -> None:
        super().__init__(engine)
        self._thinks_first = thinks_first(engine.model)

    async def reply(
        self, messages: Sequence[Message], options: LlmOptions
    ) -> AsyncGenerator[Thought, None]:
        """The reply to `messages`, piece by piece."""
        with self.guard:
            reader = ReplyReader(options, thinks_first=self._thinks_first)
            found = self.engine.reply(messages, options)
            async with aclosing(found) as thoughts:
                async for thought in thoughts:
                    for read in reader.see(thought):
                        yield read
                for read in reader.end():
                    yield read
            self._thinks_first = reader.tail

    async def warm(self, messages: Sequence[Message], options: LlmOptions) -> None:
        """Read `messages` into the prompt cache."""
        with self.guard:
            await self.engine.warm(messages, options)


class GuardedForesight:
    """A language model's way to tell whether the user has said all."""

    def __init__(self, foresight: Foresight, guard: Guard) -> None:
        self._foresight = foresight
        self._guard = guard

    async def completeness(self, messages: Sequence[Message]) -> float:
        """The probability that the last message ends where it does, 0 to 1."""
        with self._guard:
            return await self._foresight.completeness(messages)


class GuardedTts(Guarded[Tts]):
    """A voice behind a guard."""

    @property
    def rate(self) -> int:
        """Hz of the audio that streams give."""
        return self.engine.rate

    @property
    def voices(self) -> Sequence[Voice]:
        """What `TtsOptions.voice` may be."""
        return self.engine.voices

    async def open(self, options: TtsOptions) -> TtsStream:
        """A new reply's stream."""
        with self.guard:
            return GuardedTtsStream(await self.engine.open(options), self.guard)


class GuardedTtsStream:
    """One reply's speech."""

    def __init__(self, stream: TtsStream, guard: Guard) -> None:
        self._stream = stream
        self._guard = guard

    def speak(self, phrase: str) -> AsyncGenerator[Speech, None]:
        """The phrase's audio, piece by piece."""
        return self.speak_pronounced(phrase, ())

    async def speak_pronounced(
        self, phrase: str, pronunciations: Sequence[Pronunciation]
    ) -> AsyncGenerator[Speech, None]:
        """The same, with words pronounced as told, where the voice can."""
        with self._guard:
            spoken = speak_pronounced(self._stream, phrase, pronunciations)
            async with aclosing(spoken) as pieces:
                async for piece in pieces:
                    yield piece

    async def aclose(self) -> None:
        """Free the stream's state."""
        with self._guard:
            await self._stream.aclose()
