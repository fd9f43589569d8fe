"""Whole recordings through Whisper, several windows at a time, in flat memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby

import faster_whisper
import numpy as np
from faster_whisper.transcribe import Segment as Decoded
from faster_whisper.vad import VadOptions, get_speech_timestamps

from vivavoce.audio import Samples
from vivavoce.concurrency.model_thread import StopFlag
from vivavoce.engines import Transcript, Word

from .model import RATE, Task, WhisperWeights, doubtful, invented, later, transcript_of

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
        self._pipeline = faster_whisper.BatchedInferencePipeline(weights.model)
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
        task = self._task
        segments, info = self._pipeline.transcribe(
            block,
            clip_timestamps=[{"start": it.start / RATE, "end": it.end / RATE} for it in found],
            batch_size=self._batch_size,
            language=task.language,
            task="translate" if task.translate else "transcribe",
            beam_size=task.beam_size,
            temperature=task.temperatures[0],
            initial_prompt=self._weights.prompt(task.prompt) or None,
            hotwords=self._weights.hotwords(task.hotwords) or None,
            word_timestamps=True,
        )
        language = info.language
        if task.language is None:
            self._confidence = float(info.language_probability)
            if self._confidence >= _SURE:
                self._task = replace(task, language=language)
        transcripts = []
        for seek, group in groupby(segments, lambda segment: segment.seek):
            if stop.is_set():
                break
            clip = min(found, key=lambda it: abs(it.start / RATE * 100 - seek))
            kept = self._improved(block, clip, list(group), language, stop)
            at = self._at / RATE
            transcripts += [self._transcript(later(it, at), language) for it in kept]
        return [transcript for transcript in transcripts if transcript.text]

    def _transcript(self, segment: Decoded, language: str) -> Transcript:
        transcript = transcript_of([segment], language, self._confidence)
        if transcript.words:
            return transcript
        whole = Word(transcript.text, float(segment.start), float(segment.end))
        return replace(transcript, words=(whole,))

    def _improved(
        self,
        block: Samples,
        clip: SpeechSpan,
        segments: list[Decoded],
        language: str,
        stop: StopFlag,
    ) -> list[Decoded]:
        """The clip's segments, decoded again at warmer temperatures where they look bad."""
        warmer = self._task.temperatures[1:]
        if not (warmer and any(doubtful(segment) for segment in segments)):
            return [segment for segment in segments if not invented(segment)]
        task = replace(self._task, language=language, temperatures=warmer)
        again = self._weights.decode(block[clip.start : clip.end], task, stop)
        return [later(segment, clip.start / RATE) for segment in again.segments]


def clips(spans: list[SpeechSpan]) -> list[SpeechSpan]:
    """The stretches of speech joined as far as they fit into a window."""
    joined: list[SpeechSpan] = []
    for span in spans:
        if joined and span.end - joined[-1].start <= _CLIP_S * RATE:
            joined[-1].end = span.end
        else:
            joined.append(replace(span))
    return joined
