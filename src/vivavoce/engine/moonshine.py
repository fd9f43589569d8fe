"""Moonshine speech-to-text through ONNX Runtime (https://github.com/moonshine-ai/moonshine)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from vivavoce import models
from vivavoce.audio import Samples
from vivavoce.engines import SttOptions, Transcript
from vivavoce.errors import BadRequest, EngineUnavailable
from vivavoce.threads import ModelThread, StopFlag

from .moonshine_model import RATE, SHORTEST, MoonshineModel, Tokens

FINAL, PARTIAL = 0, 1
"""Priorities: a final, which someone waits for, goes before all partials."""


class Moonshine:
    """A small transformer for short utterances; weights are shared by all streams.

    model: `tiny-en`, `base-en` … (a built-in `moonshine-…`), or a folder in the same format.
    threads: for one inference. workers: how many inferences may run at once.
    """

    def __init__(self, *, model: str = "tiny-en", threads: int = 1, workers: int = 1) -> None:
        self.model = model
        self._threads = threads
        self._thread = ModelThread("moonshine", workers=workers)
        self._weights: MoonshineModel | None = None
        self._loading = asyncio.Lock()

    @property
    def name(self) -> str:
        """Its name and model."""
        return f"moonshine:{self.model}"

    @property
    def rate(self) -> int:
        """16 kHz."""
        return RATE

    @property
    def languages(self) -> Sequence[str]:
        """The one in the model's name, such as `en` in `tiny-en`; empty for any other name."""
        tail = Path(self.model).name.rpartition("-")[2]
        return (tail,) if len(tail) == 2 else ()

    async def load(self) -> None:
        """Fetch the weights and run them once."""
        async with self._loading:
            if self._weights is None:
                self._weights = await self._thread.run(lambda _: self._start())

    async def open(self, options: SttOptions) -> MoonshineStream:
        """A new utterance's stream. Raises BadRequest for a language that the model lacks."""
        if self._weights is None:
            raise EngineUnavailable(f"{self.name} is not loaded; await load() first")
        if options.translate:
            raise BadRequest(f"{self.name} cannot translate; whisper can")
        language = (options.language or "").partition("-")[0].lower()
        if language and self.languages and language not in self.languages:
            known = ", ".join(self.languages)
            raise BadRequest(f"{self.name} knows {known}, not {language!r}; whisper may")
        return MoonshineStream(self._weights, self._thread, options, self.languages)

    async def aclose(self) -> None:
        """Free the weights and join the threads."""
        self._weights = None
        await self._thread.aclose()

    def _start(self) -> MoonshineModel:
        built_in = "/" not in self.model and not Path(self.model).exists()
        folder = models.fetch(f"moonshine-{self.model}" if built_in else self.model)
        weights = MoonshineModel(folder, threads=self._threads)
        weights.decode(weights.encode(np.zeros(RATE, np.float32)), limit=4)
        return weights


class MoonshineStream:
    """One utterance: its audio so far, and the last transcript as a guess at the next."""

    def __init__(
        self,
        weights: MoonshineModel,
        thread: ModelThread,
        options: SttOptions,
        languages: Sequence[str],
    ) -> None:
        self._weights = weights
        self._thread = thread
        self._options = options
        self._language = languages[0] if len(languages) == 1 else None
        self._samples: Samples = np.zeros(0, np.float32)
        self._tokens = Tokens()
        self._read = 0
        self._cost = 0.0
        self._shown = ""

    async def feed(self, samples: Samples) -> Transcript | None:
        """Take the next audio; decode when there is enough of it for the time decoding takes."""
        self._samples = np.concatenate([self._samples, samples])
        waiting = (len(self._samples) - self._read) / RATE
        if not self._options.partials or waiting < max(0.32, 3 * self._cost):
            return None
        transcript = await self._transcribe(PARTIAL)
        if transcript.text == self._shown:
            return None
        self._shown = transcript.text
        return transcript

    async def finish(self) -> Transcript:
        """The transcript of all audio so far; at once where it is known already."""
        return await self._transcribe(FINAL)

    async def aclose(self) -> None:
        """Let go of the audio."""
        self._samples = np.zeros(0, np.float32)

    async def _transcribe(self, priority: int) -> Transcript:
        samples = self._samples
        if len(samples) > self._read and len(samples) >= SHORTEST:
            job = partial(self._decode, samples, self._tokens.ids)
            self._tokens, self._cost = await self._thread.run(job, priority=priority)
            self._read = len(samples)
        return Transcript(self._weights.text(self._tokens.ids), language=self._language)

    def _decode(
        self, samples: Samples, guess: Sequence[int], stop: StopFlag
    ) -> tuple[Tokens, float]:
        started = time.perf_counter()
        limit = round(len(samples) / RATE * 6.5) + 6
        tokens = self._weights.decode(self._weights.encode(samples), limit, guess, stop.is_set)
        return tokens, time.perf_counter() - started
