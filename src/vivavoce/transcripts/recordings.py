"""Whole recordings of any length, in flat memory, for all commands and protocols."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace

import numpy as np

from vivavoce.audio import Resampler, Samples, clean, slices
from vivavoce.engines import FileStt, Stt, SttOptions, Vad, Word, capability
from vivavoce.errors import EngineError, describe

from .completeness import sparse, spoken_letters
from .doubts import (
    DOUBTFUL,
    TranscriptWarning,
    doubtful_language,
    missing_words,
    only_language,
)
from .recording_transcript import RecordingTranscript
from .segment import Segment, average
from .segmenter import AudioSegment, AudioSegmenter, SegmentSettings
from .separate_channels import heard_separately

__all__ = ["RecordingTranscription", "Segment", "SpeechCutter", "cut", "transcribe"]

log = logging.getLogger(__name__)

_SLICE_S = 0.5
"""The VAD reads this much at a time between turns of the event loop."""
_AGAIN = ((6.0, 0.0), (3.0, 0.4))
"""The longest piece, in seconds, and the least temperature of each further attempt."""
_NEARBY_S = 0.5
"""How far from a stretch of voice its words may lie by an engine's own times."""


async def transcribe(
    audio: AsyncGenerator[Samples, None],
    stt: Stt,
    vad: Vad,
    options: SttOptions | None = None,
    cuts: SegmentSettings | None = None,
) -> AsyncGenerator[Segment, None]:
    """What is said in a recording, segment by segment; see `RecordingTranscription.run`."""
    async with aclosing(RecordingTranscription(audio, stt, vad, options, cuts).run()) as segments:
        async for segment in segments:
            yield segment


