"""Whole recordings of any length, in flat memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from vivavoce.audio import Resampler, Samples, clean, slices
from vivavoce.engines import FileStt, Stt, SttOptions, Transcript, Vad, Word, capability

from .segmenter import AudioSegment, AudioSegmenter, SegmentSettings

_SLICE_S = 0.5
"""The VAD reads this much at a time between turns of the event loop."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the recording and what is said in it.

    start, end: in seconds from the recording's beginning, as are the transcript's words.
    """

    start: float
    end: float
    transcript: Transcript


async def transcribe(
    audio: AsyncIterator[Samples],
    stt: Stt,
    vad: Vad,
    options: SttOptions | None = None,
    cuts: SegmentSettings | None = None,
) -> AsyncGenerator[Segment, None]:
    """What is said in a recording, segment by segment; consume under `aclosing`.

    audio: chunks of any size at `stt.rate`; the caller closes it. One piece is read ahead.
    stt, vad: loaded. An stt that can do `FileStt` gets the audio whole and ignores vad and cuts.
    Segments without words are left out. Raises what the engines raise, once the segments before
    the failure are out.
    """
    options = replace(options or SttOptions(), partials=False)
    files = capability(stt, FileStt)
    if files is not None:
        segments = _whole(audio, files, options)
    else:
        segments = _piecewise(audio, stt, vad, options, cuts or SegmentSettings())
    async with aclosing(segments):
        async for segment in segments:
            yield segment


async def cut(
    audio: AsyncIterator[Samples], rate: int, vad: Vad, cuts: SegmentSettings
) -> AsyncGenerator[AudioSegment, None]:
    """The recording's speech in pieces, cut where nobody speaks."""
    stream, resampler = vad.open(), Resampler(rate, vad.rate)
    cutter = AudioSegmenter(rate, vad.frame / vad.rate, cuts)
    async for chunk in audio:
        for part in slices(chunk, round(_SLICE_S * rate)):
            samples = clean(part)
            probabilities = stream.feed(resampler.feed(samples))
            for piece in cutter.feed(samples, probabilities):
                yield piece
            await asyncio.sleep(0)
    tail = stream.feed(resampler.flush())
    for piece in [*cutter.feed(np.zeros(0, np.float32), tail), *cutter.flush()]:
        yield piece


async def _piecewise(
    audio: AsyncIterator[Samples], stt: Stt, vad: Vad, options: SttOptions, cuts: SegmentSettings
) -> AsyncGenerator[Segment, None]:
    async with aclosing(cut(audio, stt.rate, vad, cuts)) as pieces:
        async for piece in pieces:
            stream = await stt.open(options)
            try:
                await stream.feed(piece.samples)
                transcript = await stream.finish()
            finally:
                await stream.aclose()
            if transcript.text:
                words = tuple(_later(word, piece.at) for word in transcript.words)
                yield Segment(piece.start, piece.end, replace(transcript, words=words))


async def _whole(
    audio: AsyncIterator[Samples], stt: FileStt, options: SttOptions
) -> AsyncGenerator[Segment, None]:
    transcripts = cast("AsyncGenerator[Transcript, None]", stt.transcribe(audio, options))
    async with aclosing(transcripts):
        end = 0.0
        async for transcript in transcripts:
            words = transcript.words
            start, end = (words[0].start, words[-1].end) if words else (end, end)
            if transcript.text:
                yield Segment(start, end, replace(transcript, words=words if options.words else ()))


def _later(word: Word, seconds: float) -> Word:
    return replace(word, start=word.start + seconds, end=word.end + seconds)
