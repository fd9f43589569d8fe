"""Whisper speech-to-text through CTranslate2 (https://github.com/SYSTRAN/faster-whisper)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from pydantic import Field

from vivavoce.audio import Samples
from vivavoce.concurrency.model_thread import ModelThread
from vivavoce.engines import SttOptions, Transcript
from vivavoce.errors import BadRequest, EngineUnavailable
from vivavoce.hints import nearest
from vivavoce.options import Compute, OnlyKeys
from vivavoce.text.language.codes import asked_language, match_language

from .files import FileReader
from .model import RATE, WARMER, WhisperWeights, find, placed, task_of
from .stream import FILE, WhisperStream

LIVE_WARMER = (0.4,)
"""Nobody waits for five attempts at a cough."""


@dataclass(frozen=True, slots=True)
class WhisperOptions:
    """What may be set."""

    model: Annotated[
        str,
        Field(
            description="tiny, base, small, medium, large-v3, turbo, their English `.en` kin,"
            " distil-large-v3 …, a folder in CTranslate2's format, or `ORG/REPO` on the Hugging"
            " Face hub"
        ),
    ] = "base"
    compute: Annotated[Compute, OnlyKeys(("device", "threads"))] = Compute(threads=1)
    compute_type: Annotated[
        str, Field(description="int8, float16, float32 …; `auto` is the device's fastest")
    ] = "auto"
    workers: Annotated[int, Field(ge=1, description="inferences that may run at once")] = 1
    beam_size: Annotated[
        int | None, Field(ge=1, description="null is 5 for recordings and 1 for live speech")
    ] = None
    fallback: Annotated[
        bool,
        Field(description="try warmer temperatures where the text repeats itself or is improbable"),
    ] = True
    batch_size: Annotated[
        int, Field(ge=1, description="windows of a recording that are decoded together")
    ] = 4


class FasterWhisper:
    """Whisper in any size, for 99 languages; weights are shared by all streams."""

    local = True

    def __init__(self, options: WhisperOptions | None = None) -> None:
        options = options or WhisperOptions()
        self.model = options.model
        self._options = options
        self._beam_size = options.beam_size
        self._fallback = options.fallback
        self._thread = ModelThread("whisper", workers=options.workers)
        self._weights: WhisperWeights | None = None
        self._loading = asyncio.Lock()

    @property
    def name(self) -> str:
        """Its name and model."""
        return f"whisper:{self.model}"

    @property
    def device(self) -> str:
        """What it computes on; before `load`, what it would."""
        return self._weights.device if self._weights else placed(self._options.compute.device)

    @property
    def rate(self) -> int:
        """16 kHz."""
        return RATE

    @property
    def languages(self) -> Sequence[str]:
        """English alone for `.en` models, else some hundred; empty before `load`."""
        return self._weights.languages if self._weights else ()

    @property
    def hints(self) -> frozenset[str]:
        """What it goes by of what is told of the words to come."""
        return frozenset({"prompt", "hotwords"})

    async def load(self) -> None:
        """Fetch the weights and run them once."""
        async with self._loading:
            if self._weights is None:
                self._weights = await self._thread.run(lambda _: self._start())

    async def aclose(self) -> None:
        """Free the weights and join the threads."""
        self._weights = None
        await self._thread.aclose()

    async def open(self, options: SttOptions) -> WhisperStream:
        """A new utterance's stream.

        Raises BadRequest for a language that the model lacks, or a translation that it cannot do.
        """
        weights, options = self._checked(options)
        task = task_of(options, self._beam_size or 1, LIVE_WARMER if self._fallback else ())
        return WhisperStream(weights, self._thread, task, options.partials)

    async def transcribe(
        self, audio: AsyncIterator[Samples], options: SttOptions
    ) -> AsyncGenerator[Transcript, None]:
        """Segments in order, with word times; some minutes are read ahead.

        The language is found out once, in the first speech. Closing it waits for the windows
        that are being decoded.
        """
        weights, options = self._checked(options)
        task = task_of(options, self._beam_size or 5, WARMER if self._fallback else ())
        reader = FileReader(weights, task, self._options.batch_size)
        async for chunk in audio:
            if reader.add(chunk):
                for transcript in await self._thread.run(reader.read, priority=FILE):
                    yield transcript
        for transcript in await self._thread.run(reader.finish, priority=FILE):
            yield transcript

    def _checked(self, options: SttOptions) -> tuple[WhisperWeights, SttOptions]:
        weights = self._weights
        if weights is None:
            raise EngineUnavailable(f"{self.name} is not loaded; await load() first")
        asked = asked_language(options.language)
        language = match_language(asked, weights.languages)
        if asked is not None and language is None:
            hint = nearest(asked, weights.languages)
            raise BadRequest(f"{self.name} does not support the language {asked!r}; {hint}")
        kin = Path(self.model).name
        untrained = len(weights.languages) == 1 or "turbo" in kin or "distil" in kin
        if options.translate and untrained:
            raise BadRequest(f"{self.name} cannot translate; use small or large-v3")
        return weights, replace(options, language=language)

    def _start(self) -> WhisperWeights:
        return WhisperWeights(
            find(self.model),
            self._options.compute,
            compute_type=self._options.compute_type,
            workers=self._options.workers,
        )
