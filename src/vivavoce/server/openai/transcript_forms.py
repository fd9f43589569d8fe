"""A recording's segments as OpenAI's clients read them; pure."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vivavoce.server.errors import Problem
from vivavoce.text.language.names import NAMES
from vivavoce.transcripts.recordings import Segment
from vivavoce.transcripts.timed_text import spans_of

FRAMES_A_SECOND = 100
"""Whisper's, in which `seek` counts."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What was said in a recording. seconds: its length. language: where the segments tell none."""

    segments: Sequence[Segment]
    seconds: float
    language: str = ""

    @property
    def text(self) -> str:
        """All of it, in a line."""
        return " ".join(plain(segment) for segment in self.segments)

    @property
    def usage(self) -> dict[str, object]:
        """What OpenAI would bill."""
        return {"type": "duration", "seconds": round(self.seconds, 3)}

    def json(self, *, logprobs: bool) -> dict[str, object]:
        """The answer `json`."""
        sure: dict[str, object] = {}
        if logprobs:
            sure["logprobs"] = [it for segment in self.segments for it in logprobs_of(segment)]
        return {"text": self.text, **sure, "usage": self.usage}

    def verbose(
        self, *, translated: bool, temperature: float, segments: bool, words: bool
    ) -> dict[str, object]:
        """The answer `verbose_json`. segments, words: whether to list them."""
        answer: dict[str, object] = {
            "task": "translate" if translated else "transcribe",
            "language": "english" if translated else self._language(),
            "duration": round(self.seconds, 3),
            "text": self.text,
        }
        if segments:
            answer["segments"] = [
                _segment(number, segment, temperature)
                for number, segment in enumerate(self.segments)
            ]
        if words:
            answer["words"] = [word for segment in self.segments for word in _words(segment)]
            answer["words_estimated"] = any(not it.transcript.words for it in self.segments)
        return answer | {"usage": self.usage}

    def _language(self) -> str:
        said = [it.transcript.language for it in self.segments if it.transcript.language]
        code = max(sorted(set(said)), key=said.count) if said else self.language
        return NAMES.get(code, code) or "unknown"


def plain(segment: Segment) -> str:
    """The segment's text in a line."""
    return " ".join(segment.transcript.text.split())


def logprobs_of(segment: Segment) -> list[dict[str, object]]:
    """How sure the engine was of each token: of each word, or else, on average, of the segment.

    Raises Problem for an engine that does not tell.
    """
    said = segment.transcript
    if said.words and all(word.confidence is not None for word in said.words):
        return [_logprob(f" {word.text.strip()}", word.confidence) for word in said.words]
    return [_logprob(f" {plain(segment)}", said.confidence)]


def _logprob(token: str, confidence: float | None) -> dict[str, object]:
    if confidence is None:
        raise Problem(
            "include: the engine does not tell how sure it is; leave logprobs out, or use one "
            "that does, such as moonshine or whisper",
            code="unsupported_value",
            param="include",
        )
    return {
        "token": token,
        "bytes": list(token.encode()),
        "logprob": round(_log(confidence), 6),
    }


def _segment(number: int, segment: Segment, temperature: float) -> dict[str, object]:
    """As Whisper gives it; 0 is what the engine does not tell."""
    text, confidence = plain(segment), segment.transcript.confidence
    return {
        "id": number,
        "seek": round(segment.start * FRAMES_A_SECOND),
        "start": round(segment.start, 3),
        "end": round(segment.end, 3),
        "text": f" {text}",
        "tokens": [],
        "temperature": temperature,
        "avg_logprob": 0.0 if confidence is None else round(_log(confidence), 6),
        "compression_ratio": round(_compression(text), 4),
        "no_speech_prob": 0.0,
    }


def _words(segment: Segment) -> Iterable[dict[str, object]]:
    """With the engine's times, or else spread over the segment by the width of each word."""
    timed = segment.transcript.words or spans_of(segment)
    for word in timed:
        yield {
            "word": word.text.strip(),
            "start": round(word.start, 3),
            "end": round(word.end, 3),
        }


def _compression(text: str) -> float:
    """Whisper's measure of how much a text repeats itself."""
    data = text.encode()
    return len(data) / len(zlib.compress(data)) if data else 0.0


def _log(confidence: float) -> float:
    return math.log(min(max(confidence, 1e-9), 1.0))
