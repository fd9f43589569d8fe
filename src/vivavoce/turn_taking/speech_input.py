"""A session's ear: audio of any rate in; the STT's samples and the edges of speech out."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from vivavoce.audio import Audio, Resampler, Samples
from vivavoce.audio.ring_buffer import RingBuffer
from vivavoce.engines import Vad
from vivavoce.errors import describe
from vivavoce.settings import TurnSettings

from .background_speech import BackgroundSpeech
from .vad_edges import Edge, SpeechEdges

log = logging.getLogger(__name__)


class SpeechInput:
    """Listens for speech. Times are in seconds of audio heard."""

    def __init__(self, vad: Vad, rate: int, settings: TurnSettings) -> None:
        self.rate = rate
        self.edges = SpeechEdges(settings, vad.frame / vad.rate)
        self._engine = vad
        self._vad = vad.open()
        self._into: Resampler | None = None
        self._for_vad = Resampler(rate, vad.rate, live=True)
        self._background = BackgroundSpeech(vad.rate, vad.frame)
        self._ring = RingBuffer(settings.prefix_s + settings.start_s + 1.0, rate)
        self._prefix_s = settings.prefix_s
        self._earliest = 0.0

    def configure(self, settings: TurnSettings) -> None:
        """Go by these from now on."""
        self.edges.settings = settings
        self._prefix_s = settings.prefix_s

    @property
    def now(self) -> float:
        """Seconds of audio heard; finer than the VAD's frames."""
        return self._ring.end / self.rate

    def hear(self, audio: Audio) -> tuple[Samples, Sequence[Edge]]:
        """The same audio at the ear's rate, and the edges found in it.

        Raises what the VAD raises; its state is then forgotten.
        """
        samples = self._resampled(audio)
        self._ring.record(samples)
        for_vad = self._for_vad.feed(samples)
        try:
            probabilities = self._vad.feed(for_vad)
        except Exception as error:
            log.warning("the vad failed and starts anew: %s", describe(error))
            self._vad = self._engine.open()
            self._background = BackgroundSpeech(self._engine.rate, self._engine.frame)
            raise
        speech = self._background.without(for_vad, probabilities)
        edges = (self.edges.feed(probability) for probability in speech)
        return samples, [edge for edge in edges if edge is not None]

    def prefixed(self, at: float) -> tuple[float, Samples]:
        """Where an utterance whose voice began `at` is to start, and its audio from there."""
        start = max(at - self._prefix_s, self._earliest, 0.0)
        return start, self._ring.since(round(start * self.rate))

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
