"""A session's engines, with what they compute noted: probabilities, drafts, and spoken words."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

import numpy as np

from vivavoce.audio import Audio, Samples
from vivavoce.conversation.session import Engines
from vivavoce.engines import (
    C,
    Foresight,
    Llm,
    LlmOptions,
    Message,
    Pronunciation,
    Speech,
    Thought,
    Tts,
    TtsOptions,
    TtsStream,
    TurnDetector,
    Vad,
    VadStream,
    Voice,
    Word,
    capability,
    speak_pronounced,
)

from .phone import Phone
from .timeline import SpokenWord


@dataclass(slots=True, eq=False)
class OverheardPhrase:
    """Something that was voiced, as far as it came."""

    text: str
    pieces: list[Samples] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)

    @property
    def samples(self) -> Samples:
        """All of its audio."""
        return np.concatenate([np.zeros(0, np.float32), *self.pieces])


def overheard(engines: Engines, phone: Phone, phrases: list[OverheardPhrase]) -> Engines:
    """The same engines, which tell the phone. phrases: takes what is voiced."""
    return Engines(
        _OverheardVad(engines.vad, phone),
        _OverheardTurn(engines.turn, phone),
        engines.stt,
        _OverheardLlm(engines.llm, phone),
        _OverheardTts(engines.tts, phrases),
    )


def words_of(
    played: Samples, rate: int, phrases: Sequence[OverheardPhrase], written: str
) -> list[SpokenWord] | None:
    """The words in audio that was played, found again by the very samples, ducked or not.

    phrases: all that were voiced, also for drafts that were dropped. written: the reply's text,
    which decides between phrases that sound the same. None where the engine gives no times, or
    the audio is not to be found.
    """
    words: list[SpokenWord] = []
    left = list(phrases)
    at = 0
    while at < len(played):
        fitting = [phrase for phrase in left if _fits(phrase, played[at:])]
        if not fitting:
            return None
        phrase = next((one for one in fitting if one.text.strip(" .,;:!?") in written), fitting[0])
        if not phrase.words:
            return None
        left.remove(phrase)
        begun = at / rate
        words += [SpokenWord(w.text, begun + w.start, begun + w.end) for w in phrase.words]
        at += len(phrase.samples)
    return words


def _fits(phrase: OverheardPhrase, played: Samples) -> bool:
    """Whether this is the phrase, with gains of up to 1."""
    samples = phrase.samples[: len(played)]
    played = played[: len(samples)]
    softer = (played * samples >= 0) & (np.abs(played) <= np.abs(samples))
    return len(samples) > 0 and bool(softer.all()) and bool(played.any() or not samples.any())


class _OverheardVad:
    def __init__(self, vad: Vad, phone: Phone) -> None:
        self._vad = vad
        self._phone = phone
        self.name, self.model, self.local = vad.name, vad.model, vad.local
        self.rate, self.frame = vad.rate, vad.frame

    async def load(self) -> None:
        """It is loaded."""

    async def aclose(self) -> None:
        """Its owner closes it."""

    def open(self) -> VadStream:
        return _OverheardVadStream(self._vad.open(), self._phone)


class _OverheardVadStream:
    def __init__(self, stream: VadStream, phone: Phone) -> None:
        self._stream = stream
        self._phone = phone

    def feed(self, samples: Samples) -> Sequence[float]:
        probabilities = self._stream.feed(samples)
        now = max(0.0, self._phone.clock.now)
        self._phone.vad += [(now, float(probability)) for probability in probabilities]
        return probabilities

    def reset(self) -> None:
        self._stream.reset()


class _OverheardTurn:
    def __init__(self, turn: TurnDetector, phone: Phone) -> None:
        self._turn = turn
        self._phone = phone
        self.name, self.model, self.local = turn.name, turn.model, turn.local
        self.rate = turn.rate

    async def load(self) -> None:
        """It is loaded."""

    async def aclose(self) -> None:
        """Its owner closes it."""

    async def probability(self, utterance: Audio, transcript: str) -> float:
        probability = await self._turn.probability(utterance, transcript)
        self._phone.tell("turn", transcript, probability)
        return probability


class _OverheardLlm:
    def __init__(self, llm: Llm, phone: Phone) -> None:
        self._llm = llm
        self._phone = phone
        self.name, self.model, self.local = llm.name, llm.model, llm.local

    async def load(self) -> None:
        """It is loaded."""

    async def aclose(self) -> None:
        """Its owner closes it."""

    async def reply(
        self, messages: Sequence[Message], options: LlmOptions
    ) -> AsyncGenerator[Thought, None]:
        if messages[-1].role == "user":
            self._phone.drafts = (self._phone.drafts or 0) + 1
            self._phone.tell("drafted", messages[-1].content)
        async with aclosing(self._llm.reply(messages, options)) as thoughts:
            async for thought in thoughts:
                yield thought

    async def warm(self, messages: Sequence[Message], options: LlmOptions) -> None:
        await self._llm.warm(messages, options)

    def capability(self, wanted: type[C]) -> C | None:
        found = capability(self._llm, wanted)
        if isinstance(found, Foresight):
            heard = _OverheardForesight(found, self._phone)
            return heard if isinstance(heard, wanted) else None
        return found


class _OverheardForesight:
    def __init__(self, foresight: Foresight, phone: Phone) -> None:
        self._foresight = foresight
        self._phone = phone

    async def completeness(self, messages: Sequence[Message]) -> float:
        probability = await self._foresight.completeness(messages)
        self._phone.tell("completeness", messages[-1].content, probability)
        return probability


class _OverheardTts:
    def __init__(self, tts: Tts, phrases: list[OverheardPhrase]) -> None:
        self._tts = tts
        self._phrases = phrases
        self.name, self.model, self.local = tts.name, tts.model, tts.local
        self.rate = tts.rate

    @property
    def voices(self) -> Sequence[Voice]:
        return self._tts.voices

    async def load(self) -> None:
        """It is loaded."""

    async def aclose(self) -> None:
        """Its owner closes it."""

    async def open(self, options: TtsOptions) -> TtsStream:
        return _OverheardTtsStream(await self._tts.open(options), self._phrases)


class _OverheardTtsStream:
    def __init__(self, stream: TtsStream, phrases: list[OverheardPhrase]) -> None:
        self._stream = stream
        self._phrases = phrases

    async def aclose(self) -> None:
        await self._stream.aclose()

    def speak(self, phrase: str) -> AsyncGenerator[Speech, None]:
        return self.speak_pronounced(phrase, ())

    async def speak_pronounced(
        self, phrase: str, pronunciations: Sequence[Pronunciation]
    ) -> AsyncGenerator[Speech, None]:
        kept = OverheardPhrase(phrase)
        self._phrases.append(kept)
        spoken = speak_pronounced(self._stream, phrase, pronunciations)
        async with aclosing(spoken) as speech:
            async for piece in speech:
                kept.pieces.append(piece.samples)
                kept.words += piece.words
                yield piece
