"""Whole recordings through Whisper, several windows at a time, in flat memory."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from faster_whisper.vad import VadOptions, get_speech_timestamps

from vivavoce.audio import Samples
from vivavoce.concurrency.model_thread import StopFlag
from vivavoce.engines import Transcript, Word

from .model import RATE, Task, WhisperWeights
from .windows import Decoded, transcript_of, understand

_CLIP_S = 28.0
"""Of Whisper's window of 30 s, so that what is padded still fits."""

_PAUSES = VadOptions(max_speech_duration_s=_CLIP_S, min_silence_duration_ms=160, speech_pad_ms=200)
_ONSET = RATE // 4
"""Kept at a block's end, where a word may begin."""

_SURE = 0.5
"""A language found with this probability holds for the rest of the recording."""


@dataclass(slots=True)
class SpeechSpan:
    """A stretch to be decoded in one window, in samples from the block's beginning."""

    start: int
    end: int


class FileReader:
    """One recording on its way through the weights, block by block.

    batch_size: windows decoded together; a block has as many.
    """

    def __init__(self, weights: WhisperWeights, task: Task, batch_size: int) -> None:
        self._weights = weights
        self._task = replace(task, words=True)
        self._batch_size = batch_size
        self._confidence: float | None = None
        self._parts: list[Samples] = []
        self._length = 0
        self._at = 0

    def add(self, samples: Samples) -> bool:
        """Take the next audio; true when there is a block to `read`."""
        self._parts.append(samples)
        self._length += len(samples)
        return self._length >= self._batch_size * _CLIP_S * RATE

    def read(self, stop: StopFlag) -> list[Transcript]:
        """What is said in the audio so far; what touches its end is kept for the next block."""
        return self._read(stop, last=False)

    def finish(self, stop: StopFlag) -> list[Transcript]:
        """What is said in the rest."""
        return self._read(stop, last=True)

    def _read(self, stop: StopFlag, *, last: bool) -> list[Transcript]:
        block = np.concatenate([np.zeros(0, np.float32), *self._parts])
        spans = (
            [SpeechSpan(**span) for span in get_speech_timestamps(block, _PAUSES)]
            if len(block)
            else []
        )
        done = len(block) if last else max(0, len(block) - _ONSET)
        if not last and spans and spans[-1].end > len(block) - RATE:
            done = spans.pop().start
        transcripts = self._decode(block, clips(spans), stop) if spans else []
        self._parts, self._length = [block[done:].copy()], len(block) - done
        self._at += done
        return transcripts

    def _decode(self, block: Samples, found: list[SpeechSpan], stop: StopFlag) -> list[Transcript]:
        """The spans' transcripts in order; spans of about the same length are decoded together."""
        by_length = sorted(found, key=lambda span: span.end - span.start)
        said: list[tuple[int, Transcript]] = []
        while by_length and not stop.is_set():
            spans = [by_length.pop() for _ in range(min(self._batch_size, len(by_length)))]
            windows = [block[span.start : span.end] for span in spans]
            understood = understand(self._weights, windows, self._task, stop)
            language = understood.language
            if understood.language_confidence is not None:
                self._confidence = understood.language_confidence
                if self._confidence >= _SURE:
                    self._task = replace(self._task, language=language)
            for span, decoded in zip(spans, understood.windows, strict=True):
                if decoded:
                    at = (self._at + span.start) / RATE
                    said.append((span.start, self._transcript(decoded.later(at), language)))
        return [transcript for _, transcript in sorted(said, key=lambda it: it[0])]

    def _transcript(self, decoded: Decoded, language: str | None) -> Transcript:
        transcript = transcript_of([decoded], language, self._confidence)
        if transcript.words:
            return transcript
        return replace(transcript, words=(Word(transcript.text, decoded.start, decoded.end),))


def clips(spans: list[SpeechSpan]) -> list[SpeechSpan]:
    """The stretches of speech joined as far as they fit into a window."""
    joined: list[SpeechSpan] = []
    for span in spans:
        if joined and span.end - joined[-1].start <= _CLIP_S * RATE:
            joined[-1].end = span.end
        else:
            joined.append(replace(span))
    return joined
