"""Whisper speech-to-text through CTranslate2 (https://github.com/SYSTRAN/faster-whisper)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
from faster_whisper.transcribe import Segment as Decoded
from pydantic import Field

from vivavoce.audio import Samples
from vivavoce.concurrency.model_thread import ModelThread, StopFlag
from vivavoce.engines import SttOptions, Transcript
from vivavoce.errors import BadRequest, EngineUnavailable
from vivavoce.hints import nearest
from vivavoce.options import Compute, OnlyKeys
from vivavoce.text.language.codes import asked_language, match_language
from vivavoce.text.stable_prefix import StablePrefix

from .files import FileReader
from .model import (
    RATE,
    WARMER,
    Task,
    Understood,
    WhisperWeights,
    find,
    later,
    placed,
    task_of,
    transcript_of,
)

FINAL, PARTIAL, FILE = 0, 1, 2
"""Priorities: a final, which someone waits for, goes before all partials and recordings."""

PARTIAL_EVERY_S = 1.0
SETTLED_S = 24.0
"""An utterance longer than this is settled up to its last segment, which keeps what is decoded
again within Whisper's window of 30 s."""

SURE = 0.7
"""A language found with this probability holds for the rest of the utterance."""

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


class WhisperStream:
    """One utterance: what is settled, and the audio after it with what it was understood as."""

    def __init__(
        self, weights: WhisperWeights, thread: ModelThread, task: Task, partials: bool
    ) -> None:
        self._weights = weights
        self._thread = thread
        self._task = task
        self._partials = partials
        self._samples: Samples = np.zeros(0, np.float32)
        self._at = 0.0
        self._settled: list[Decoded] = []
        self._open: list[Decoded] = []
        self._confidence: float | None = None
        self._language = task.language
        self._read = 0
        self._cost = 0.0
        self._shown = ("", 0)
        self._stable = StablePrefix()

    async def feed(self, samples: Samples) -> Transcript | None:
        """Take the next audio; decode when there is enough of it for the time decoding takes."""
        self._samples = np.concatenate([self._samples, samples])
        waiting = (len(self._samples) - self._read) / RATE
        if not self._partials or waiting < max(PARTIAL_EVERY_S, 2 * self._cost):
            return None
        transcript = await self._transcribe(PARTIAL)
        words = self._stable.update(transcript.text.split())
        shown = " ".join(words), len(self._stable.words)
        if shown == self._shown:
            return None
        self._shown = shown
        return replace(transcript, text=shown[0], words=(), stable=shown[1])

    async def finish(self) -> Transcript:
        """The transcript of all audio so far; at once where it is known already."""
        transcript = await self._transcribe(FINAL)
        return replace(transcript, stable=len(transcript.text.split()))

    async def aclose(self) -> None:
        """Let go of the audio."""
        self._samples = np.zeros(0, np.float32)

    async def _transcribe(self, priority: int) -> Transcript:
        samples = self._samples
        if len(samples) > self._read:
            job = partial(self._decode, samples, self._task)
            understood, self._cost = await self._thread.run(job, priority=priority)
            self._read = len(samples)
            self._open = [later(segment, self._at) for segment in understood.segments]
            self._learn_language(understood)
            if self._read > SETTLED_S * RATE:
                self._settle()
        segments = [*self._settled, *self._open]
        return transcript_of(segments, self._language, self._confidence)

    def _decode(self, samples: Samples, task: Task, stop: StopFlag) -> tuple[Understood, float]:
        started = time.perf_counter()
        return self._weights.decode(samples, task, stop), time.perf_counter() - started

    def _learn_language(self, understood: Understood) -> None:
        if understood.language_confidence is None:
            return
        self._language = understood.language
        self._confidence = understood.language_confidence
        if self._confidence >= SURE:
            self._task = replace(self._task, language=self._language)

    def _settle(self) -> None:
        """Decode no more what comes before the last segment."""
        if len(self._open) < 2:
            return
        *sure, last = self._open
        cut = round((last.start - self._at) * RATE)
        self._settled += sure
        self._open = [last]
        self._samples = self._samples[cut:]
        self._read -= cut
        self._at += cut / RATE
        said = "".join(segment.text for segment in sure)
        self._task = replace(self._task, prompt=f"{self._task.prompt} {said}".strip())
