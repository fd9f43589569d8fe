"""Transcriptions on the wire, and how they make a transcript; pure."""

from __future__ import annotations

import math

from pydantic import BaseModel

from vivavoce.engines import Transcript, Word
from vivavoce.text.language.names import code_of

NO_SPEECH, LOG_PROBABILITY, COMPRESSION = 0.6, -1.0, 2.4
"""Whisper's own limits (openai/whisper, transcribe.py): past the first two a segment is silence,
past the last it repeats itself."""


class _Word(BaseModel):
    word: str
    start: float
    end: float


class _Segment(BaseModel):
    text: str = ""
    start: float = 0.0
    end: float = 0.0
    avg_logprob: float = 0.0
    no_speech_prob: float = 0.0
    compression_ratio: float = 1.0

    @property
    def invented(self) -> bool:
        silent = self.no_speech_prob > NO_SPEECH and self.avg_logprob < LOG_PROBABILITY
        return silent or self.compression_ratio > COMPRESSION


class WholeTranscription(BaseModel):
    """An answer in one go; `json` has the text alone, `verbose_json` all."""

    text: str
    language: str | None = None
    words: list[_Word] | None = None
    segments: list[_Segment] | None = None


class TranscriptionEvent(BaseModel):
    """One event of a streamed answer: a `delta`, or at the end the whole `text`."""

    delta: str = ""
    text: str | None = None
    error: object = None


def transcript_of(whole: WholeTranscription) -> Transcript:
    """The transcript, less the segments that the model is likely to have invented."""
    segments = whole.segments or []
    kept = [segment for segment in segments if not segment.invented]
    words, text = whole.words or [], whole.text
    if len(kept) < len(segments):
        text = " ".join(segment.text.strip() for segment in kept)
        words = [it for it in words if any(s.start <= it.start < s.end for s in kept)]
    seconds = sum(segment.end - segment.start for segment in kept)
    confidence = None
    if seconds > 0:
        sums = sum(segment.avg_logprob * (segment.end - segment.start) for segment in kept)
        confidence = math.exp(min(0.0, sums / seconds))
    return Transcript(
        " ".join(text.split()),
        tuple(Word(it.word.strip(), it.start, max(it.start, it.end)) for it in words),
        language=code_of((whole.language or "").lower()),
        confidence=confidence,
    )
