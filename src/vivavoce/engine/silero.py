"""Silero VAD through ONNX Runtime, without torch (https://github.com/snakers4/silero-vad)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import onnxruntime as ort
from pydantic import Field

from vivavoce import models
from vivavoce.audio import Samples
from vivavoce.errors import EngineUnavailable
from vivavoce.options import Compute, OnlyKeys

from .onnx import device_of, first_run, model_file, session

RATE = 16_000
FRAME = 512
CONTEXT = 64
"""Samples of the frame before that the model wants in front of each frame, since its version 5."""

STATE_SHAPE = (2, 1, 128)


@dataclass(frozen=True, slots=True)
class SileroOptions:
    """What may be set. A frame is too little work to be worth the way to a GPU."""

    model: Annotated[
        str, Field(description="or the path of another `.onnx` file with the same inputs")
    ] = "silero-vad"
    compute: Annotated[Compute, OnlyKeys(("device", "threads"))] = Compute("cpu", threads=1)


class SileroVad:
    """A small recurrent network that tells speech from everything else; about 0.1 ms a frame."""

    local = True

    def __init__(self, options: SileroOptions | None = None) -> None:
        options = options or SileroOptions()
        self.model = options.model
        self._compute = options.compute
        self._session: ort.InferenceSession | None = None
        self._loading = asyncio.Lock()

    @property
    def name(self) -> str:
        """Its name and model."""
        return "silero" if self.model == "silero-vad" else f"silero:{self.model}"

    @property
    def rate(self) -> int:
        """16 kHz."""
        return RATE

    @property
    def frame(self) -> int:
        """512 samples, which is 32 ms."""
        return FRAME

    @property
    def device(self) -> str:
        """What it computes on."""
        return device_of(self._session, self._compute)

    async def load(self) -> None:
        """Fetch the weights and run them once."""
        async with self._loading:
            if self._session is None:
                self._session = await asyncio.to_thread(self._start)

    async def aclose(self) -> None:
        """Let go of the weights. Streams that are open go on with them."""
        self._session = None

    def open(self) -> SileroStream:
        """A new caller's stream."""
        if self._session is None:
            raise EngineUnavailable("silero is not loaded; await load() first")
        return SileroStream(self._session)

    def _start(self) -> ort.InferenceSession:
        path = model_file(models.fetch(self.model), "silero_vad_16k_op15.onnx", "silero_vad.onnx")
        started = session(path, self._compute)
        with first_run(path):
            SileroStream(started).feed(np.zeros(FRAME, np.float32))
        return started


class SileroStream:
    """One caller's recurrent state."""

    def __init__(self, running: ort.InferenceSession) -> None:
        self._session = running
        self._input: Samples = np.zeros((1, CONTEXT + FRAME), np.float32)
        self._feeds = {
            "input": self._input,
            "state": np.zeros(STATE_SHAPE, np.float32),
            "sr": np.array(RATE, np.int64),
        }
        self._filled = 0

    def feed(self, samples: Samples) -> Sequence[float]:
        """The probability of speech for each 32 ms frame that these samples complete."""
        row, probabilities, taken = self._input[0], [], 0
        while taken < len(samples):
            start = CONTEXT + self._filled
            part = samples[taken : taken + FRAME - self._filled]
            row[start : start + len(part)] = part
            taken += len(part)
            self._filled += len(part)
            if self._filled == FRAME:
                probabilities.append(self._judge())
        return probabilities

    def reset(self) -> None:
        """Forget everything heard."""
        self._input[:] = 0
        self._feeds["state"] = np.zeros(STATE_SHAPE, np.float32)
        self._filled = 0

    def _judge(self) -> float:
        probability, self._feeds["state"] = self._session.run(None, self._feeds)
        row = self._input[0]
        row[:CONTEXT] = row[FRAME:]
        self._filled = 0
        return float(probability[0, 0])
