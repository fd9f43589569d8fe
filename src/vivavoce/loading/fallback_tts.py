"""Speech that goes on when an engine fails: the next one speaks the phrase."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

from vivavoce.audio import Resampler
from vivavoce.engines import (
    Pronunciation,
    Speech,
    Tts,
    TtsOptions,
    TtsStream,
    Voice,
    speak_pronounced,
)
from vivavoce.text.language.codes import asked_language

from .chain import Chain, ChainLink, closed
from .voice_reserve import ComingVoice, VoiceReserve, speaks


class FallbackTts(Chain[Tts]):
    """Speech by the first engine that begins to speak; all of it at one rate.

    A voice that only another engine has is not asked for: its stand-in speaks with its own.
    reserve: where more engines come from, for languages that only the last one speaks.
    """

    def __init__(self, engines: Sequence[Tts], patience_s: float = 5.0) -> None:
        super().__init__("tts", engines, patience_s)
        self.reserve: VoiceReserve | None = None
        self._rate: int | None = None

    @property
    def rate(self) -> int:
        """Hz of the audio that streams give: that of the first engine which could be loaded; the
        same for ever, whichever comes later.
        """
        if self._rate is not None:
            return self._rate
        rate = next((it.engine.rate for it in self.links if not it.lacking), None)
        if self.tried:
            self._rate = rate or self.links[0].engine.rate
        return rate or self.links[0].engine.rate

    @property
    def voices(self) -> Sequence[Voice]:
        """Of the engine that is used now, then those that only the others have.

        An engine that refuses a voice or a language leaves it to the next one that has it.
        """
        links = [link for link in self.order() if link.fault is None] or self.order()[:1]
        if len(links) == 1:
            return links[0].engine.voices
        found: dict[str, Voice] = {}
        for link in links:
            for voice in link.engine.voices:
                found.setdefault(voice.id, voice)
        return tuple(found.values())

    async def open(self, options: TtsOptions) -> TtsStream:
        """A new reply's stream, of the first engine that has the voice and the language."""
        stream = _FallbackTtsStream(self, options, self._better(options))
        await self.call(stream.opened, preferred=self._owner(options))
        return stream

    def expect(self, options: TtsOptions) -> None:
        """Begin to load what will speak like this, where an engine in reserve does."""
        self._better(options)

    async def aclose(self) -> None:
        """Close them all, and what is still loading."""
        if self.reserve is not None:
            await self.reserve.aclose()
        await super().aclose()

    def options_for(self, link: ChainLink[Tts], options: TtsOptions) -> TtsOptions:
        """The same, without a voice that only another engine has, or may have."""
        if options.voice is None or link is self.links[0] or _has(link, options.voice):
            return options
        others = (other for other in self.links if other is not link)
        is_theirs = any(not it.engine.voices or _has(it, options.voice) for it in others)
        return replace(options, voice=None) if is_theirs else options

    def _owner(self, options: TtsOptions) -> ChainLink[Tts] | None:
        """The first that has the voice which is asked for."""
        if options.voice is None:
            return None
        return next((link for link in self.links if _has(link, options.voice)), None)

    def _better(self, options: TtsOptions) -> ComingVoice | None:
        """An engine that is being loaded, for only the last one here speaks the language."""
        language = asked_language(options.language)
        if self.reserve is None or language is None:
            return None
        owner = self._owner(options)
        if owner is not None and speaks(owner, language):
            return None  # the last one's voice is wanted
        return self.reserve.call_on(language, self)


class _FallbackTtsStream:
    """One reply's speech: a stream of one engine, as long as that works.

    A phrase that it refuses, such as one in another script, is spoken by another; the next phrase
    is its own again.
    """

    def __init__(
        self, chain: FallbackTts, options: TtsOptions, better: ComingVoice | None = None
    ) -> None:
        self._chain = chain
        self._options = options
        self._better = better
        self._stream: TtsStream | None = None
        self._link: ChainLink[Tts] | None = None
        self._preferred: ChainLink[Tts] | None = None

    def speak(self, phrase: str) -> AsyncGenerator[Speech, None]:
        """The phrase's audio, piece by piece."""
        return self.speak_pronounced(phrase, ())

    async def speak_pronounced(
        self, phrase: str, pronunciations: Sequence[Pronunciation]
    ) -> AsyncGenerator[Speech, None]:
        """The same, with words pronounced as told, where the engine can."""
        await self._take_better()
        spoken = self._chain.stream(
            lambda link: self._speak(link, phrase, pronunciations), preferred=self._preferred
        )
        async with aclosing(spoken) as pieces:
            async for piece in pieces:
                yield piece

    async def aclose(self) -> None:
        """Free the stream's state."""
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.aclose()

    async def opened(self, link: ChainLink[Tts]) -> TtsStream:
        """This engine's stream; another engine's is closed."""
        if self._stream is None or link is not self._link:
            stream, self._stream = self._stream, None
            await closed(stream)
            if self._link is None or self._link.fault is not None:
                self._preferred = link
            options = self._chain.options_for(link, self._options)
            self._stream, self._link = await link.engine.open(options), link
        return self._stream

    async def _take_better(self) -> None:
        """Choose anew among the engines once the better one has come, or cannot be had."""
        if self._better is None:
            return
        await self._better.wait()
        if self._better.task.done():
            self._better = self._preferred = self._link = None

    async def _speak(
        self, link: ChainLink[Tts], phrase: str, pronunciations: Sequence[Pronunciation]
    ) -> AsyncGenerator[Speech, None]:
        stream = await self.opened(link)
        rate, own = self._chain.rate, link.engine.rate
        async with aclosing(speak_pronounced(stream, phrase, pronunciations)) as pieces:
            if own == rate:
                async for piece in pieces:
                    yield piece
                return
            resampler = Resampler(own, rate, live=True)
            async for piece in pieces:
                yield Speech(resampler.feed(piece.samples), piece.words)
        rest = resampler.flush()
        if len(rest):
            yield Speech(rest)


def _has(link: ChainLink[Tts], voice: str) -> bool:
    """Whether the engine lists the voice, or one that this is a variant of."""
    return voice.partition("+")[0] in {each.id for each in link.engine.voices}
