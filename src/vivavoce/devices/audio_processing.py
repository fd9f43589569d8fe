"""WebRTC's audio processing: the reply's echo and noise go, and the voice's level is evened.

The canceller (AEC3) finds the echo's delay and the room by itself, within a second of the first
reply; it looks for delays up to half a second.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from vivavoce.audio import Samples
from vivavoce.errors import EngineUnavailable
from vivavoce.registry import missing

from .noise_gate import NoiseGate

_FULL = 32768.0
_LONGEST_MS = 500
_NEWS_MS = 10
"""A delay that moved by less is not told again."""


NoiseSuppression: TypeAlias = Literal["never", "steady", "always"]
"""`steady`: only while the noise is steady, and loud beside the voice. Elsewhere recognizers
understand no better with it."""


class WebRtcCleaner:
    """What one microphone captures, without what the loudspeaker played into it.

    echo, noise, gain: which of the steps to take; at least one. suppresses: whether noise is
    suppressed just now.
    Raises EngineUnavailable where the package with WebRTC's audio processing is missing.
    """

    def __init__(
        self,
        rate: int,
        *,
        echo: bool = True,
        noise: NoiseSuppression = "steady",
        gain: bool = True,
    ) -> None:
        self.rate = rate
        self.suppresses = noise == "always"
        self._echo = echo
        self._delay_ms: int | None = None
        self._capture = _Processing(rate, echo=echo, gain=gain) if echo or gain else None
        self._suppression = None if noise == "never" else _Processing(rate, noise=True)
        self._noise = NoiseGate() if noise == "steady" else None
        self._rise: Samples = np.linspace(0, 1, rate // 100, dtype=np.float32)

    def clean(self, captured: Samples, rendered: Samples, delay_s: float | None) -> Samples:
        """One block of 10 ms.

        rendered: what the loudspeaker took; heard `delay_s` after `captured` was captured, if
        that is known.
        """
        if self._capture is None:
            cleaned = np.clip(captured, -1, 1)
        else:
            if self._echo:
                self._capture.render(rendered)
                if delay_s is not None:
                    self._tell(self._capture, delay_s)
            cleaned = self._capture.process(captured)
        return cleaned if self._suppression is None else self._quieted(cleaned, self._suppression)

    def _quieted(self, captured: Samples, suppression: _Processing) -> Samples:
        """Where there is noise, suppression learns it before it is wanted."""
        if self._noise is None:
            return suppression.process(captured)
        before = self.suppresses
        self._noise.hear(float(np.mean(np.square(captured))))
        self.suppresses = self._noise.loud
        if not before and not self._noise.audible:
            return captured
        suppressed = suppression.process(captured)
        if before == self.suppresses:
            return suppressed if before else captured
        old, new = (suppressed, captured) if before else (captured, suppressed)
        return np.asarray(old + (new - old) * self._rise, np.float32)

    def _tell(self, capture: _Processing, delay_s: float) -> None:
        delay_ms = min(max(round(1000 * delay_s), 0), _LONGEST_MS)
        if self._delay_ms is None or abs(delay_ms - self._delay_ms) >= _NEWS_MS:
            capture.delayed(delay_ms)
            self._delay_ms = delay_ms


class _Processing:
    """WebRTC's module with some of its steps, on blocks of 10 ms."""

    def __init__(
        self, rate: int, *, echo: bool = False, noise: bool = False, gain: bool = False
    ) -> None:
        try:
            from livekit.rtc import AudioFrame
            from livekit.rtc.apm import AudioProcessingModule
        except ImportError as error:
            raise EngineUnavailable(
                f"{missing('audio processing', error)}; or turn it off: "
                "--no-echo-cancellation --no-noise-suppression --no-gain-control"
            ) from None
        self._module = AudioProcessingModule(
            echo_cancellation=echo,
            noise_suppression=noise,
            auto_gain_control=gain,
            high_pass_filter=True,
        )
        block = rate // 100
        near, far = bytearray(2 * block), bytearray(2 * block)
        self._near = np.frombuffer(near, np.int16)
        self._far = np.frombuffer(far, np.int16)
        self._near_frame = AudioFrame(near, rate, 1, block)
        self._far_frame = AudioFrame(far, rate, 1, block)

    def render(self, samples: Samples) -> None:
        self._far[:] = _pcm(samples)
        self._module.process_reverse_stream(self._far_frame)

    def process(self, samples: Samples) -> Samples:
        self._near[:] = _pcm(samples)
        self._module.process_stream(self._near_frame)
        return self._near.astype(np.float32) / np.float32(_FULL)

    def delayed(self, delay_ms: int) -> None:
        self._module.set_stream_delay_ms(delay_ms)


def _pcm(samples: Samples) -> NDArray[np.int16]:
    scaled: Samples = np.clip(samples * np.float32(_FULL), -_FULL, _FULL - 1)
    return scaled.round().astype(np.int16)
