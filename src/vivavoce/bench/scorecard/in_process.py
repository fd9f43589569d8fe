"""The session in this process, with nothing between it and its caller."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import numpy as np

from vivavoce import events
from vivavoce.audio import Audio, Samples
from vivavoce.conversation.explanation import explained
from vivavoce.conversation.session import Engines, Session
from vivavoce.devices.audio_processing import WebRtcCleaner
from vivavoce.errors import EngineTimeout
from vivavoce.settings import SessionSettings
from vivavoce.testing.signals import RATE

from .loudspeaker import CallerLoudspeaker, Echo
from .overheard import OverheardPhrase, overheard, words_of
from .phone import Phone
from .target import Talk
from .timeline import ReplyAudio

_LEAD_S = 0.02
_AHEAD = 50
"""Chunks that wait for a session that is behind: a second."""
_PATIENCE_S = 10.0


class InProcess:
    """A session of its own for each caller.

    clean: cancel the echo and reduce noise before the session hears it, as `vivavoce talk` does.
    lockstep: wait after each chunk until all that follows from it is computed; for tests.
    """

    name = "in process"

    def __init__(
        self,
        engines: Engines,
        settings: SessionSettings,
        *,
        clean: bool = False,
        lockstep: bool = False,
    ) -> None:
        self._engines = engines
        self._clean = clean
        self._settings = settings
        self._lockstep = lockstep

    async def call(self, phone: Phone, instructions: str | None, talk: Talk) -> None:
        """Run `talk` with a line to a new session; then hang up."""
        settings = replace(self._settings, explain=True)
        if instructions is not None:
            settings = replace(settings, system_prompt=instructions)
        phrases: list[OverheardPhrase] = []
        engines = overheard(self._engines, phone, phrases)
        teller = _Teller(phone)
        sink = _PhoneSink(engines.tts.rate, phone, teller)
        session = Session(engines, sink, teller.handle, settings=settings)
        cleaning = _Cleaning(phone.speaker) if self._clean else None
        line = _SessionLine(session, cleaning, lockstep=self._lockstep)
        cpu = time.process_time()
        async with asyncio.TaskGroup() as group:
            group.create_task(session.run(line.source()))
            await talk(line)
            phone.cpu_s = time.process_time() - cpu
            await line.hang_up()
        for reply in phone.speaker.replies():
            samples, seconds = phone.speaker.played(reply)
            words = words_of(samples, sink.rate, phrases, teller.written.get(reply, ""))
            phone.replies.append(ReplyAudio(reply, seconds, tuple(words) if words else None))


class _SessionLine:
    """A source for the session, filled by the caller."""

    def __init__(self, session: Session, cleaning: _Cleaning | None, *, lockstep: bool) -> None:
        self._session = session
        self._cleaning = cleaning
        self._lockstep = lockstep
        self._queue: asyncio.Queue[Audio | None] = asyncio.Queue(_AHEAD)

    async def send(self, samples: Samples) -> None:
        """The next of the caller's sound."""
        if self._cleaning is not None:
            samples = self._cleaning.clean(samples)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._queue.put(Audio(samples, RATE))
        except TimeoutError:
            raise EngineTimeout(f"the session read no audio for {_PATIENCE_S:g} s") from None
        if self._lockstep:
            await self._queue.join()
            await self._session.settled()

    async def ask_to_say(self, text: str) -> None:
        """The session says just this."""
        self._session.say(text)
        if self._lockstep:
            await self._session.settled()

    async def hang_up(self) -> None:
        """No more comes."""
        await self._queue.put(None)

    async def source(self) -> AsyncIterator[Audio]:
        """What the caller says, until they hang up."""
        while (audio := await self._queue.get()) is not None:
            yield audio
            self._queue.task_done()


class _Cleaning:
    """What a device does that knows what its loudspeaker plays."""

    def __init__(self, speaker: CallerLoudspeaker) -> None:
        self._cleaner = WebRtcCleaner(RATE)
        self._rendered = Echo(speaker, RATE, level=1.0, delay_s=0.0)
        self._at = 0.0

    def clean(self, captured: Samples) -> Samples:
        """The same without the echo; whole blocks of 10 ms."""
        seconds = len(captured) / RATE
        rendered = self._rendered.chunk(self._at, seconds)
        self._at += seconds
        block = RATE // 100
        pairs = zip(captured.reshape(-1, block), rendered.reshape(-1, block), strict=True)
        return np.concatenate([self._cleaner.clean(near, far, None) for near, far in pairs])


class _PhoneSink:
    """The session's way to the caller's loudspeaker."""

    lead_s = _LEAD_S

    def __init__(self, rate: int, phone: Phone, teller: _Teller) -> None:
        self.rate = rate
        self._phone = phone
        self._teller = teller

    def write(self, samples: Samples) -> None:
        """Play it."""
        self._phone.play(samples, self.rate, self._teller.reply)

    def flush(self) -> int | None:
        """Fall silent."""
        return round(self._phone.flush() * self.rate)


class _Teller:
    """Passes what the session tells to the phone. reply: the one that sounds now.

    written: the text of each reply.
    """

    def __init__(self, phone: Phone) -> None:
        self.reply = ""
        self.written: dict[str, str] = {}
        self._phone = phone

    def handle(self, event: events.Event) -> None:
        """One event."""
        tell = self._phone.tell
        match event:
            case events.SpeechStarted(at=at):
                tell("speech started", value=at)
            case events.SpeechStopped(at=at):
                tell("speech stopped", value=at)
            case events.Heard(transcript=transcript, final=final):
                tell("final" if final else "partial", transcript.text, transcript.confidence)
            case events.TurnDropped(why=why):
                tell("dropped", why)
            case events.SilenceExplained():
                tell("silence", explained(event), event.over)
            case events.ReplyStarted(turn=turn, draft=draft):
                self.reply = str(turn)
                tell("reply started", "draft" if draft else "", reply=self.reply)
            case events.Wrote(turn=turn, text=text):
                self.written[str(turn)] = self.written.get(str(turn), "") + text
                tell("wrote", text, reply=str(turn))
            case events.ReplyEnded(turn=turn, heard=heard, why=why):
                tell("heard words", heard, reply=str(turn))
                tell("reply ended", why, reply=str(turn))
            case events.Paused(turn=turn):
                tell("paused", reply=str(turn))
            case events.Resumed(turn=turn):
                tell("resumed", reply=str(turn))
            case events.Failed(kind=kind, message=message):
                tell("failed", f"{kind}: {message}")
            case _:
                pass
