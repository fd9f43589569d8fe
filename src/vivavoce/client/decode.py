"""From what a server writes to what the library means."""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from vivavoce.audio import Audio, Samples, from_pcm16
from vivavoce.engines import Transcript, Voice, Word
from vivavoce.errors import BadAudio, EngineError
from vivavoce.transcripts.doubts import TranscriptWarning
from vivavoce.transcripts.live_captions import Caption
from vivavoce.transcripts.recordings import Segment

from .results import FileTranscript, SpokenAnswer, SttModel


@dataclass(frozen=True, slots=True)
class SegmentWire:
    """A stretch of audio, and what is said in it."""

    start: float
    end: float
    text: str
    language: str | None = None
    confidence: float | None = None
    words: tuple[Word, ...] = ()
    stable: int | None = None

    def transcript(self) -> Transcript:
        """What is said."""
        stable = len(self.text.split()) if self.stable is None else self.stable
        return Transcript(
            self.text, self.words, stable, language=self.language, confidence=self.confidence
        )

    def segment(self) -> Segment:
        """The whole."""
        return Segment(self.start, self.end, self.transcript())


@dataclass(frozen=True, slots=True)
class TranscriptWire:
    """`POST /stt/transcribe`."""

    text: str
    segments: tuple[SegmentWire, ...]
    duration_s: float
    processing_s: float
    engine: str
    language: str | None = None
    language_confidence: float | None = None
    confidence: float | None = None
    words: tuple[Word, ...] = ()
    warnings: tuple[TranscriptWarning, ...] = ()

    def transcript(self) -> FileTranscript:
        """As the library has it."""
        return FileTranscript(
            self.text,
            words=self.words,
            stable=len(self.text.split()),
            language=self.language,
            language_confidence=self.language_confidence,
            confidence=self.confidence,
            segments=tuple(it.segment() for it in self.segments),
            duration_s=self.duration_s,
            processing_s=self.processing_s,
            engine=self.engine,
            warnings=self.warnings,
        )


@dataclass(frozen=True, slots=True)
class AnswerWire:
    """`POST /voice-chat`."""

    conversation_id: str
    heard: str
    reply: str
    audio: str
    sample_rate: int
    processing_s: float
    language: str | None = None
    confidence: float | None = None

    def answer(self) -> SpokenAnswer:
        """As the library has it. Raises EngineError for audio that is none."""
        heard = Transcript(
            self.heard,
            stable=len(self.heard.split()),
            language=self.language,
            confidence=self.confidence,
        )
        try:
            samples = sound(base64.b64decode(self.audio, validate=True))
        except binascii.Error as error:
            raise EngineError("the server sent audio that is not base64; check base_url") from error
        audio = Audio(samples, self.sample_rate)
        return SpokenAnswer(heard, self.reply, audio, self.conversation_id, self.processing_s)


@dataclass(frozen=True, slots=True)
class VoicesWire:
    """`GET /tts/voices`."""

    voices: tuple[Voice, ...]


@dataclass(frozen=True, slots=True)
class ModelsWire:
    """`GET /stt/models`."""

    models: tuple[SttModel, ...]


@dataclass(frozen=True, slots=True)
class WordsWire:
    """`Words` of `WS /tts/stream`."""

    words: tuple[Word, ...]


TRANSCRIPT = TypeAdapter(TranscriptWire)
ANSWER = TypeAdapter(AnswerWire)
VOICES = TypeAdapter(VoicesWire)
MODELS = TypeAdapter(ModelsWire)
_SEGMENT = TypeAdapter(SegmentWire)
_WORDS = TypeAdapter(WordsWire)


def caption(told: Mapping[str, object]) -> Caption:
    """Of a `Partial` or a `Final`."""
    try:
        wire = _SEGMENT.validate_python(told)
    except ValidationError as error:
        raise EngineError(
            f"the server sent an invalid {told['event']} event; check that its version matches"
        ) from error
    return Caption(wire.start, wire.end, wire.transcript(), told["event"] == "Final")


def words(told: Mapping[str, object]) -> tuple[Word, ...]:
    """Of a `Words`."""
    try:
        return _WORDS.validate_python(told).words
    except ValidationError as error:
        raise EngineError(
            "the server sent an invalid Words event; check that its version matches"
        ) from error


def sound(data: bytes) -> Samples:
    """16-bit PCM as samples."""
    try:
        return from_pcm16(data)
    except BadAudio as error:
        raise EngineError("the server sent an incomplete sample; try again") from error


async def pcm16(chunks: AsyncIterator[bytes], rate: int) -> AsyncGenerator[Audio, None]:
    """Audio of a stream of 16-bit PCM that may be cut anywhere."""
    rest = b""
    async for chunk in chunks:
        data = rest + chunk
        whole = len(data) - len(data) % 2
        rest = data[whole:]
        if whole:
            yield Audio(from_pcm16(data[:whole]), rate)
