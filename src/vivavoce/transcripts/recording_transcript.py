"""All that is said in a recording, and how far it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass

from vivavoce.engines import Word

from .doubts import TranscriptWarning
from .segment import Segment, average
from .timed_text import words_of


@dataclass(frozen=True, slots=True)
class RecordingTranscript:
    """All that is said in a recording.

    seconds: its length. engine: that heard it. rate: in Hz, at which it did.
    spoken: the language that was asked for, or the only one that the engine knows.
    """

    segments: tuple[Segment, ...]
    seconds: float
    engine: str
    rate: int
    spoken: str | None = None
    warnings: tuple[TranscriptWarning, ...] = ()

    @property
    def text(self) -> str:
        """All of it, in a line."""
        return " ".join(plain for it in self.segments if (plain := it.plain))

    @property
    def language(self) -> str | None:
        """The code of the one that most segments are in; None where it is not known."""
        said = [it.transcript.language for it in self.segments if it.transcript.language]
        return max(sorted(set(said)), key=said.count) if said else self.spoken

    @property
    def language_confidence(self) -> float | None:
        """How sure the language is, 0 to 1, where it was found out."""
        same = [it for it in self.segments if it.transcript.language == self.language]
        return average(same, lambda transcript: transcript.language_confidence)

    @property
    def confidence(self) -> float | None:
        """How sure the words are on average, 0 to 1, where it is known."""
        return average(self.segments, lambda transcript: transcript.confidence)

    @property
    def words(self) -> tuple[Word, ...]:
        """All words with their times, estimated where the engine told none."""
        return tuple(word for segment in self.segments for word in words_of(segment))

    @property
    def words_estimated(self) -> bool:
        """Whether the times of some words are estimated."""
        return any(not it.transcript.words for it in self.segments)
