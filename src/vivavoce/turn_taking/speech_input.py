"""Audio of any rate in; the STT's samples, their levels and the edges of speech out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from vivavoce.audio import Audio, Resampler, Samples
from vivavoce.audio.levels import LevelMeter, Powers
from vivavoce.audio.ring_buffer import RingBuffer
from vivavoce.engines import Vad
from vivavoce.errors import describe
from vivavoce.settings import TurnSettings

from .background_speech import BackgroundSpeech
from .vad_edges import Edge, SpeechEdges

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SpeechChunk:
    """One chunk of what was heard, at the STT's rate.

    powers: of the meter's frames that it completes. edges: found in it.
    """

    samples: Samples
    powers: Powers
    edges: Sequence[Edge]


class SpeechInput:
    """Finds speech. Times are in seconds of audio heard.

    settings: audio is kept for as long as these ask for; `feed` goes by those it is given.
    """

    def __init__(self, vad: Vad, rate: int, settings: TurnSettings) -> None:
        self.rate = rate
        self.edges = SpeechEdges(vad.frame / vad.rate)
        self._engine = vad
        self._vad = vad.open()
        self._into: Resampler | None = None
        self._for_vad = Resampler(rate, vad.rate, live=True)
        kept_s = settings.prefix_s + settings.start_s + 1.0
        self._ring = RingBuffer(kept_s, rate)
        self._meter = LevelMeter(rate, kept_s)
        self._background = BackgroundSpeech(self._meter, rate, vad.frame / vad.rate)
        self._earliest = 0.0

    @property
    def now(self) -> float:
        """Seconds of audio heard; finer than the VAD's frames."""
        return self._ring.end / self.rate

    def feed(self, audio: Audio, settings: TurnSettings) -> SpeechChunk:
        """Take the next audio, at any rate, and return it with what was found in it.

        Raises what the VAD raises; its state is then forgotten.
        """
        samples = self._resampled(audio)
        self._ring.record(samples)
        powers = self._meter.feed(samples)
        try:
            probabilities = self._vad.feed(self._for_vad.feed(samples))
        except Exception as error:
            log.warning("the vad failed and starts anew: %s", describe(error))
            self._vad = self._engine.open()
            frame_s = self._engine.frame / self._engine.rate
            self._background = BackgroundSpeech(self._meter, self.rate, frame_s, self.now)
            raise
        speech = self._background.without(probabilities)
        edges = (self.edges.feed(probability, settings) for probability in speech)
        return SpeechChunk(samples, powers, [edge for edge in edges if edge is not None])

    def prefixed_from(self, at: float, settings: TurnSettings) -> float:
        """Where an utterance whose voice began `at` is to start."""
        return max(at - settings.prefix_s, self._earliest, 0.0)

    def since(self, start: float) -> SpeechChunk:
        """All audio from this moment on, as far back as it is kept; without edges."""
        sample = round(start * self.rate)
        return SpeechChunk(self._ring.since(sample), self._meter.since(sample), ())

    def end_utterance(self) -> None:
        """The turn is over; the next voice begins an utterance, after what belonged to this."""
        self._earliest = self.edges.now - self.edges.silence
        self.edges.end_utterance()

    def _resampled(self, audio: Audio) -> Samples:
        if audio.rate == self.rate:
            return audio.samples
        if self._into is None or self._into.source_rate != audio.rate:
            self._into = Resampler(audio.rate, self.rate, live=True)
        return self._into.feed(audio.samples)
