"""The VAD of the WebRTC project, through the `webrtcvad` package: tiny, quick and easily fooled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import webrtcvad
from pydantic import AfterValidator, Field

from vivavoce.audio import Samples, to_pcm16

RATE = 16_000
FRAMES_MS = (10, 20, 30)


def _frame_ms(given: int) -> int:
    if given not in FRAMES_MS:
        raise ValueError("it should be 10, 20 or 30")
    return given


@dataclass(frozen=True, slots=True)
class WebRtcOptions:
    """What may be set."""

    aggressiveness: Annotated[
        int, Field(ge=0, le=3, description="0 lets most through as speech, 3 the least")
    ] = 2
    frame_ms: Annotated[
        int, AfterValidator(_frame_ms), Field(description="of a frame: 10, 20 or 30")
    ] = 30
    smooth: Annotated[
        int,
        Field(ge=1, description="how many frames a probability is the mean of; 1 is the bare one"),
    ] = 1


class WebRtcVad:
    """A Gaussian mixture over six bands, which says yes or no: probabilities are 0.0 or 1.0."""

    local = True
    model = None
    device = "cpu"

    def __init__(self, options: WebRtcOptions | None = None) -> None:
        options = options or WebRtcOptions()
        self._aggressiveness = options.aggressiveness
        self._frame = RATE * options.frame_ms // 1000
        self._smooth = options.smooth

    @property
    def name(self) -> str:
        """Its name."""
        return "webrtc"

    @property
    def rate(self) -> int:
        """16 kHz."""
        return RATE

    @property
    def frame(self) -> int:
        """Samples in `frame_ms`."""
        return self._frame

    async def load(self) -> None:
        """Does nothing: the model is a part of the package."""

    async def aclose(self) -> None:
        """Does nothing: there is nothing to free."""

    def open(self) -> WebRtcStream:
        """A new caller's stream."""
        return WebRtcStream(self._aggressiveness, self._frame, self._smooth)


class WebRtcStream:
    """One caller's noise model."""

    def __init__(self, aggressiveness: int, frame: int, smooth: int) -> None:
        self._aggressiveness = aggressiveness
        self._frame = frame
        self._smooth = smooth
        self._vad = webrtcvad.Vad(aggressiveness)
        self._rest: Samples = np.zeros(0, np.float32)
        self._last: list[bool] = []

    def feed(self, samples: Samples) -> Sequence[float]:
        """Whether each frame that these samples complete is speech, smoothed as asked for."""
        pending = np.concatenate([self._rest, samples])
        whole = len(pending) - len(pending) % self._frame
        self._rest = pending[whole:]
        return [self._judge(pending[at : at + self._frame]) for at in range(0, whole, self._frame)]

    def reset(self) -> None:
        """Forget everything heard."""
        self._vad = webrtcvad.Vad(self._aggressiveness)
        self._rest = np.zeros(0, np.float32)
        self._last = []

    def _judge(self, frame: Samples) -> float:
        self._last = [*self._last, self._vad.is_speech(to_pcm16(frame), RATE)][-self._smooth :]
        return sum(self._last) / len(self._last)
