"""Whole recordings of any length, in flat memory, for all commands and protocols."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace

from vivavoce.audio import Samples, slices
from vivavoce.engines import FileStt, Stt, SttOptions, Vad, capability

from .completeness import sparse, spoken_letters
from .doubts import TranscriptWarning, doubtful_language, missing_words, only_language
from .piece_hearing import PieceHearing
from .recording_transcript import RecordingTranscript
from .segment import Segment, going_on
from .segmenter import AudioSegment, SegmentSettings
from .separate_channels import heard_separately
from .speech_cutter import SLICE_S, SpeechCutter, cut

__all__ = ["RecordingTranscription", "Segment", "SpeechCutter", "cut", "transcribe"]

log = logging.getLogger(__name__)

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

    Where hardly any words come out of what is spoken, or it was probably in another language, it
    is heard again: in shorter pieces, or by the next engine of a chain. Where that does not help
    either, the transcript's warnings say so.
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
        self._pieces = PieceHearing(stt, vad, self._options, self._cuts)

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
            missing_words(self._pieces.missing, only),
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
            before: Segment | None = None
            async for piece in pieces:
                for segment in await self._pieces.hear(piece):
                    before = segment if before is None else going_on(segment, before)
                    yield before

    async def _whole(
        self, audio: AsyncIterator[Samples], engine: FileStt
    ) -> AsyncGenerator[Segment, None]:
        """What the engine gives, and what it left out of the speech that the VAD finds."""
        cutter = SpeechCutter(self._stt.rate, self._vad, self._cuts)
        pieces: deque[AudioSegment] = deque()
        held: list[Segment] = []

        async def watched() -> AsyncGenerator[Samples, None]:
            async for chunk in audio:
                for part in slices(chunk, round(SLICE_S * self._stt.rate)):
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
        again = await self._pieces.hear_again(piece)
        if not again:
            return held
        rest = [segment for segment in held if segment.start < first or segment.end > last]
        return sorted([*rest, *again], key=lambda segment: segment.start)

    def _wanted(self, segment: Segment) -> Segment:
        if self._options.words:
            return segment
        return replace(segment, transcript=replace(segment.transcript, words=()))


async def _after(
    first: Samples | None, rest: AsyncIterator[Samples]
) -> AsyncGenerator[Samples, None]:
    if first is not None:
        yield first
    async for chunk in rest:
        yield chunk
