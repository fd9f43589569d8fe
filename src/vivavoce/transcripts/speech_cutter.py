"""The speech of a recording in pieces, cut where nobody speaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import numpy as np

from vivavoce.audio import Resampler, Samples, clean, slices
from vivavoce.engines import Vad

from .segmenter import AudioSegment, AudioSegmenter, SegmentSettings

SLICE_S = 0.5
"""The VAD reads this much at a time between turns of the event loop."""


class SpeechCutter:
    """Cuts the speech out of a stream, where nobody speaks. rate: of the samples, in Hz."""

    def __init__(self, rate: int, vad: Vad, cuts: SegmentSettings) -> None:
        self._stream = vad.open()
        self._resampler = Resampler(rate, vad.rate)
        self._segmenter = AudioSegmenter(rate, vad.frame / vad.rate, cuts)

    def feed(self, samples: Samples) -> list[AudioSegment]:
        """Take the next audio, give the pieces that it completes. Blocks: feed half a second."""
        samples = clean(samples)
        return self._segmenter.feed(samples, self._stream.feed(self._resampler.feed(samples)))

    def flush(self) -> list[AudioSegment]:
        """What is left at the end."""
        tail = self._stream.feed(self._resampler.flush())
        nothing: Samples = np.zeros(0, np.float32)
        return [*self._segmenter.feed(nothing, tail), *self._segmenter.flush()]


async def cut(
    audio: AsyncIterator[Samples], rate: int, vad: Vad, cuts: SegmentSettings
) -> AsyncGenerator[AudioSegment, None]:
    """The recording's speech in pieces, cut where nobody speaks."""
    cutter = SpeechCutter(rate, vad, cuts)
    async for chunk in audio:
        for part in slices(chunk, round(SLICE_S * rate)):
            for piece in cutter.feed(part):
                yield piece
            await asyncio.sleep(0)
    for piece in cutter.flush():
        yield piece
