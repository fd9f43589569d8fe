"""Piper voices: natural speech in many languages, faster than real time on a CPU."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from piper import SynthesisConfig
from pydantic import Field

from vivavoce.audio import Samples, clean
from vivavoce.concurrency.model_thread import ModelThread, StopFlag
from vivavoce.engine.onnx import placed
from vivavoce.engine.speech_pieces import cut_all
from vivavoce.engine.timed_phrase import TimedPhrase
from vivavoce.engine.word_beginnings import word_beginnings
from vivavoce.engine.word_times import word_spans
from vivavoce.engines import Speech, TtsOptions, TtsStream, Voice
from vivavoce.errors import BadRequest, EngineUnavailable
from vivavoce.hints import nearest
from vivavoce.options import Compute, OnlyKeys
from vivavoce.text.language.codes import asked_language, match_language

from .model import PiperModel

DEFAULT_VOICE = "en_US-lessac-medium"
_RATE = 22_050
"""Hz of all but the smallest voices; what `rate` is before `load`."""
_PEAK = 0.9
_SILENT = 1e-4


@dataclass(frozen=True, slots=True)
class PiperOptions:
    """What may be set."""

    model: Annotated[
        str,
        Field(
            description="a voice of the collection, or a path, `hf:…` or `https://…` of any voice's"
            " .onnx file with its .onnx.json beside it"
        ),
    ] = DEFAULT_VOICE
    speaker: Annotated[
        str | None, Field(description="the default one of several, by name or number")
    ] = None
    length_scale: Annotated[
        float | None, Field(gt=0, description="how slow it speaks; null is the voice's own")
    ] = None
    noise_scale: Annotated[
        float | None, Field(ge=0, description="how varied it sounds; null is the voice's own")
    ] = None
    noise_w: Annotated[
        float | None, Field(ge=0, description="how uneven its rhythm is; null is the voice's own")
    ] = None
    compute: Annotated[Compute, OnlyKeys(("device", "threads"))] = Compute(threads=1)


class Piper:
    """Speaks with a Piper voice, sentence by sentence.

    Voices have no pitch to set. Word times come from the voice's own phoneme durations.
    """

    local = True

    def __init__(self, options: PiperOptions | None = None) -> None:
        options = options or PiperOptions()
        self.model = options.model
        self._speaker = options.speaker
        self._scales = (options.length_scale, options.noise_scale, options.noise_w)
        self._compute = options.compute
        self._thread = ModelThread("piper")
        self._voice: PiperModel | None = None
        self._loading = asyncio.Lock()

    @property
    def name(self) -> str:
        """`piper:VOICE`."""
        return f"piper:{self.model}"

    @property
    def device(self) -> str:
        """What it computes on; before `load`, what it would."""
        return self._voice.device if self._voice else placed(self._compute.device)

    @property
    def rate(self) -> int:
        """The voice's own; known after `load`."""
        return self._voice.rate if self._voice else _RATE

    @property
    def voices(self) -> Sequence[Voice]:
        """The speakers; a voice with just one has its own name. Empty before `load`."""
        if self._voice is None:
            return ()
        languages = (self._voice.language,)
        speakers = self._voice.speakers
        if not speakers:
            return (Voice(self.model, self.model, languages),)
        default = self._speaker_id(self._voice, None)
        ordered = sorted(speakers, key=lambda speaker: speakers[speaker] != default)
        return tuple(Voice(speaker, speaker, languages) for speaker in ordered)

    async def load(self) -> None:
        """Fetch the voice and say a first word.

        Raises ModelError for files that are no voice, BadRequest for an unknown speaker.
        """
        async with self._loading:
            if self._voice is None:
                self._voice = await self._thread.run(self._open)

    async def open(self, options: TtsOptions) -> TtsStream:
        """A new reply's stream."""
        model = self._voice
        if model is None:
            raise EngineUnavailable(f"{self.name} is not loaded; call load() first")
        self._check_language(model, options.language)
        return _PiperStream(self._thread, model, self._how(model, options))

    async def aclose(self) -> None:
        """Free the voice and join the thread."""
        self._voice = None
        await self._thread.aclose()

    def _open(self, stop: StopFlag) -> PiperModel:
        model = PiperModel(self.model, self._compute)
        for sentence in model.phonemes("One."):
            model.speak(sentence, self._how(model, TtsOptions()), stop)
        return model

    def _how(self, model: PiperModel, options: TtsOptions) -> SynthesisConfig:
        length, noise, noise_w = self._scales
        own = model.length_scale if length is None else length
        return SynthesisConfig(
            speaker_id=self._speaker_id(model, options.voice),
            length_scale=own / max(options.speed, 0.1),
            noise_scale=noise,
            noise_w_scale=noise_w,
        )

    def _speaker_id(self, model: PiperModel, voice: str | None) -> int | None:
        speakers = model.speakers
        wanted = voice if voice is not None else self._speaker
        if wanted is None or (wanted == self.model and voice is not None):
            return model.default_speaker if speakers else None
        if wanted in speakers:
            return speakers[wanted]
        if wanted.isdigit() and int(wanted) in speakers.values():
            return int(wanted)
        hint = nearest(wanted, list(speakers)[:20] or [self.model])
        raise BadRequest(f"{self.name}: no speaker {wanted!r}; {hint}")

    def _check_language(self, model: PiperModel, language: str | None) -> None:
        spoken = model.language
        if asked_language(language) and match_language(language, [spoken]) is None:
            raise BadRequest(
                f"{self.name} speaks {spoken}, not {language!r}; choose a voice of that language"
            )


class _PiperStream:
    """One reply's speech."""

    def __init__(self, thread: ModelThread, model: PiperModel, how: SynthesisConfig) -> None:
        self._thread = thread
        self._model = model
        self._how = how

    async def speak(self, phrase: str) -> AsyncGenerator[Speech, None]:
        """The phrase's audio, a piece for each sentence; the first ends with its first clause."""
        if not word_spans(phrase):
            return

        def work(emit: Callable[[Speech], None], stop: StopFlag) -> None:
            speaking = _PiperPhrase(self._model, phrase)
            for index in range(len(speaking.pieces)):
                emit(speaking.piece(index, self._how, stop))

        async with aclosing(self._thread.stream(work)) as pieces:
            async for piece in pieces:
                yield piece

    async def aclose(self) -> None:
        """A voice keeps nothing from phrase to phrase."""


class _PiperPhrase:
    """One phrase on its way through a voice, on its thread."""

    def __init__(self, model: PiperModel, phrase: str) -> None:
        sentences = model.phonemes(phrase)
        self._model = model
        self.pieces = list(cut_all(sentences))
        beginnings = word_beginnings(phrase, self.pieces, model.phonemes)
        self._timed = TimedPhrase(phrase, model.rate, beginnings)

    def piece(self, index: int, how: SynthesisConfig, stop: StopFlag) -> Speech:
        """The audio of one piece, and the words that end in it."""
        phonemes = self.pieces[index]
        spoken = self._model.speak(phonemes, how, stop)
        mark = "".join(phonemes).rstrip()[-1:]
        return self._timed.piece(index, _levelled(clean(spoken.samples)), spoken.starts, mark)


def _levelled(samples: Samples) -> Samples:
    """Voices differ in loudness; all peak at the same level, as Piper's own program has it."""
    peak = float(np.abs(samples).max(initial=0.0))
    return samples * np.float32(_PEAK / peak) if peak > _SILENT else samples
