"""Text as speech with the times of its words, and as a sound file that grows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import replace
from typing import Literal, TypeAlias

from vivavoce.audio import Audio, Samples
from vivavoce.concurrency.pending_calls import PendingCalls
from vivavoce.engines import Speech, Tts, TtsOptions, TtsStream
from vivavoce.text.phrases import Phrase, Phraser

from .file_encoder import FileEncoder

SpeechForm: TypeAlias = Literal["wav", "mp3", "ogg", "opus", "aac", "flac", "pcm"]
MEDIA_TYPES: dict[SpeechForm, str] = {
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "opus": "audio/ogg; codecs=opus",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "pcm": "audio/pcm",
}

_STEP = 200
"""Characters looked through for phrases at once, so that the first is found soon."""


def forms_by_type(form: SpeechForm | None) -> dict[str, SpeechForm]:
    """What a client's `Accept` may name, and what it means: this form, or any, `wav` first."""
    found: dict[str, SpeechForm] = {}
    for each in MEDIA_TYPES if form is None else (form,):
        found.setdefault(MEDIA_TYPES[each].partition(";")[0], each)
    return found


class Synthesis:
    """Phrases spoken one after another, in one stream; close it. seconds: spoken so far.

    timeout_s: an engine that gives nothing for so long has failed.
    """

    def __init__(self, tts: Tts, options: TtsOptions, timeout_s: float) -> None:
        self.seconds = 0.0
        self._tts = tts
        self._options = options
        self._timeout_s = timeout_s
        self._stream: TtsStream | None = None

    async def aclose(self) -> None:
        """Close the engine's stream."""
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.aclose()

    async def say(self, phrase: Phrase) -> AsyncGenerator[Speech, None]:
        """The phrase's audio, with word times from the beginning of all; use `aclosing`."""
        if not phrase.spoken:
            return
        start = self.seconds
        if self._stream is None:
            opening = self._tts.open(self._options)
            self._stream = await PendingCalls().wait(opening, self._timeout_s)
        spoken = self._stream.speak(phrase.spoken)
        async with aclosing(PendingCalls().each(spoken, self._timeout_s)) as pieces:
            async for piece in pieces:
                self.seconds += len(piece.samples) / self._tts.rate
                words = (
                    replace(word, start=start + word.start, end=start + word.end)
                    for word in piece.words
                )
                yield Speech(piece.samples, tuple(words))


async def spoken(text: str, language: str | None, voice: Synthesis) -> AsyncGenerator[Speech, None]:
    """The whole text's audio, and the end of the voice; consume under `aclosing`."""
    async with aclosing(voice):
        for phrase in phrases_of(text, Phraser(language)):
            async with aclosing(voice.say(phrase)) as pieces:
                async for piece in pieces:
                    yield piece


def phrases_of(text: str, phraser: Phraser) -> Iterator[Phrase]:
    """The phrases of a whole text, each as soon as it is found."""
    for start in range(0, len(text), _STEP):
        yield from phraser.feed(text[start : start + _STEP])
    yield from phraser.flush()


async def sound_file(
    samples: AsyncGenerator[Samples, None],
    source_rate: int,
    rate: int,
    form: SpeechForm,
    *,
    least_s: float = 0.0,
) -> AsyncGenerator[bytes, None]:
    """The samples as a sound file that leaves while it is made; never an empty piece.

    least_s: silence that it holds where there are no samples.
    """
    silent = True
    async with aclosing(samples):
        encoder = await asyncio.to_thread(FileEncoder, source_rate, rate, form)
        try:
            async for piece in samples:
                silent = silent and not len(piece)
                if data := await asyncio.to_thread(encoder.feed, piece):
                    yield data
            if silent and least_s:
                silence = Audio.silence(least_s, source_rate).samples
                if data := await asyncio.to_thread(encoder.feed, silence):
                    yield data
            if data := await asyncio.to_thread(encoder.finish):
                yield data
        finally:
            encoder.close()


def language_of(voice: str | None, tts: Tts) -> str | None:
    """That of the voice, which decides how numbers and the like are read."""
    name = (voice or "").partition("+")[0]
    for known in tts.voices:
        if known.id.partition("+")[0] == name and known.languages:
            return known.languages[0]
    return None
