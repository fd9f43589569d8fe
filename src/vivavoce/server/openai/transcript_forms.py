"""A recording's segments as OpenAI's clients read them; pure."""

from __future__ import annotations

import math
import zlib

from vivavoce.server.errors import Problem
from vivavoce.text.language.names import name_of
from vivavoce.transcripts.recording_transcript import RecordingTranscript
from vivavoce.transcripts.segment import Segment
from vivavoce.transcripts.subtitles import warning_dict

FRAMES_A_SECOND = 100
"""Whisper's, in which `seek` counts."""


def json_answer(heard: RecordingTranscript, *, logprobs: bool) -> dict[str, object]:
    """The answer `json`."""
    sure: dict[str, object] = {}
    if logprobs:
        sure["logprobs"] = [it for segment in heard.segments for it in logprobs_of(segment)]
    return {"text": heard.text, **sure, **_beside(heard)}


def verbose_answer(
    heard: RecordingTranscript,
    *,
    translated: bool,
    temperature: float,
    segments: bool,
    words: bool,
) -> dict[str, object]:
    """The answer `verbose_json`. segments, words: whether to list them."""
    code = heard.language or ""
    answer: dict[str, object] = {
        "task": "translate" if translated else "transcribe",
        "language": "english" if translated else name_of(code) or "unknown",
        "duration": round(heard.seconds, 3),
        "text": heard.text,
    }
    if segments:
        answer["segments"] = [
            _segment(number, segment, temperature) for number, segment in enumerate(heard.segments)
        ]
    if words:
        answer["words"] = [
            {"word": it.text.strip(), "start": round(it.start, 3), "end": round(it.end, 3)}
            for it in heard.words
        ]
        answer["words_estimated"] = heard.words_estimated
    return answer | _beside(heard)


def _beside(heard: RecordingTranscript) -> dict[str, object]:
    """What OpenAI would bill, and what to know before you trust the text."""
    beside: dict[str, object] = {"usage": {"type": "duration", "seconds": round(heard.seconds, 3)}}
    if heard.warnings:
        beside["warnings"] = [warning_dict(warning) for warning in heard.warnings]
    return beside


def logprobs_of(segment: Segment) -> list[dict[str, object]]:
    """How sure the engine was of each token: of each word, or else, on average, of the segment.

    Raises Problem for an engine that does not tell.
    """
    said = segment.transcript
    if said.words and all(word.confidence is not None for word in said.words):
        return [_logprob(f" {word.text.strip()}", word.confidence) for word in said.words]
    return [_logprob(f" {segment.plain}", said.confidence)]


def _logprob(token: str, confidence: float | None) -> dict[str, object]:
    if confidence is None:
        raise Problem(
            "include: the engine reports no confidence; leave out logprobs, or use an engine "
            "that reports it, such as moonshine or whisper",
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
    text, confidence = segment.plain, segment.transcript.confidence
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
    } | ({"speaker": segment.speaker} if segment.speaker else {})


def _compression(text: str) -> float:
    """Whisper's measure of how much a text repeats itself."""
    data = text.encode()
    return len(data) / len(zlib.compress(data)) if data else 0.0


def _log(confidence: float) -> float:
    return math.log(min(max(confidence, 1e-9), 1.0))
