"""Text in, speech out: at once, or while the text is still being written."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import aclosing

from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.tts import SynthesizeChunk, SynthesizeStop, SynthesizeStopped

from vivavoce.audio import Samples, slices, to_pcm16
from vivavoce.engines import Tts, TtsOptions, Voice
from vivavoce.errors import BadRequest
from vivavoce.server.errors import Problem
from vivavoce.server.selection.aliases import voice_of
from vivavoce.server.service import Service
from vivavoce.speech.synthesis import Synthesis
from vivavoce.text.phrases import Phrase
from vivavoce.text.pronunciations import dictionary_of
from vivavoce.text.ssml import InputType, marked_text

from .connection import WyomingConnection
from .info import DEFAULT_VOICE
from .wire import Speak, Text, VoiceChoice, parsed

_CHUNK_S = 0.1
_WIDTH = 2


async def speak(link: WyomingConnection, wish: Speak) -> None:
    """Send the text's audio, phrase by phrase."""
    async with aclosing(_SpeechStream(link, wish)) as speech:
        await speech.take(wish.text)
        await speech.end()


async def speak_along(link: WyomingConnection, wish: Speak) -> None:
    """Send the audio of the text that follows, from its first phrase on."""
    async with aclosing(_SpeechStream(link, wish)) as speech:
        while (event := await link.next()) is not None:
            if SynthesizeChunk.is_type(event.type):
                await speech.feed(parsed(event, Text).text)
            elif SynthesizeStop.is_type(event.type):
                await speech.end()
                await link.send(SynthesizeStopped())
                return
            # A `synthesize` with all of the text is for servers that cannot stream.


class _SpeechStream:
    """Speaks one text. Raises BadRequest for a wish that cannot be granted."""

    def __init__(self, link: WyomingConnection, wish: Speak) -> None:
        formats: dict[str | None, InputType] = {None: "auto", "text": "text", "ssml": "ssml"}
        if wish.text_format not in formats:
            raise BadRequest(f"text in {wish.text_format} is not supported; send text or SSML")
        self._input_type = formats[wish.text_format]
        session = link.service.config.session
        self._link = link
        self._tts = link.service.engines.tts
        options = _options(link.service, self._tts, wish.voice)
        self._voice = Synthesis(
            self._tts,
            options,
            session.tts_timeout_s,
            dictionary=dictionary_of(session.pronunciations),
        )
        self._characters = 0
        self._samples = 0
        self._started = False

    async def aclose(self) -> None:
        """Close the voice."""
        await self._voice.aclose()

    async def take(self, text: str) -> None:
        """A whole text, which may be SSML: speak the phrases that it completes."""
        marked = marked_text(text, self._input_type)
        if isinstance(marked, str):
            await self.feed(text)
            return
        self._count(text)
        for phrases in self._voice.phrases_of(marked):
            await self._say(phrases)

    async def feed(self, text: str) -> None:
        """More of the text: speak the phrases that it completes."""
        self._count(text)
        await self._say(self._voice.feed(text))

    def _count(self, text: str) -> None:
        self._characters += len(text)
        most = self._link.service.limits.text_chars
        if self._characters > most:
            message = f"the text is longer than the limit of {most:,} characters; split it"
            raise Problem(message, status=413, code="text_too_long")

    async def end(self) -> None:
        """The text is over: speak what is left."""
        await self._say(self._voice.flush())
        await self._start()
        await self._link.send(AudioStop(timestamp=self._now_ms))

    async def _say(self, phrases: Iterable[Phrase]) -> None:
        async with aclosing(self._voice.say(*phrases)) as pieces:
            async for piece in pieces:
                await self._start()
                for part in slices(piece.samples, round(_CHUNK_S * self._tts.rate)):
                    await self._send(part)

    async def _start(self) -> None:
        if not self._started:
            self._started = True
            await self._link.send(AudioStart(self._tts.rate, _WIDTH, 1, timestamp=0))

    async def _send(self, samples: Samples) -> None:
        sound = to_pcm16(samples)
        await self._link.send(AudioChunk(self._tts.rate, _WIDTH, 1, sound, self._now_ms))
        self._samples += len(samples)

    @property
    def _now_ms(self) -> int:
        return self._samples * 1000 // self._tts.rate


def _options(service: Service, tts: Tts, wish: VoiceChoice | None) -> TtsOptions:
    session = service.config.session
    name = None if wish is None or wish.name == DEFAULT_VOICE else wish.name
    language = None if wish is None else wish.language
    voice = voice_of(name, tts, service.settings) if name else None
    if voice is None and language is not None:
        voice = _voice_for(language, tts.voices)
    return TtsOptions(
        voice or session.voice,
        language or (None if voice else session.language),
        session.speed,
        session.pitch,
    )


def _voice_for(language: str, voices: Iterable[Voice]) -> str | None:
    """The first voice for the language, or else for its base."""
    wanted = language.replace("_", "-").lower()
    for match in (wanted, wanted.partition("-")[0]):
        for voice in voices:
            codes = [code.lower() for code in voice.languages]
            if match in codes or match in {code.partition("-")[0] for code in codes}:
                return voice.id
    return None
