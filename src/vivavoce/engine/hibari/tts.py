"""Hibari: a natural English voice that speaks at once on one core, with word times."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from vivavoce.audio import Samples
from vivavoce.concurrency.model_thread import ModelThread, StopFlag
from vivavoce.engine.latin_script import check_script
from vivavoce.engine.onnx import placed
from vivavoce.engine.word_times import WordTimes, word_spans
from vivavoce.engines import Pronunciation, Speech, TtsOptions, TtsStream, Voice, Word
from vivavoce.errors import BadRequest, EngineUnavailable
from vivavoce.options import Compute, OnlyKeys
from vivavoce.text.language.codes import asked_language, match_language

from .model import HibariModel, Prosody
from .utterances import PhonemeText
from .vocoder import HOP, RATE

VOICE = Voice("heart", "Heart, American English", ("en-us", "en"), "female")
_GAIN = np.float32(1.6)
"""Makes it as loud as other voices."""
_AUDIBLE = 0.005
_LEAD, _TAIL = 120, 480
"""Samples kept before and after what is audible, so that it does not begin or end with a click."""
_EARLY_FRAMES = 12
"""How long before its first phoneme an utterance may be audible."""
_LATE = round(0.066 * RATE)
"""Samples by which the network tells phonemes later than they are heard: by 36 ms where a pause
shows when the sound begins and ends (41 words); by 124 ms in running speech (103 words) as Whisper
base hears it, which is itself 37 ms early where espeak-ng's exact times show that."""
_PAUSES = {",": 0.12, ";": 0.16, ":": 0.16, "—": 0.12, ".": 0.24, "!": 0.24, "?": 0.24, "…": 0.24}
"""Seconds of silence at the end of an utterance, by its last mark."""
_SLOWEST, _FASTEST = 0.25, 4.0
_AHEAD = 1 << 20
"""Pieces that may wait for a consumer: the thread is everybody's, and waits for nobody."""


@dataclass(frozen=True, slots=True)
class HibariOptions:
    """What may be set."""

    model: Annotated[
        str, Field(description="or the path of a folder with the files of another such voice")
    ] = "hibari"
    speed: Annotated[float, Field(ge=0.25, le=4, description="multiplied by that of each call")] = (
        1.0
    )
    compute: Annotated[Compute, OnlyKeys(("device", "threads"))] = Compute("cpu", threads=1)


class Hibari:
    """Speaks English with a network of 6 million weights, about 60 times as fast as it is heard.

    It has no pitch to set. Word times come from the durations that the network computes.
    """

    local = True
    rate = RATE

    def __init__(self, options: HibariOptions | None = None) -> None:
        options = options or HibariOptions()
        self.model = options.model
        self._speed = options.speed
        self._compute = options.compute
        self._thread = ModelThread("hibari")
        self._voice: HibariModel | None = None
        self._loading = asyncio.Lock()

    @property
    def name(self) -> str:
        """Its name and model."""
        return "hibari" if self.model == "hibari" else f"hibari:{self.model}"

    @property
    def device(self) -> str:
        """What it computes on; before `load`, what it would."""
        return self._voice.device if self._voice else placed(self._compute.device)

    @property
    def voices(self) -> Sequence[Voice]:
        """The one that the model has."""
        return (VOICE,)

    async def load(self) -> None:
        """Fetch the voice and say a first word. Raises ModelError for files that are no voice."""
        async with self._loading:
            if self._voice is None:
                self._voice = await self._thread.run(
                    lambda _: HibariModel(self.model, self._compute)
                )

    async def open(self, options: TtsOptions) -> TtsStream:
        """A new reply's stream."""
        if self._voice is None:
            raise EngineUnavailable(f"{self.name} is not loaded; call load() first")
        if options.voice not in {None, VOICE.id}:
            raise BadRequest(
                f"{self.name}: unknown voice {options.voice!r}; choose {VOICE.id!r}; "
                "`vivavoce voices` lists those of all engines"
            )
        language = options.language
        if asked_language(language) and match_language(language or "", ["en-us"]) is None:
            raise BadRequest(
                f"{self.name} speaks English, not {language!r}; choose a voice of that language"
            )
        speed = min(max(self._speed * options.speed, _SLOWEST), _FASTEST)
        return _HibariStream(self._thread, self._voice, speed)

    async def aclose(self) -> None:
        """Free the voice and join the thread."""
        voice, self._voice = self._voice, None
        await self._thread.aclose()
        if voice is not None:
            voice.close()


