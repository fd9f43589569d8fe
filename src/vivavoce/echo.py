"""WebRTC's audio processing: the reply's echo and noise go, and the voice's level is evened.

The canceller (AEC3) finds the echo's delay and the room by itself, within a second of the first
reply; it looks for delays up to half a second.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .audio import Samples
from .errors import EngineUnavailable
from .registry import missing

_FULL = 32768.0
_LONGEST_MS = 500
_NEWS_MS = 10
"""A delay that moved by less is not told again."""


class WebRtcCleaner:
    """What one microphone captures, without what the loudspeaker played into it.

    echo, noise, gain: which of the steps to take; at least one.
    Raises EngineUnavailable where the package with WebRTC's audio processing is missing.
    """

    def __init__(
        self, rate: int, *, echo: bool = True, noise: bool = True, gain: bool = True
    ) -> None:
        try:
            from livekit.rtc import AudioFrame
            from livekit.rtc.apm import AudioProcessingModule
        except ImportError as error:
            raise EngineUnavailable(
                f"{missing('audio processing', error)}; or switch it off: "
                "--no-echo-cancellation --no-noise-suppression --no-gain-control"
            ) from None
        self.rate = rate
        self._echo = echo
        self._delay_ms: int | None = None
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

    def clean(self, captured: Samples, rendered: Samples, delay_s: float | None) -> Samples:
        """One block of 10 ms.

        rendered: what the loudspeaker took; heard `delay_s` after `captured` was captured, if
        that is known.
        """
        if self._echo:
            self._far[:] = _pcm(rendered)
            self._module.process_reverse_stream(self._far_frame)
            if delay_s is not None:
                self._tell(delay_s)
        self._near[:] = _pcm(captured)
        self._module.process_stream(self._near_frame)
        return self._near.astype(np.float32) / np.float32(_FULL)

    def _tell(self, delay_s: float) -> None:
        delay_ms = min(max(round(1000 * delay_s), 0), _LONGEST_MS)
        if self._delay_ms is None or abs(delay_ms - self._delay_ms) >= _NEWS_MS:
            self._module.set_stream_delay_ms(delay_ms)
            self._delay_ms = delay_ms


def _pcm(samples: Samples) -> NDArray[np.int16]:
    scaled: Samples = np.clip(samples * np.float32(_FULL), -_FULL, _FULL - 1)
    return scaled.round().astype(np.int16)
