"""Speech in: its text as it is understood, and where the voice starts and stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from wyoming.asr import Transcript, TranscriptChunk, TranscriptStart, TranscriptStop
from wyoming.audio import AudioChunk, AudioStop
from wyoming.event import Event
from wyoming.vad import VoiceStarted, VoiceStopped

from vivavoce.audio import Audio
from vivavoce.engines import SttOptions, Vad
from vivavoce.server.errors import Problem
from vivavoce.settings import TurnSettings
from vivavoce.text.language.codes import asked_language, match_language
from vivavoce.transcripts.doubts import LiveDoubts, TranscriptWarning, only_language
from vivavoce.transcripts.live_captions import Caption, captions
from vivavoce.transcripts.segment import Segment
from vivavoce.transcripts.subtitles import warning_dict
from vivavoce.turn_taking.speech_input import SpeechInput

from .connection import WyomingConnection
from .failure_recording import FailureRecordingStt
from .wire import Transcribe, audio_of

_SLICE_S = 0.1
_SILENCES_S = {"aggressive": 0.25, "default": 0.7, "relaxed": 1.25}
"""Silence after which the voice has stopped: Home Assistant's."""


async def hear(link: WyomingConnection, wish: Transcribe) -> None:
    """Tell the text of the audio that follows, word by word, and whole when it has ended.

    Raises what the engine failed at, if that left words out.
    """
    engines, session = link.service.engines, link.service.config.session
    options = SttOptions(
        language=spoken_language(wish.language or session.language, engines.stt.languages),
        hotwords=(*(wish.transcript_names or ()), *(wish.transcript_terms or ())),
    )
    stt, told = FailureRecordingStt(engines.stt), Telling()
    doubts = LiveDoubts(engines.stt.name, only_language(engines.stt))
    language, warnings = options.language, list[TranscriptWarning]()
    async with (
        aclosing(voiced_audio(link, wish.vad_sensitivity)) as source,
        aclosing(captions(source, engines.vad, stt, options)) as heard,
    ):
        async for caption in heard:
            language = caption.transcript.language or language
            begun = bool(told.text)
            if news := told.feed(caption):
                if not begun:
                    await link.send(TranscriptStart(language=language))
                await link.send(TranscriptChunk(news))
            if caption.final:
                segment = Segment(caption.start, caption.end, caption.transcript)
                warnings += [it for it in [doubts.feed(segment)] if it is not None]
    if stt.failure is not None:
        raise stt.failure
    if not told.text:
        await link.send(TranscriptStart(language=language))
    await link.send(WarnedTranscript(told.text, wish.context, language, warnings=warnings))
    await link.send(TranscriptStop())


async def watch(link: WyomingConnection) -> None:
    """Tell where the voice starts and stops in the audio that follows."""
    async with aclosing(voiced_audio(link, None)) as source:
        async for _ in source:
            pass


@dataclass(kw_only=True)
class WarnedTranscript(Transcript):
    """A transcript with what to know before it is trusted; clients pass over what they do not know.

    warnings: in the field of that name, where there are any.
    """

    warnings: Sequence[TranscriptWarning] = ()

    def event(self) -> Event:
        """As it is sent."""
        event = super().event()
        if self.warnings:
            event.data["warnings"] = [warning_dict(warning) for warning in self.warnings]
        return event


class Telling:
    """What may be told of captions as they grow, for what was told cannot be taken back.

    text: all that was told.
    """

    def __init__(self) -> None:
        self.text = ""
        self._words = 0

    def feed(self, caption: Caption) -> str:
        """What is sure now and new: whole words, with the space before them."""
        words = caption.transcript.text.split()
        sure = len(words) if caption.final else caption.transcript.stable
        news = " ".join(words[self._words : sure])
        self._words = 0 if caption.final else max(self._words, sure)
        if news and self.text:
            news = f" {news}"
        self.text += news
        return news


class VoiceEdges:
    """Where the voice starts and stops in a stream. silence_s: that stops it."""

    def __init__(self, vad: Vad, settings: TurnSettings, silence_s: float) -> None:
        self._speech_input = SpeechInput(vad, vad.rate, settings)
        self._settings = settings
        self._silence_s = silence_s
        self._speaking = False

    def feed(self, audio: Audio) -> list[VoiceStarted | VoiceStopped]:
        """Take the next audio, a tenth of a second at most; give what it makes known."""
        told: list[VoiceStarted | VoiceStopped] = []
        for edge in self._speech_input.feed(audio, self._settings).edges:
            if edge.kind == "start" and not self._speaking:
                self._speaking = True
                told.append(VoiceStarted(_ms(edge.at)))
        if self._speech_input.edges.silence >= self._silence_s:
            told += self.end()
        return told

    def end(self) -> list[VoiceStarted | VoiceStopped]:
        """The voice stops, if there is one."""
        if not self._speaking:
            return []
        self._speaking = False
        self._speech_input.end_utterance()
        return [VoiceStopped(_ms(self._speech_input.edges.now - self._speech_input.edges.silence))]


async def voiced_audio(
    link: WyomingConnection, sensitivity: str | None
) -> AsyncGenerator[Audio, None]:
    """The audio that follows, until it stops; the client is told of the voice in it."""
    silence_s = _SILENCES_S.get(sensitivity or "default", _SILENCES_S["default"])
    engines, turns = link.service.engines, link.service.config.session.turns
    edges = VoiceEdges(engines.vad, turns, silence_s)
    async with aclosing(_audio(link)) as slices:
        async for audio in slices:
            for news in edges.feed(audio):
                await link.send(news)
            yield audio
    for news in edges.end():
        await link.send(news)


def spoken_language(wanted: str | None, known: Sequence[str]) -> str | None:
    """As the engine calls it: `en` for `en-US` where only that is known; None to find out."""
    asked = asked_language(wanted)
    return match_language(asked, known) or asked


async def _audio(link: WyomingConnection) -> AsyncGenerator[Audio, None]:
    """Slices of the audio up to its stop, or the client's end; other events are passed over.

    Raises Problem once there is more than `audio_s`.
    """
    limit_s, seconds = link.service.limits.audio_s, 0.0
    while (event := await link.next()) is not None and not AudioStop.is_type(event.type):
        if not AudioChunk.is_type(event.type):
            continue
        audio = audio_of(event)
        seconds += audio.seconds
        if seconds > limit_s:
            message = f"the audio is longer than the limit of {limit_s:g} s; split it"
            raise Problem(message, status=413, code="audio_too_long")
        for part in audio.slices(_SLICE_S):
            yield part
            await asyncio.sleep(0)


def _ms(seconds: float) -> int:
    return max(0, round(seconds * 1000))