class RecordingTranscription:
    """One recording on its way to text.

    audio: chunks of any size at `stt.rate`; it is closed at the end. One piece is read ahead.
    Where they are (channels, n), each channel is heard by itself, and is the segments' speaker.
    stt, vad: loaded. An stt that can do `FileStt` gets the audio whole.
    faults: what is wrong with the recording itself; looked at when the audio was read.
    seconds: of the audio that were read so far.

    Where hardly any words come out of what is spoken, it is heard again in shorter pieces; where
    that does not help either, the transcript's warnings say so.
    """

    def __init__(
        self,
        audio: AsyncGenerator[Samples, None],
        stt: Stt,
        vad: Vad,
        options: SttOptions | None = None,
        cuts: SegmentSettings | None = None,
        faults: Sequence[str] = (),
    ) -> None:
        self.seconds = 0.0
        self._faults = faults
        self._audio = audio
        self._stt = stt
        self._vad = vad
        self._options = replace(options or SttOptions(), partials=False)
        self._cuts = cuts or SegmentSettings()
        self._segments: list[Segment] = []
        self._missing: list[tuple[float, float]] = []

    async def run(self) -> AsyncGenerator[Segment, None]:
        """The segments in order, while they are made; consume under `aclosing`.

        Segments without words are left out. Raises what the engines raise, once the segments
        before the failure are out.
        """
        async with aclosing(self._counted()) as audio:
            first = await anext(audio, None)
            chunks = _after(first, audio)
            if first is None or first.ndim == 1:
                found = self._one(chunks)
            else:
                found = heard_separately(chunks, len(first), self._one)
            async with aclosing(found):
                async for segment in found:
                    self._segments.append(segment)
                    yield segment

    async def finish(self) -> RecordingTranscript:
        """All of it, once all is understood."""
        async with aclosing(self.run()) as segments:
            async for _ in segments:
                pass
        return self.transcript()

    def transcript(self) -> RecordingTranscript:
        """What was understood so far."""
        only, name = only_language(self._stt), self._stt.name
        warnings = (
            *(TranscriptWarning("recording_faulty", fault) for fault in self._faults),
            missing_words(self._missing, only),
            doubtful_language(self._segments, name, only),
        )
        return RecordingTranscript(
            tuple(self._segments),
            self.seconds,
            name,
            self._stt.rate,
            self._options.language or only,
            tuple(warning for warning in warnings if warning is not None),
        )

    def _one(self, audio: AsyncGenerator[Samples, None]) -> AsyncGenerator[Segment, None]:
        engine = capability(self._stt, FileStt)
        return self._piecewise(audio) if engine is None else self._whole(audio, engine)

    async def _counted(self) -> AsyncGenerator[Samples, None]:
        async with aclosing(self._audio):
            async for chunk in self._audio:
                self.seconds += chunk.shape[-1] / self._stt.rate
                yield chunk

    async def _piecewise(self, audio: AsyncIterator[Samples]) -> AsyncGenerator[Segment, None]:
        async with aclosing(cut(audio, self._stt.rate, self._vad, self._cuts)) as pieces:
            async for piece in pieces:
                segment = await self._heard(piece, self._options)
                found = [segment] if segment.transcript.text else []
                if sparse(spoken_letters(segment.transcript.text), piece.voiced):
                    found = await self._heard_again(piece) or found
                for each in found:
                    yield each

    async def _whole(
        self, audio: AsyncIterator[Samples], engine: FileStt
    ) -> AsyncGenerator[Segment, None]:
        """What the engine gives, and what it left out of the speech that the VAD finds."""
        cutter = SpeechCutter(self._stt.rate, self._vad, self._cuts)
        pieces: deque[AudioSegment] = deque()
        held: list[Segment] = []

        async def watched() -> AsyncGenerator[Samples, None]:
            async for chunk in audio:
                for part in slices(chunk, round(_SLICE_S * self._stt.rate)):
                    pieces.extend(cutter.feed(part))
                    await asyncio.sleep(0)
                yield chunk
            pieces.extend(cutter.flush())

        async with aclosing(watched()) as chunks:
            given = engine.transcribe(chunks, self._options)
            async with aclosing(given) as transcripts:
                end = 0.0
                async for transcript in transcripts:
                    words = transcript.words
                    start, end = (words[0].start, words[-1].end) if words else (end, end)
                    while pieces and pieces[0].end + _NEARBY_S <= start:
                        held = await self._completed(pieces.popleft(), held)
                    until = pieces[0].start if pieces else start
                    while held and held[0].end <= until:
                        yield self._wanted(held.pop(0))
                    if transcript.text:
                        held.append(Segment(start, end, transcript))
            async for _ in chunks:
                pass  # what the engine did not ask for may hold words as well
            while pieces:
                held = await self._completed(pieces.popleft(), held)
            for segment in held:
                yield self._wanted(segment)

    async def _completed(self, piece: AudioSegment, held: list[Segment]) -> list[Segment]:
        """The segments so far, without a gap where the piece is."""
        first, last = piece.start - _NEARBY_S, piece.end + _NEARBY_S
        words = [word for segment in held for word in segment.transcript.words]
        if any(not segment.transcript.words for segment in held):
            return held
        letters = sum(
            spoken_letters(word.text) for word in words if first <= word.start and word.end <= last
        )
        around = any(word.start < first and word.end > last for word in words)
        if around or not sparse(letters, piece.voiced):
            return held
        again = await self._heard_again(piece)
        if not again:
            return held
        rest = [segment for segment in held if segment.start < first or segment.end > last]
        return sorted([*rest, *again], key=lambda segment: segment.start)

    def _wanted(self, segment: Segment) -> Segment:
        if self._options.words:
            return segment
        return replace(segment, transcript=replace(segment.transcript, words=()))

    async def _heard(self, piece: AudioSegment, options: SttOptions) -> Segment:
        stream = await self._stt.open(options)
        try:
            await stream.feed(piece.samples)
            transcript = await stream.finish()
        finally:
            await stream.aclose()
        words = tuple(_later(word, piece.at) for word in transcript.words)
        return Segment(piece.start, piece.end, replace(transcript, words=words))

    async def _heard_again(self, piece: AudioSegment) -> list[Segment]:
        """What other cuts and another decoding make of it; nothing if that is no better."""
        log.info("hardly any words in %.1f s of speech: it is heard again", piece.voiced)
        for longest_s, temperature in _AGAIN:
            options = replace(
                self._options, temperature=max(temperature, self._options.temperature)
            )
            try:
                segments = [it async for it in self._in_parts(piece, longest_s, options)]
            except EngineError as error:
                log.info("it cannot be heard again: %s", describe(error))
                break
            letters = sum(spoken_letters(it.transcript.text) for it in segments)
            sure = average(segments, lambda transcript: transcript.confidence)
            if not sparse(letters, piece.voiced) and (sure is None or sure >= DOUBTFUL):
                return segments
        self._missing.append((round(piece.start, 3), round(piece.end, 3)))
        return []

    async def _in_parts(
        self, piece: AudioSegment, longest_s: float, options: SttOptions
    ) -> AsyncGenerator[Segment, None]:
        cutter = SpeechCutter(
            self._stt.rate, self._vad, replace(self._cuts, longest_s=longest_s, join_s=longest_s)
        )
        for part in [*cutter.feed(piece.samples), *cutter.flush()]:
            moved = replace(
                part, at=part.at + piece.at, start=part.start + piece.at, end=part.end + piece.at
            )
            segment = await self._heard(moved, options)
            if segment.transcript.text:
                yield segment


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
        for part in slices(chunk, round(_SLICE_S * rate)):
            for piece in cutter.feed(part):
                yield piece
            await asyncio.sleep(0)
    for piece in cutter.flush():
        yield piece


async def _after(
    first: Samples | None, rest: AsyncIterator[Samples]
) -> AsyncGenerator[Samples, None]:
    if first is not None:
        yield first
    async for chunk in rest:
        yield chunk


def _later(word: Word, seconds: float) -> Word:
    return replace(word, start=word.start + seconds, end=word.end + seconds)
