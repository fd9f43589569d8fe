"""Smart Turn: whether the user has finished, from how the last 8 s sound
(https://github.com/pipecat-ai/smart-turn).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import onnxruntime as ort
from pydantic import Field

from vivavoce import models
from vivavoce.audio import Audio, Samples
from vivavoce.audio.features import RATE, log_mel
from vivavoce.concurrency.model_thread import ModelThread, StopFlag
from vivavoce.errors import EngineUnavailable
from vivavoce.options import Compute, OnlyKeys

from .onnx import device_of, first_run, model_file, session

WINDOW = 8 * RATE


@dataclass(frozen=True, slots=True)
class SmartTurnOptions:
    """What may be set. The 8-bit network is made for the CPU."""

    model: Annotated[
        str, Field(description="or the path of another `.onnx` file with the same input")
    ] = "smart-turn-v3.2"
    compute: Annotated[Compute, OnlyKeys(("device", "threads"))] = Compute("cpu", threads=1)


class SmartTurn:
    """A Whisper-like encoder with a yes-or-no head, quantized to 8 bits."""

    local = True

    def __init__(self, options: SmartTurnOptions | None = None) -> None:
        options = options or SmartTurnOptions()
        self.model = options.model
        self._compute = options.compute
        self._session: ort.InferenceSession | None = None
        self._loading = asyncio.Lock()
        self._worker = ModelThread("smart-turn")

    @property
    def name(self) -> str:
        """Its name and model."""
        return "smart-turn" if self.model == "smart-turn-v3.2" else f"smart-turn:{self.model}"

    @property
    def rate(self) -> int:
        """16 kHz."""
        return RATE

    @property
    def device(self) -> str:
        """What it computes on."""
        return device_of(self._session, self._compute)

    async def load(self) -> None:
        """Fetch the weights and run them once."""
        async with self._loading:
            if self._session is None:
                self._session = await self._worker.run(self._start)

    async def aclose(self) -> None:
        """Let go of the weights and join the thread."""
        await self._worker.aclose()
        self._session = None

    async def probability(self, utterance: Audio, transcript: str) -> float:
        """That the turn is over, by its last 8 s; the transcript is not looked at."""
        running = self._session
        if running is None:
            raise EngineUnavailable("smart-turn is not loaded; await load() first")
        samples = utterance.samples[-WINDOW:]
        window = np.zeros(WINDOW, np.float32)
        window[WINDOW - len(samples) :] = samples
        return await self._worker.run(lambda stop: _judge(running, window))

    def _start(self, stop: StopFlag) -> ort.InferenceSession:
        path = model_file(models.fetch(self.model), "smart-turn-v3.2-cpu.onnx")
        started = session(path, self._compute, exact=True)
        with first_run(path):
            _judge(started, np.zeros(WINDOW, np.float32))
        return started


def _judge(running: ort.InferenceSession, window: Samples) -> float:
    features = log_mel(window, normalize=True)[None]
    (logits,) = running.run(None, {"input_features": features})
    return float(np.asarray(logits).reshape(-1)[0])
