"""A text as speech, phrase by phrase: what all commands, replies and protocols speak with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, replace

import numpy as np

from vivavoce.audio import Audio, Samples, slices
from vivavoce.concurrency.pending_calls import PendingCalls
from vivavoce.engines import Tts, TtsOptions, TtsStream, Word, speak_pronounced
from vivavoce.errors import BadRequest
from vivavoce.text.language.codes import language_of
from vivavoce.text.language.packs import is_prepared, prepare
from vivavoce.text.marked_text import PLAIN, Delivery, MarkedText, Passage
from vivavoce.text.pauses import Pause, PauseReader
from vivavoce.text.phrases import Phrase, Phraser
from vivavoce.text.pronunciations import PronouncingDictionary
from vivavoce.text.width import spread

from .told_words import ToldWords

WHOLE = 30
"""Words that the first phrase may have where nobody waits for it."""
_MOST_PAUSES_S = 600.0
"""Of pauses in one text, all together; what is more is left out."""
_SILENCE_S = 0.5
"""Silence that is given at once, at most."""
_STEP = 200
"""Characters looked through for phrases at once, so that the first is found soon."""


@dataclass(frozen=True, slots=True, eq=False)
class SpokenPiece:
    """A piece of a phrase's audio.

    start: where the phrase begins, in seconds from the beginning of all. samples: (n,) at the
    engine's rate. words: that begin in the phrase, with times from its start.
    estimated: whether these times are, because the engine told none.
    """

    phrase: Phrase
    start: float
    samples: Samples
    words: tuple[Word, ...] = ()
    estimated: bool = False

    @property
    def timed_words(self) -> tuple[Word, ...]:
        """The words with times from the beginning of all."""
        return tuple(
            replace(word, start=self.start + word.start, end=self.start + word.end)
            for word in self.words
        )


class Synthesis:
    """A text on its way to speech, in one stream of the voice; close it. seconds: spoken so far.

    `[pause 500ms]` in the text is silence of that length.

    timeout_s: an engine that gives nothing for so long has failed.
    language: of the text, such as `en`; None is that of the options, or else of the voice.
    first_words: how long the first phrase may be; see `Phraser`.
    estimate: whether words get times where the engine tells none; they come last in the phrase.
    dictionary: how some words are to sound.
    calls: the session's, where calls to engines are counted.
    """

    def __init__(
        self,
        tts: Tts,
        options: TtsOptions,
        timeout_s: float | None,
        *,
        language: str | None = None,
        first_words: int = 5,
        estimate: bool = False,
        dictionary: PronouncingDictionary | None = None,
        calls: PendingCalls | None = None,
    ) -> None:
        self.seconds = 0.0
        self._tts = tts
        self._options = options
        self._timeout_s = timeout_s
        self._language = language or options.language or voice_language(options.voice, tts)
        self._first_words = first_words
        self._estimate = estimate
        self._dictionary = dictionary
        self._calls = calls or PendingCalls()
        self._pauses_left_s = _MOST_PAUSES_S
        self.forget()
        self._stream: TtsStream | None = None
        self._aside: tuple[Delivery, TtsStream] | None = None

    async def open(self) -> None:
        """Open the stream, so that the first phrase is spoken sooner.

        Raises BadRequest for a voice or language that is not there, and what the engine raises.
        """
        if self._stream is None:
            opening = self._tts.open(self._options)
            self._stream = await self._calls.wait(opening, self._timeout_s)

    async def aclose(self) -> None:
        """Close the stream."""
        stream, self._stream = self._stream, None
        await self._close_aside()
        if stream is not None:
            await stream.aclose()

    def feed(self, text: str) -> list[Phrase]:
        """Take more of the text; give the phrases that are complete now."""
        return self._read(self._reader.feed(text))

    def feed_marked(self, text: MarkedText) -> list[Phrase]:
        """Take a text that says how it is to be spoken; give the phrases that are complete now."""
        phrases: list[Phrase] = []
        for part in text:
            match part:
                case Pause(seconds):
                    phrases += self.pause(seconds)
                case Passage(text=words, delivery=delivery, reading=None):
                    phrases += self._deliver(delivery)
                    phrases += self.feed(words)
                case Passage(delivery=delivery):
                    phrases += self._deliver(delivery)
                    phrases += self._read(self._reader.flush())
                    phrases += self._phraser.feed_reading(part)
        return phrases

    def pause(self, seconds: float) -> list[Phrase]:
        """Be silent for so long here; give the phrases that are complete now."""
        seconds = min(seconds, self._pauses_left_s)
        self._pauses_left_s -= seconds
        return self._phraser.pause(seconds) if seconds else []

    @property
    def left_out(self) -> int:
        """Characters since the last `forget` that are in no phrase, such as those of tags."""
        return self._reader.left_out

    def flush(self) -> list[Phrase]:
        """The phrases that are left: the text ends or pauses here."""
        return [*self._read(self._reader.flush()), *self._phraser.flush()]

    def forget(self) -> None:
        """Drop what was fed and has not become a phrase."""
        self._reader = PauseReader()
        self._delivery = PLAIN
        self._phraser = Phraser(
            self._language, first_words=self._first_words, dictionary=self._dictionary
        )

    async def say(self, *phrases: Phrase) -> AsyncGenerator[SpokenPiece, None]:
        """The phrases' audio, one after another; consume under `aclosing`.

        Raises what the engine raises, and EngineTimeout.
        """
        for phrase in phrases:
            for silence in self._silence(phrase.pause_s):
                start = self.seconds
                self.seconds += len(silence) / self._tts.rate
                yield SpokenPiece(phrase, start, silence)
            if phrase.spoken:
                async with aclosing(self._say(phrase)) as pieces:
                    async for piece in pieces:
                        yield piece

    async def _say(self, phrase: Phrase) -> AsyncGenerator[SpokenPiece, None]:
        stream = await self._stream_for(phrase.delivery)
        gain = np.float32(10 ** (phrase.delivery.gain_db / 20))
        start, told = self.seconds, False
        given = phrase.voiced
        telling = ToldWords(given)
        spoken = speak_pronounced(stream, given.text, given.pronunciations)
        async with aclosing(self._calls.each(spoken, self._timeout_s)) as pieces:
            async for piece in pieces:
                self.seconds += len(piece.samples) / self._tts.rate
                told = told or bool(piece.words)
                samples = piece.samples
                if gain != 1:
                    samples = np.clip(samples * gain, -1, 1)
                yield SpokenPiece(phrase, start, samples, telling.feed(piece.words))
        estimated = self._estimate and not told and self.seconds > start
        words = telling.rest()
        if estimated:
            words = tuple(spread(phrase.spoken, 0.0, self.seconds - start))
        if words:
            yield SpokenPiece(phrase, start, np.zeros(0, np.float32), words, estimated=estimated)

    def _deliver(self, delivery: Delivery) -> list[Phrase]:
        if delivery == self._delivery:
            return []
        self._delivery = delivery
        return [*self._read(self._reader.flush()), *self._phraser.deliver(delivery)]

    def phrases_of(self, text: str | MarkedText) -> Iterator[list[Phrase]]:
        """The phrases of a whole text, some at a time."""
        if isinstance(text, str):
            yield from (self.feed(part) for part in steps(text))
        else:
            yield from (self.feed_marked((part,)) for part in _short_parts(text))
        yield self.flush()

    async def _stream_for(self, delivery: Delivery) -> TtsStream:
        """The text's own stream, or one beside it for another manner; that of before is closed."""
        await self.open()
        assert self._stream is not None
        manner = replace(delivery, gain_db=0.0)
        options = self._options_for(manner)
        if options == self._options:
            return self._stream
        if self._aside is None or self._aside[0] != manner:
            await self._close_aside()
            self._aside = manner, await self._open_aside(options)
        return self._aside[1]

    def _options_for(self, manner: Delivery) -> TtsOptions:
        options, language = self._options, manner.language
        if language and language_of(language) != language_of(self._language):
            own = voice_language(options.voice, self._tts)
            keeps = options.voice is not None and language_of(own) == language_of(language)
            voice = options.voice if keeps else None
            options = replace(options, voice=voice, language=language)
        return replace(
            options,
            speed=min(max(options.speed * manner.rate, 0.25), 4.0),
            pitch=min(max(options.pitch * manner.pitch, 0.5), 2.0),
        )

    async def _open_aside(self, options: TtsOptions) -> TtsStream:
        """A stream with these options; a language that no voice speaks is left to the voice."""
        try:
            return await self._calls.wait(self._tts.open(options), self._timeout_s)
        except BadRequest:
            own = replace(options, voice=self._options.voice, language=self._options.language)
            return await self._calls.wait(self._tts.open(own), self._timeout_s)

    async def _close_aside(self) -> None:
        aside, self._aside = self._aside, None
        if aside is not None:
            await aside[1].aclose()

    def _read(self, parts: list[str | Pause]) -> list[Phrase]:
        phrases: list[Phrase] = []
        for part in parts:
            match part:
                case Pause(seconds):
                    phrases += self.pause(seconds)
                case text:
                    phrases += self._phraser.feed(text)
        return phrases

    def _silence(self, seconds: float) -> Iterator[Samples]:
        rate = self._tts.rate
        return slices(Audio.silence(seconds, rate).samples, round(_SILENCE_S * rate))

    async def speak(self, text: str | MarkedText) -> AsyncGenerator[SpokenPiece, None]:
        """A whole text's audio, and the end of the stream; consume under `aclosing`."""
        async with aclosing(self):
            if not isinstance(text, str):
                await _load_packs(text)
            for phrases in self.phrases_of(text):
                async with aclosing(self.say(*phrases)) as pieces:
                    async for piece in pieces:
                        yield piece


async def _load_packs(text: MarkedText) -> None:
    """Loads the packs of the text's languages away from the event loop."""
    languages = {part.delivery.language or "" for part in text if isinstance(part, Passage)} - {""}
    if not is_prepared(languages):
        await asyncio.to_thread(prepare, languages)


def _short_parts(text: MarkedText) -> Iterator[Passage | Pause]:
    """The same, long passages in parts that are each looked through for phrases at once."""
    for part in text:
        if isinstance(part, Passage) and part.reading is None:
            yield from (replace(part, text=step) for step in steps(part.text))
        else:
            yield part


def steps(text: str) -> Iterator[str]:
    """The text in parts that are each looked through for phrases at once."""
    for start in range(0, len(text), _STEP):
        yield text[start : start + _STEP]


def voice_language(voice: str | None, tts: Tts) -> str | None:
    """The language of a voice, which decides how numbers and the like are read.

    voice: an id, with or without a variant after `+`; None is the default.
    """
    voices = tts.voices
    if voice is None:
        return voices[0].languages[0] if voices and voices[0].languages else None
    name = voice.partition("+")[0]
    for known in voices:
        if known.id.partition("+")[0] == name and known.languages:
            return known.languages[0]
    return None
