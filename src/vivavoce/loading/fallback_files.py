"""Whole recordings by engines that have a way for them; where one fails the next goes on."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace

import numpy as np

from vivavoce.audio import Resampler, Samples
from vivavoce.engines import FileStt, Stt, SttOptions, Transcript, Word, capability
from vivavoce.errors import VivavoceError
from vivavoce.transcripts.segmenter import AudioSegment, AudioSegmenter

from .chain import Chain, ChainLink, Trial

LONGEST_KEPT_S = 600.0
"""Of audio that no transcript covers yet; what came before it is taken for silence."""
FRAME_S = 0.03
QUIET_DBFS = -60.0
"""Frames below this are not worth listening to."""


class FallbackFiles:
    """Transcribes whole recordings. An engine without a way for them hears them in pieces."""

    def __init__(self, chain: Chain[Stt]) -> None:
        self._chain = chain

    async def transcribe(
        self, audio: AsyncIterator[Samples], options: SttOptions
    ) -> AsyncGenerator[Transcript, None]:
        """Segments in order, with word times from the recording's start.

        The engine that takes over begins after the last word that was told.
        """
        kept = _KeptAudio(audio, self._chain.links[0].engine.rate, len(self._chain.links) > 1)
        trial = Trial()
        for link in self._chain.attempts():
            try:
                async with aclosing(_by(link, kept, options)) as transcripts:
                    async for transcript in transcripts:
                        yield transcript
            except VivavoceError as error:
                if kept.failure is not None:
                    raise
                trial.note(self._chain, link, error)
            else:
                self._chain.answered(link)
                return
        raise trial.outcome


async def _by(
    link: ChainLink[Stt], kept: _KeptAudio, options: SttOptions
) -> AsyncGenerator[Transcript, None]:
    start, stt = kept.start, link.engine
    files = capability(stt, FileStt)
    async with aclosing(kept.replay(stt.rate)) as audio:
        made = in_pieces(stt, audio, options) if files is None else files.transcribe(audio, options)
        async with aclosing(made) as transcripts:
            async for transcript in transcripts:
                words = tuple(_later(word, start) for word in transcript.words)
                if words:
                    kept.forget(words[-1].end)
                yield replace(transcript, words=words)


async def in_pieces(
    stt: Stt, audio: AsyncIterator[Samples], options: SttOptions
) -> AsyncGenerator[Transcript, None]:
    """A recording by an engine that knows utterances only, cut where it is quiet.

    Words have times: where the engine gives none, as long as their letters are many.
    """
    size = round(FRAME_S * stt.rate)
    segmenter = AudioSegmenter(stt.rate, size / stt.rate)
    rest: Samples = np.zeros(0, np.float32)
    options = replace(options, words=True, partials=False)
    async for chunk in audio:
        rest = np.concatenate((rest, chunk))
        whole = len(rest) - len(rest) % size
        for piece in segmenter.feed(chunk, _loud(rest[:whole].reshape(-1, size))):
            yield await _understood(stt, piece, options)
        rest = rest[whole:]
    for piece in segmenter.flush():
        yield await _understood(stt, piece, options)


def _loud(frames: Samples) -> list[float]:
    """1 for each frame that is worth listening to, else 0."""
    power = np.mean(np.square(frames), axis=1)
    return [1.0 if loud else 0.0 for loud in power > 10 ** (QUIET_DBFS / 10)]


async def _understood(stt: Stt, piece: AudioSegment, options: SttOptions) -> Transcript:
    stream = await stt.open(options)
    try:
        await stream.feed(piece.samples)
        transcript = await stream.finish()
    finally:
        await stream.aclose()
    words = tuple(_later(word, piece.at) for word in transcript.words)
    return replace(transcript, words=words or _estimated(transcript.text, piece))


def _estimated(text: str, piece: AudioSegment) -> tuple[Word, ...]:
    """The words, each with a share of the piece by its length."""
    words = text.split()
    ends = np.cumsum([len(word) + 1 for word in words]) / max(1, len(text) + 1)
    times = [piece.start, *(piece.start + ends * (piece.end - piece.start)).tolist()]
    return tuple(
        Word(word, start, end) for word, start, end in zip(words, times, times[1:], strict=False)
    )


def _later(word: Word, seconds: float) -> Word:
    return replace(word, start=word.start + seconds, end=word.end + seconds)


class _KeptAudio:
    """A recording that is read once, and can be played again from the last word that was told.

    failure: what reading it raised.
    """

    def __init__(self, source: AsyncIterator[Samples], rate: int, keeps: bool) -> None:
        self.failure: Exception | None = None
        self._source = source
        self._rate = rate
        self._keeps = keeps
        self._chunks: deque[Samples] = deque()
        self._base = 0
        self._kept = 0

    @property
    def start(self) -> float:
        """Where a replay begins, in seconds from the recording's beginning."""
        return self._base / self._rate

    async def replay(self, rate: int) -> AsyncGenerator[Samples, None]:
        """The audio from `start` on, at this rate."""
        resampler = Resampler(self._rate, rate)
        for chunk in list(self._chunks):
            yield resampler.feed(chunk)
        while (chunk := await self._next()) is not None:  # type: ignore[assignment]
            yield resampler.feed(chunk)
        yield resampler.flush()

    def forget(self, until: float) -> None:
        """Let go of what comes before this second."""
        extra = round(until * self._rate) - self._base
        while self._chunks and extra > 0:
            first = self._chunks.popleft()
            if len(first) > extra:
                self._chunks.appendleft(first[extra:])
            gone = min(extra, len(first))
            self._base += gone
            self._kept -= gone
            extra -= gone

    async def _next(self) -> Samples | None:
        try:
            chunk = await anext(self._source, None)
        except Exception as error:
            self.failure = error
            raise
        if chunk is not None and self._keeps:
            self._chunks.append(chunk.copy())
            self._kept += len(chunk)
            self.forget((self._base + self._kept) / self._rate - LONGEST_KEPT_S)
        return chunk