class _HibariStream:
    """One reply's speech."""

    def __init__(self, thread: ModelThread, voice: HibariModel, speed: float) -> None:
        self._thread = thread
        self._voice = voice
        self._speed = speed

    def speak(self, phrase: str) -> AsyncGenerator[Speech, None]:
        """The phrase's audio, in pieces that grow to three seconds, without silence before it.

        It ends with the pause that its last mark stands for; without a mark it is taken to go on
        in the next phrase. Raises BadRequest for a phrase that is not in Latin letters.
        """
        return self.speak_pronounced(phrase, ())

    async def speak_pronounced(
        self, phrase: str, pronunciations: Sequence[Pronunciation]
    ) -> AsyncGenerator[Speech, None]:
        """The same, with words pronounced as told, where they have English sounds."""
        if not word_spans(phrase):
            return
        check_script(phrase, "English")

        def work(emit: Callable[[Speech], None], stop: StopFlag) -> None:
            speaking = _HibariPhrase(phrase, self._voice, emit)
            for utterance in self._voice.utterances(phrase, pronunciations):
                if stop.is_set():
                    return
                speaking.say(utterance, self._voice.prosody(utterance, self._speed))
            speaking.end()

        async with aclosing(self._thread.stream(work, ahead=_AHEAD)) as pieces:
            async for piece in pieces:
                yield piece

    async def aclose(self) -> None:
        """The voice keeps nothing from phrase to phrase."""


class _HibariPhrase:
    """One phrase on its way through the voice, on its thread."""

    def __init__(self, phrase: str, voice: HibariModel, emit: Callable[[Speech], None]) -> None:
        self._voice = voice
        self._emit = emit
        self._times = WordTimes(phrase, RATE)
        self._passed = 0
        self._heard_to = 0
        self._held: list[Samples] = []
        self._words: list[Word] = []

    def say(self, utterance: PhonemeText, prosody: Prosody) -> None:
        """Pass on the audio of an utterance as it is made, without the silence around it."""
        before = max(int(prosody.starts[0]) // HOP - _EARLY_FRAMES, 0)
        self._send(np.concatenate([*self._held, np.zeros(0, np.float32)]))
        self._held.clear()
        lead, begun = before * HOP, False
        for made in self._voice.samples(prosody, before):
            samples = np.clip(made * _GAIN, -1, 1)
            loud = np.flatnonzero(np.abs(samples) > _AUDIBLE)
            if not begun:
                skipped = max(int(loud[0]) - _LEAD, 0) if len(loud) else len(samples)
                lead += skipped
                if not len(loud):
                    continue
                begun, samples, loud = True, samples[skipped:], loud - skipped
                self._note_words(utterance, prosody.starts - lead)
            self._pass_on(samples, int(loud[-1]) + 1 if len(loud) else 0)
        rest = np.concatenate([*self._held, np.zeros(0, np.float32)])
        pause = np.zeros(round(_PAUSES.get(utterance.mark, 0.0) * RATE), np.float32)
        self._held = [rest[:_TAIL], pause]

    def end(self) -> None:
        """There is no more: pass on what was held, and the words that are left."""
        self._words += self._times.ended(min(self._heard_to, self._passed))
        if self._held:
            self._send(np.concatenate(self._held))

    def _note_words(self, utterance: PhonemeText, starts: NDArray[np.int64]) -> None:
        """starts: of the phonemes, in samples from here."""
        for word in utterance.words:
            began = self._passed + max(int(starts[word.start]) - _LATE, 0)
            self._words += self._times.began(word.position, began, heard_to=self._heard_to)
            self._heard_to = self._passed + max(int(starts[word.end]) - _LATE, 0)

    def _pass_on(self, samples: Samples, heard_to: int) -> None:
        """Hold back the silence at the end, which may be the end of all."""
        if heard_to:
            self._held.append(samples[:heard_to])
            self._send(np.concatenate(self._held))
            self._held.clear()
            samples = samples[heard_to:]
        if len(samples):
            self._held.append(samples)

    def _send(self, samples: Samples) -> None:
        self._passed += len(samples)
        if len(samples):
            self._emit(Speech(samples, tuple(self._words)))
            self._words.clear()
