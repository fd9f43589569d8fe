"""Kokoro: natural voices in English, Spanish, French, Hindi, Italian and Portuguese, and blends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from vivavoce.concurrency.model_thread import ModelThread, StopFlag
from vivavoce.engine.latin_script import check_script
from vivavoce.engine.onnx import placed
from vivavoce.engine.timed_phrase import TimedPhrase
from vivavoce.engine.word_times import word_spans
from vivavoce.engines import Speech, TtsOptions, TtsStream, Voice
from vivavoce.errors import BadRequest, EngineUnavailable
from vivavoce.options import Compute, OnlyKeys
from vivavoce.text.language.codes import asked_language, match_language

from .model import RATE, KokoroModel
from .voices import LANGUAGES, VoiceLanguage, language_of_voice

DEFAULT_VOICE = "af_heart"
_SLOWEST, _FASTEST = 0.25, 4.0


@dataclass(frozen=True, slots=True)
class KokoroOptions:
    """What may be set."""

    model: Annotated[
        str,
        Field(
            description="or the path of an `.onnx` file or a folder with `voices/NAME.bin` or"
            " `voices.npz`, as KittenTTS's are"
        ),
    ] = "v1.0"
    voice: Annotated[
        str, Field(description="the default one, or a blend such as `af_heart*0.6+bf_emma*0.4`")
    ] = DEFAULT_VOICE
    speed: Annotated[float, Field(ge=0.25, le=4, description="multiplied by that of each call")] = (
        1.0
    )
    compute: Annotated[Compute, OnlyKeys(("device", "threads"))] = Compute(threads=1)


class Kokoro:
    """Speaks with a network of 82 million weights, clause by clause at first.

    It has no pitch to set. Word times come from the durations that the network computes.
    """

    local = True
    rate = RATE

    def __init__(self, options: KokoroOptions | None = None) -> None:
        options = options or KokoroOptions()
        self.model = options.model
        self._default = options.voice
        self._speed = options.speed
        self._compute = options.compute
        self._thread = ModelThread("kokoro")
        self._loaded: KokoroModel | None = None
        self._loading = asyncio.Lock()

    @property
    def name(self) -> str:
        """`kokoro:MODEL`."""
        return f"kokoro:{self.model}"

    @property
    def device(self) -> str:
        """What it computes on; before `load`, what it would."""
        return self._loaded.device if self._loaded else placed(self._compute.device)

    @property
    def voices(self) -> Sequence[Voice]:
        """The default voice, then the others. Empty before `load`."""
        return self._loaded.voices.listed(self._default) if self._loaded else ()

    async def load(self) -> None:
        """Fetch the model and say a first word.

        Raises ModelError for files that are no such model, BadRequest for an unknown voice.
        """
        async with self._loading:
            if self._loaded is None:
                self._loaded = await self._thread.run(self._open)

    async def open(self, options: TtsOptions) -> TtsStream:
        """A new reply's stream."""
        model = self._loaded
        if model is None:
            raise EngineUnavailable(f"{self.name} is not loaded; call load() first")
        voice = self._choose(model, options)
        language = language_of_voice(voice)
        if not language.read:
            raise BadRequest(
                f"{self.name} cannot read {language.name} yet; choose another engine for it, such "
                "as espeak-ng, or a voice of another language"
            )
        speed = min(max(self._speed * options.speed, _SLOWEST), _FASTEST)
        return _KokoroStream(self._thread, model, voice, language, speed)

    async def aclose(self) -> None:
        """Free the model and join the thread."""
        loaded, self._loaded = self._loaded, None
        await self._thread.aclose()
        if loaded is not None:
            loaded.close()

    def _open(self, stop: StopFlag) -> KokoroModel:
        model = KokoroModel(self.model, self._compute)
        names = model.voices.names
        if self._default == DEFAULT_VOICE and self._default not in names:
            self._default = names[0]  # another model, such as KittenTTS
        model.voices.blend(self._default)
        for piece in model.pieces("One.", language_of_voice(self._default)):
            model.speak(piece.phonemes, self._default, 1.0, stop)
        return model

    def _choose(self, model: KokoroModel, options: TtsOptions) -> str:
        """The voice to use. Raises BadRequest for a voice or language that is not there."""
        language = asked_language(options.language)
        wanted = options.voice if options.voice is not None else self._default
        model.voices.blend(wanted)
        if language is None or match_language(language, _codes(language_of_voice(wanted))):
            return wanted
        if options.voice is None:
            for other in LANGUAGES.values():
                if match_language(language, _codes(other)) and other.best in model.voices.names:
                    return other.best
        spoken = language_of_voice(wanted).name if options.voice else "the model's languages"
        raise BadRequest(
            f"{self.name}: {wanted} speaks {spoken}, not {language!r}; choose a voice of that "
            "language, or another engine"
        )


class _KokoroStream:
    """One reply's speech."""

    def __init__(
        self,
        thread: ModelThread,
        model: KokoroModel,
        voice: str,
        language: VoiceLanguage,
        speed: float,
    ) -> None:
        self._thread = thread
        self._model = model
        self._voice = voice
        self._language = language
        self._speed = speed

    async def speak(self, phrase: str) -> AsyncGenerator[Speech, None]:
        """The phrase's audio, a piece for its first clause and longer ones after it.

        Raises BadRequest for a phrase in another script than the voice's.
        """
        if not word_spans(phrase):
            return
        language = self._language
        check_script(phrase, language.name, tuple(dict.fromkeys((language.script, "LATIN"))))

        def work(emit: Callable[[Speech], None], stop: StopFlag) -> None:
            pieces = self._model.pieces(phrase, language)
            timed = TimedPhrase(phrase, RATE, [piece.words for piece in pieces])
            for index, piece in enumerate(pieces):
                spoken = self._model.speak(piece.phonemes, self._voice, self._speed, stop)
                emit(timed.piece(index, spoken.samples, spoken.starts, piece.mark))

        async with aclosing(self._thread.stream(work)) as pieces:
            async for piece in pieces:
                yield piece

    async def aclose(self) -> None:
        """A voice keeps nothing from phrase to phrase."""


def _codes(language: VoiceLanguage) -> list[str]:
    return ["zh"] if language.code == "cmn" else [language.code]
