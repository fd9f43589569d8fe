"""Moonshine speech-to-text through ONNX Runtime (https://github.com/moonshine-ai/moonshine)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vivavoce import models
from vivavoce.concurrency.model_thread import ModelThread
from vivavoce.engine.onnx import first_run
from vivavoce.engines import SttOptions
from vivavoce.errors import BadRequest, EngineUnavailable

from .model import BEAMS, RATE, MoonshineModel
from .stream import MoonshineStream

TOKENS_PER_S = 6.5
"""The fastest that people speak English, by Moonshine's authors."""
DENSE_TOKENS_PER_S = 13.0
"""In languages that the vocabulary has few whole words of."""
DENSE = frozenset({"ar", "ja", "ko", "uk", "vi", "zh"})

MOST_BEAMS = 16


class Moonshine:
    """A small transformer for utterances; its weights are shared by all streams.

    Gives no word times. An utterance may be of any length; see `MoonshineStream`.

    model: `tiny-en`, `base-en` … (a built-in `moonshine-…`), or a folder in the same format.
    threads: for one inference. workers: how many inferences may run at once. beams: how many
    readings are followed at once, of 1 to 16; the more, the fewer errors in speech that is hard to
    understand, and the longer that takes.
    """

    def __init__(
        self, *, model: str = "tiny-en", threads: int = 1, workers: int = 1, beams: int = BEAMS
    ) -> None:
        if not 1 <= beams <= MOST_BEAMS:
            raise BadRequest(f"moonshine: beams is {beams}; it must be 1 to {MOST_BEAMS}")
        self.model = model
        self._beams = beams
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
        """The one at the end of the model's name, such as `en` of `tiny-en`; else not known."""
        code = Path(self.model).name.rpartition("-")[2]
        return (code,) if len(code) == 2 else ()

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
        asked = (options.language or "").replace("_", "-").partition("-")[0].lower() or None
        known = self.languages
        if asked and known and asked not in known:
            raise BadRequest(
                f"{self.name} knows {known[0]!r}, not {asked!r}; try whisper, or a moonshine model"
                f" that ends in '-{asked}'"
            )
        language = known[0] if known else asked
        return MoonshineStream(
            self._weights,
            self._thread,
            options,
            language=language,
            tokens_per_s=DENSE_TOKENS_PER_S if language in DENSE else TOKENS_PER_S,
        )

    async def aclose(self) -> None:
        """Free the weights and join the threads."""
        self._weights = None
        await self._thread.aclose()

    def _start(self) -> MoonshineModel:
        built_in = not {"/", "\\", ":"} & set(self.model) and not Path(self.model).exists()
        folder = models.fetch(f"moonshine-{self.model}" if built_in else self.model)
        weights = MoonshineModel(folder, threads=self._threads, beams=self._beams)
        with first_run(folder):
            weights.decode(weights.encode(np.zeros(RATE, np.float32)), limit=4)
        return weights
