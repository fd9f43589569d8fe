"""Moonshine speech-to-text through ONNX Runtime (https://github.com/moonshine-ai/moonshine)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from vivavoce import models
from vivavoce.concurrency.model_thread import ModelThread
from vivavoce.engine.onnx import device_of, first_run
from vivavoce.engines import SttOptions
from vivavoce.errors import BadRequest, EngineUnavailable
from vivavoce.options import Compute, OnlyKeys
from vivavoce.text.language.codes import asked_language, language_of, match_language

from .language_fit import fit_of
from .model import BEAMS, RATE, MoonshineModel
from .stream import MoonshineStream

TOKENS_PER_S = 6.5
"""The fastest that people speak English, by Moonshine's authors."""
DENSE_TOKENS_PER_S = 13.0
"""In languages that the vocabulary has few whole words of."""
DENSE = frozenset({"ar", "ja", "ko", "uk", "vi", "zh"})

MOST_BEAMS = 16


@dataclass(frozen=True, slots=True)
class MoonshineOptions:
    """What may be set."""

    model: Annotated[str, Field(description="`base-en` …, or a folder in the same format")] = (
        "tiny-en"
    )
    compute: Annotated[Compute, OnlyKeys(("device", "threads"))] = Compute(threads=1)
    workers: Annotated[int, Field(ge=1, description="inferences that may run at once")] = 1
    beams: Annotated[
        int,
        Field(
            ge=1,
            le=MOST_BEAMS,
            description="readings that are followed at once; more make fewer errors in speech that"
            " is hard to understand, and take longer",
        ),
    ] = BEAMS


class Moonshine:
    """A small transformer for utterances; its weights are shared by all streams.

    Gives no word times. An utterance may be of any length; see `MoonshineStream`.
    """

    local = True

    def __init__(self, options: MoonshineOptions | None = None) -> None:
        options = options or MoonshineOptions()
        self.model = options.model
        self._beams = options.beams
        self._compute = options.compute
        self._thread = ModelThread("moonshine", workers=options.workers)
        self._weights: MoonshineModel | None = None
        self._loading = asyncio.Lock()

    @property
    def name(self) -> str:
        """Its name and model."""
        return f"moonshine:{self.model}"

    @property
    def device(self) -> str:
        """What it computes on."""
        weights = self._weights
        return device_of(weights.encoder if weights else None, self._compute)

    @property
    def rate(self) -> int:
        """16 kHz."""
        return RATE

    @property
    def languages(self) -> Sequence[str]:
        """The one at the end of the model's name, such as `en` of `tiny-en`; else not known."""
        code = Path(self.model).name.rpartition("-")[2]
        return (code,) if len(code) == 2 else ()

    @property
    def hints(self) -> frozenset[str]:
        """What it goes by of what is told of the words to come."""
        return frozenset({"hotwords"})

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
            raise BadRequest(f"{self.name} cannot translate; use whisper")
        asked, known = asked_language(options.language), self.languages
        if asked and known and match_language(asked, known) is None:
            raise BadRequest(
                f"{self.name} supports {known[0]!r}, not {asked!r}; try whisper:base (it needs: pip"
                " install 'vivavoce[whisper]' and vivavoce models pull whisper-base), or a"
                f" moonshine model that ends in '-{asked}'"
            )
        language = known[0] if known else language_of(asked) or None
        return MoonshineStream(
            self._weights,
            self._thread,
            options,
            language=language,
            tokens_per_s=DENSE_TOKENS_PER_S if language in DENSE else TOKENS_PER_S,
            fit=fit_of(self.model),
        )

    async def aclose(self) -> None:
        """Free the weights and join the threads."""
        self._weights = None
        await self._thread.aclose()

    def _start(self) -> MoonshineModel:
        built_in = not {"/", "\\", ":"} & set(self.model) and not Path(self.model).exists()
        folder = models.fetch(f"moonshine-{self.model}" if built_in else self.model)
        weights = MoonshineModel(folder, self._compute, beams=self._beams)
        with first_run(folder):
            weights.decode(weights.encode(np.zeros(RATE, np.float32)), limit=4)
        return weights
