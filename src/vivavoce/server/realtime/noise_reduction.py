"""Noise reduction of what a client sends, as WebRTC does it."""

from __future__ import annotations

import logging

import numpy as np

from vivavoce.audio import Audio, Resampler, Samples
from vivavoce.devices.audio_processing import WebRtcCleaner
from vivavoce.errors import EngineUnavailable

from .session_config import NoiseReduction

log = logging.getLogger(__name__)

RATE = 48_000
_BLOCK = RATE // 100


class StreamCleaner:
    """One client's audio, less its noise; a voice that is far from the microphone is raised."""

    def __init__(self, kind: NoiseReduction) -> None:
        self.kind = kind
        self._cleaner: WebRtcCleaner | None = None
        self._into: Resampler | None = None
        self._rest: Samples = np.zeros(0, np.float32)
        try:
            far = kind == "far_field"
            self._cleaner = WebRtcCleaner(RATE, echo=False, gain=far)
        except EngineUnavailable as error:
            log.warning("noise reduction is unavailable: %s", error)

    def clean(self, audio: Audio) -> Audio:
        """What came, cleaned, at `RATE`; up to 10 ms wait for the next call."""
        if self._cleaner is None:
            return audio
        if self._into is None or self._into.source_rate != audio.rate:
            self._into = Resampler(audio.rate, RATE, live=True)
        self._rest = np.concatenate([self._rest, self._into.feed(audio.samples)])
        whole = len(self._rest) // _BLOCK * _BLOCK
        blocks = self._rest[:whole].reshape(-1, _BLOCK)
        self._rest = self._rest[whole:]
        silence = np.zeros(0, np.float32)
        cleaned = [self._cleaner.clean(block, silence, None) for block in blocks]
        return Audio(np.concatenate([silence, *cleaned]), RATE)
