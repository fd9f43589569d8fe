"""What is said in the pieces of a recording, heard again where the first hearing is no good."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

from vivavoce.audio import Audio
from vivavoce.engines import OtherEngines, Stt, SttOptions, Vad, Word, capability
from vivavoce.errors import VivavoceError, describe
from vivavoce.text.language.codes import language_of

from .completeness import sparse, spoken_letters
from .doubts import DOUBTFUL, doubted, only_language
from .segment import Segment, average
from .segmenter import AudioSegment, SegmentSettings
from .speech_cutter import SpeechCutter

log = logging.getLogger(__name__)

_AGAIN = ((6.0, 0.0), (3.0, 0.4))
"""The longest piece, in seconds, and the least temperature of each further attempt."""


class PieceHearing:
    """Hears pieces. missing: where too little was understood, as start and end in seconds."""

    def __init__(self, stt: Stt, vad: Vad, options: SttOptions, cuts: SegmentSettings) -> None:
        self.missing: list[tuple[float, float]] = []
        self._stt = stt
        self._vad = vad
        self._options = options
        self._cuts = cuts

    async def hear(self, piece: AudioSegment) -> list[Segment]:
        """What is said in it: nothing, a segment, or several of a piece that was heard again."""
        segment = await self._heard(piece, self._options, self._stt)
        found = [segment] if segment.transcript.text else []
        if sparse(spoken_letters(segment.transcript.text), piece.voiced):
            return await self.hear_again(piece) or found
        if self._options.language is None and doubted(segment.transcript, only_language(self._stt)):
            return await self._by_another_language(piece, segment)
        return found

    async def hear_again(self, piece: AudioSegment) -> list[Segment]:
        """What other cuts, another decoding and other engines make of a piece of which hardly
        anything was understood; nothing if that is no better.
        """
        log.info("hardly any words in %.1f s of speech: it is heard again", piece.voiced)
        for longest_s, temperature in _AGAIN:
            options = replace(
                self._options, temperature=max(temperature, self._options.temperature)
            )
            segments = await self._all_parts(piece, longest_s, options, self._stt)
            if segments is None:
                break
            sure = average(segments, lambda transcript: transcript.confidence)
            if _enough(segments, piece) and (sure is None or sure >= DOUBTFUL):
                return segments
        for other in self._others():
            segments = await self._all_parts(piece, self._cuts.longest_s, self._options, other)
            if segments is not None and _enough(segments, piece):
                return segments
        self.missing.append((round(piece.start, 3), round(piece.end, 3)))
        return []

    async def _by_another_language(self, piece: AudioSegment, first: Segment) -> list[Segment]:
        """What an engine makes of it that knows more languages, if it finds another one in it.

        One that finds the same takes the doubt away.
        """
        taken_for = language_of(first.transcript.language)
        for other in self._others():
            if only_language(other) == taken_for:
                continue
            segments = await self._all_parts(piece, self._cuts.longest_s, self._options, other)
            if not segments or not _enough(segments, piece):
                continue
            found = segments[0].transcript
            if language_of(found.language) != taken_for:
                return segments
            sure = found.language_confidence
            return [replace(first, transcript=replace(first.transcript, language_confidence=sure))]
        return [first]

    def _others(self) -> Sequence[Stt]:
        others = capability(self._stt, OtherEngines)
        return () if others is None else others.others

    async def _all_parts(
        self, piece: AudioSegment, longest_s: float, options: SttOptions, stt: Stt
    ) -> list[Segment] | None:
        """What this engine makes of it; None where it fails, or cannot do it."""
        try:
            return [it async for it in self._in_parts(piece, longest_s, options, stt)]
        except VivavoceError as error:
            log.info("%s does not hear it again: %s", stt.name, describe(error))
            return None

    async def _in_parts(
        self, piece: AudioSegment, longest_s: float, options: SttOptions, stt: Stt
    ) -> AsyncGenerator[Segment, None]:
        cutter = SpeechCutter(
            self._stt.rate, self._vad, replace(self._cuts, longest_s=longest_s, join_s=longest_s)
        )
        for part in [*cutter.feed(piece.samples), *cutter.flush()]:
            moved = replace(
                part, at=part.at + piece.at, start=part.start + piece.at, end=part.end + piece.at
            )
            segment = await self._heard(moved, options, stt)
            if segment.transcript.text:
                yield segment

    async def _heard(self, piece: AudioSegment, options: SttOptions, stt: Stt) -> Segment:
        samples = piece.samples
        if stt.rate != self._stt.rate:
            samples = Audio(samples, self._stt.rate).resampled(stt.rate).samples
        stream = await stt.open(options)
        try:
            await stream.feed(samples)
            transcript = await stream.finish()
        finally:
            await stream.aclose()
        words = tuple(_later(word, piece.at) for word in transcript.words)
        return Segment(piece.start, piece.end, replace(transcript, words=words))


def _enough(segments: Sequence[Segment], piece: AudioSegment) -> bool:
    letters = sum(spoken_letters(it.transcript.text) for it in segments)
    return not sparse(letters, piece.voiced)


def _later(word: Word, seconds: float) -> Word:
    return replace(word, start=word.start + seconds, end=word.end + seconds)
