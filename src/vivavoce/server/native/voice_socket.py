"""`WS /voice`: a conversation in both directions at once, as plain as it can be.

Binary messages are audio both ways; JSON messages are what the client asks for and the session's
events, as `events.as_dict` writes them. docs/api.md tells device authors all of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import asdict, replace

from fastapi import APIRouter, WebSocket

from vivavoce.audio import Audio, Samples
from vivavoce.conversation.session import Engines, Session
from vivavoce.conversation.sources import Feed, as_lapses
from vivavoce.engines import Tts, TtsOptions
from vivavoce.events import Event, as_dict
from vivavoce.kinds import kinds
from vivavoce.server.errors import Problem, problem_of
from vivavoce.server.http.outbox import Outbox
from vivavoce.server.http.sockets import Socket, error_event, opening, parsed, serve
from vivavoce.server.selection.engine_selection import chosen, sounding
from vivavoce.server.selection.session_overrides import known_voice, wanted_settings
from vivavoce.server.speech import pcm
from vivavoce.settings import SessionSettings

from .voice_messages import (
    VOICE_MESSAGE,
    Commit,
    Configure,
    End,
    Interrupt,
    Mute,
    Ping,
    Say,
    UserText,
    VoiceMessage,
    VoiceStart,
)

log = logging.getLogger(__name__)
router = APIRouter()

LEAD_S = 0.2
"""Audio that a client has ahead of the ear: enough for a home network's hiccups, and what is
played on by a client that cannot clear its buffer."""
_SLICE_S = 0.06
_SLICES = 16
"""What the session may hear in one go while others wait: about a second of audio."""


@router.websocket("/voice")
async def voice(websocket: WebSocket) -> None:
    """Converse: PCM in, PCM out, JSON events between."""
    await serve(websocket, "voice", _converse)


async def _converse(socket: Socket) -> None:
    async with aclosing(socket.messages()) as messages:
        opened = await opening(socket, messages, VoiceStart)
        if opened is None:
            return
        start, first = opened
        with chosen(
            socket.service, stt=start.stt, llm=start.llm, tts=start.tts, param=None
        ) as engines:
            talk = await _VoiceSocketSession.open(socket, start, engines)
            async with asyncio.TaskGroup() as group:
                group.create_task(talk.session.run(as_lapses(talk.feed)))
                await asyncio.sleep(0)  # it runs before it is told anything
                try:
                    going = first is None or await talk.receive(first)
                    while going and (message := await anext(messages, None)) is not None:
                        going = await talk.receive(message)
                finally:
                    if socket.left:
                        talk.feed.abandon()
                    talk.feed.close()


class _SocketSink:
    """The reply's audio on its way to a client.

    clears: whether the client drops what it has not played when the reply pauses or ends; the
    session's clock tells then what was heard. Else all that was sent will be.
    """

    lead_s = LEAD_S

    def __init__(self, outbox: Outbox, rate: int, encoding: pcm.Encoding, *, clears: bool) -> None:
        self.rate = rate
        self._outbox = outbox
        self._encoding = encoding
        self._clears = clears

    def write(self, samples: Samples) -> None:
        """Send it."""
        self._outbox.send_bytes(pcm.to_bytes(samples, self._encoding))

    def flush(self) -> int | None:
        """Nothing can be taken back; the client may do so itself."""
        return None if self._clears else 0


class _VoiceSocketSession:
    """One client's conversation."""

    def __init__(
        self, socket: Socket, start: VoiceStart, engines: Engines, settings: SessionSettings
    ) -> None:
        self.feed: Feed[Audio] = Feed(_SLICES)
        self._socket = socket
        self._start = start
        self._tts = engines.tts
        self._muted = False
        self._output_rate = start.output_rate or start.rate
        outbox = socket.outbox
        sink = _SocketSink(outbox, self._output_rate, start.encoding, clears=start.clears)

        def send(event: Event) -> None:
            outbox.send_json(as_dict(event))

        self.session = Session(engines, sink, socket.conversation.telling(send), settings=settings)

    @classmethod
    async def open(cls, socket: Socket, start: VoiceStart, engines: Engines) -> _VoiceSocketSession:
        """Check what the client wants, and say that it has it."""
        base = sounding(socket.service, engines.tts)
        settings = await _settings(socket, start.session, base, engines.tts)
        talk = cls(socket, start, engines, settings)
        socket.outbox.send_json(
            {
                "event": "Started",
                "session": socket.conversation.id,
                "rate": start.rate,
                "output_rate": talk._output_rate,
                "encoding": start.encoding,
                "clears": start.clears,
                "lead_s": LEAD_S,
                "engines": {
                    kind: it.name for kind in kinds() if (it := engines.find(kind)) is not None
                },
            }
        )
        return talk

    async def receive(self, message: str | bytes) -> bool:
        """Do what the message asks for; whether the client stays."""
        try:
            if isinstance(message, bytes):
                await self._hear(message)
                return True
            return await self._do(parsed(VOICE_MESSAGE, message))
        except Exception as error:
            problem = problem_of(error)
            if problem.code == "internal_error":
                log.exception("a client's message failed")
            self._socket.outbox.send_json(error_event(problem))
            return True

    async def _hear(self, message: bytes) -> None:
        """Pass the audio on, slice by slice, as fast as the session takes it."""
        audio = pcm.from_bytes(message, self._start.encoding, self._start.rate)
        if self._muted:
            return
        for part in audio.slices(_SLICE_S):
            if self._socket.left:
                break
            await self.feed.put(part)

    async def _do(self, message: VoiceMessage) -> bool:
        session, outbox = self.session, self._socket.outbox
        match message:
            case VoiceStart():
                what = "the session has already started; use `configure` to change it"
                raise Problem(what, code="already_started", param="type")
            case UserText(text=text):
                session.send_text(self._bounded(text))
            case Say(text=text):
                session.say(self._bounded(text))
            case Interrupt():
                await session.interrupt()
            case Commit():
                if not session.commit():
                    raise Problem(
                        "there is no speech to commit; send audio first", code="commit_empty"
                    )
            case Configure(session=wanted):
                session.configure(
                    await _settings(self._socket, wanted, session.settings, self._tts)
                )
                now = _named(wanted, asdict(session.settings))
                outbox.send_json({"event": "Configured", "session": now})
            case Mute(muted=muted):
                self._muted = muted
            case Ping(id=number):
                outbox.send_json({"event": "Pong", "id": number})
            case End():
                return False
        return True

    def _bounded(self, text: str) -> str:
        most = self._socket.service.limits.text_chars
        if len(text) > most:
            what = f"the text has {len(text):,} characters, over the limit of {most:,}; split it"
            raise Problem(what, status=413, code="text_too_long", param="text")
        return text


async def _settings(
    socket: Socket, wanted: dict[str, object], base: SessionSettings, tts: Tts
) -> SessionSettings:
    """The settings that the client asks for. Raises BadRequest for what cannot be had."""
    service = socket.service
    settings = wanted_settings(wanted, base, service.config.session, service.settings)
    voice = TtsOptions(settings.voice, settings.language, settings.speed, settings.pitch)
    voice = await known_voice(tts, voice, service.settings)
    return replace(settings, voice=voice.voice)


def _named(wanted: Mapping[str, object], settings: Mapping[str, object]) -> dict[str, object]:
    """Those of the settings that the client named; the others may not be for its eyes."""
    named: dict[str, object] = {}
    for key, value in wanted.items():
        now = settings[key]
        if isinstance(value, Mapping) and isinstance(now, Mapping):
            now = _named(value, now)
        named[key] = now
    return named
