"""What a server answers, where the library has no name for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from vivavoce.audio import Audio
from vivavoce.engines import Kind, Transcript, Word
from vivavoce.transcripts.doubts import TranscriptWarning
from vivavoce.transcripts.segment import Segment


@dataclass(frozen=True, slots=True)
class FileTranscript(Transcript):
    """What is said in a recording; iterate it for the segments.

    words: of the whole recording, where they were asked for.
    duration_s: of the recording. processing_s: what it took to transcribe it.
    warnings: what to know before you trust the text.
    """

    segments: tuple[Segment, ...] = ()
    duration_s: float = 0.0
    processing_s: float = 0.0
    engine: str = ""
    warnings: tuple[TranscriptWarning, ...] = ()

    def __iter__(self) -> Iterator[Segment]:
        return iter(self.segments)


@dataclass(frozen=True, slots=True, eq=False)
class Spoken(Audio):
    """A piece of speech. words: that begin in it, with times in seconds of the whole speech."""

    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class SpokenAnswer:
    """A spoken turn. conversation_id: give it with the next turn to go on from this one."""

    heard: Transcript
    text: str
    audio: Audio
    conversation_id: str
    processing_s: float


@dataclass(frozen=True, slots=True)
class SttModel:
    """A speech-to-text engine. languages: codes; empty where it does not tell.

    prompt, hotwords: whether it goes by these.
    """

    id: str
    languages: tuple[str, ...]
    sample_rate: int
    streaming: bool
    prompt: bool = False
    hotwords: bool = False


@dataclass(frozen=True, slots=True)
class EngineHealth:
    """One engine. `down` is one whose work another does; `failed` is one that is missed."""

    kind: Kind
    name: str
    state: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """How the server is. engines: empty where it tells them only to those who have a key."""

    ready: bool
    state: str
    engines: tuple[EngineHealth, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemError:
    """Why an item of a batch failed."""

    message: str
    code: str | None = None
    param: str | None = None


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What came of an item. duration_s: of the audio. text: of a short transcript.

    warnings: what to know before you trust it.
    """

    duration_s: float
    processing_s: float
    engine: str
    language: str | None = None
    text: str | None = None
    warnings: tuple[TranscriptWarning, ...] = ()


@dataclass(frozen=True, slots=True)
class JobItem:
    """One item of a batch. number: from 0. id: your name for it, or its file's."""

    number: int
    id: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    result: ItemResult | None = None
    error: ItemError | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A batch, and how far it is.

    counts: how many items are in each state. expires: when an ended one is deleted.
    items: where they were asked for.
    """

    id: str
    kind: Literal["tts", "stt"]
    state: Literal["queued", "running", "done", "cancelled"]
    total: int
    counts: Mapping[str, int]
    created: datetime
    ended: datetime | None = None
    expires: datetime | None = None
    items: tuple[JobItem, ...] = field(default=())

    @property
    def over(self) -> bool:
        """Whether nothing more will be done."""
        return self.ended is not None
