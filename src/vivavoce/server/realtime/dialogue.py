"""A Realtime session: the client's events become what the core does, the core's events what the
client is told.

    client → inputs (bounded, in order) → act on the event, or hear the audio → Session
    Session → events → UserSpeech (the user's turns), Response (the reply under way) → client
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeAlias

from vivavoce import events
from vivavoce.audio import Audio, Lapse
from vivavoce.engines import Message
from vivavoce.errors import VivavoceError
from vivavoce.events import as_dict
from vivavoce.playout import Sink
from vivavoce.server.aliases import voice_of
from vivavoce.server.problems import problem_of
from vivavoce.server.service import Service
from vivavoce.session import Session
from vivavoce.settings import SessionSettings
from vivavoce.sources import Feed

from . import server_events as tell
from .audio import Decoder
from .cleaning import Cleaning
from .client_events import AudioAppend, ClientEvent
from .conversation import Conversation, messages_of
from .core_settings import settings_of, toolbox_of
from .items import Item, new_id
from .memory import ItemMemory
from .outlets import CallSink, EventSink
from .response import Response, Send
from .responses import ResponseConfig, usual
from .session_config import ServerVad, SessionConfig
from .session_object import as_object, updated
from .speech import UserSpeech
from .wire_error import WireError

Inputs: TypeAlias = Feed[ClientEvent | WireError | Audio]

Act: TypeAlias = Callable[[ClientEvent], Awaitable[None]]

_AHEAD_S = 1.0
"""How far a client may run ahead of real time before it waits for the engines."""
_SLICE_S = 0.1
_REMEMBERED = 32
"""Items of which can be told what was heard of them, as many as the core remembers."""


class Watch(Protocol):
    """Hears all core events too, for logs and metrics."""

    def take(self, event: events.Event) -> None:
        """Count it."""
        ...


class Dialogue:
    """One client's session.

    send: takes each server event; must not block. call: where the audio goes of one that has a
    line for it; None sends it as events. core_events: also tell the core's own events.
    inputs: what the client sends; closing it ends the session.
    `act.Acts` does what the client's events ask for.
    """

    def __init__(
        self,
        service: Service,
        config: SessionConfig,
        send: Send,
        watch: Watch,
        *,
        call: Sink | None = None,
        core_events: bool = False,
        expires_at: int | None = None,
        inputs: Inputs | None = None,
    ) -> None:
        self.id = new_id("sess")
        self.config = config
        self.conversation = Conversation(service.config.session.history_turns)
        self.inputs: Inputs = inputs or Feed()
        self.response: Response | None = None
        self.asked: ResponseConfig | None = None
        self.cancelling = False
        self.audio_started = False
        self.buffered_s = 0.0
        self.turns: OrderedDict[str, int] = OrderedDict()
        self.has_call = call is not None
        self.engines = service.engines
        self._service = service
        self._ended = asyncio.Event()
        self._sends = [send]
        self._watch = watch
        self._core_events = core_events
        self._expires_at = expires_at
        self.turn = 0
        self._failure = ""
        self._ahead_s = 0.0
        self._sounding: str | None = None
        self._decoder = Decoder(config.input_format)
        self._cleaning: Cleaning | None = None
        self.speech = UserSpeech(self.conversation, self.send)
        self._sink: EventSink | CallSink
        self._sink = EventSink(self._speak) if call is None else CallSink(call, self._sound)
        self.session = Session(
            self.engines,
            self._sink,
            self._take,
            settings=self.settings(config),
            toolbox=toolbox_of(config),
            history=ItemMemory(self.conversation),
        )
        self._set_up()

    # --- for the connection ----------------------------------------------------------------------

    async def run(self, act: Act) -> None:
        """Converse until the inputs are closed. act: does what an event asks for; is awaited."""
        self.send(tell.session_created(self.object()))
        if self.config.type == "realtime":
            self.send(tell.conversation_created(self.conversation.id))
        try:
            await self.session.run(self._source(act))
        finally:
            self._ended.set()

    async def ended(self) -> None:
        """Wait until the session is over."""
        await self._ended.wait()

    def attach(self, send: Send) -> Callable[[], None]:
        """Tell another connection the events too; call what is returned to stop that."""
        self._sends.append(send)
        send(tell.session_created(self.object()))
        return lambda: self._sends.remove(send)

    def send(self, event: Mapping[str, Any]) -> None:
        """Tell the client."""
        for send in self._sends:
            send(event)

    def object(self) -> dict[str, Any]:
        """The session as the wire has it."""
        return as_object(self.config, self.id, self._expires_at)

    # --- the setup -------------------------------------------------------------------------------

    def answer(
        self, config: SessionConfig, response: ResponseConfig, items: Sequence[Item] | None
    ) -> None:
        """Begin a response. config: the setup for it. items: to go by; None is the conversation.

        Raises WireError for a voice that is not there.
        """
        settings = self.settings(config)
        prompt = None
        if items is not None:
            system = [Message("system", settings.system_prompt)] if settings.system_prompt else []
            prompt = system + messages_of(items)
        self.asked = response
        self.session.respond(
            settings=settings,
            toolbox=toolbox_of(config),
            prompt=prompt,
            keep=response.in_conversation,
        )

    def update(self, patch: Mapping[str, Any]) -> None:
        """Change the setup. Raises WireError for what makes no sense; nothing changes then."""
        config = updated(self.config, patch, audio_started=self.audio_started)
        settings = self.settings(config)
        if config.input_format != self.config.input_format:
            self._decoder = Decoder(config.input_format)
        self.config = config
        self.session.configure(settings, toolbox_of(config))
        self._set_up()
        self.send(tell.session_updated(self.object()))

    def settings(self, config: SessionConfig) -> SessionSettings:
        """The core's settings for a setup. Raises WireError for a voice that is not there."""
        service = self._service
        try:
            voice = voice_of(config.voice, service.engines.tts, service.settings)
        except VivavoceError as error:
            raise WireError(str(error), "invalid_value", "session.audio.output.voice") from error
        return settings_of(config, service.config.session, voice)

    def _set_up(self) -> None:
        config, speech = self.config, self.speech
        speech.detects = config.turn_detection is not None
        speech.transcribes = config.transcription is not None or config.type == "transcription"
        speech.live = config.type == "transcription"
        kind = config.noise_reduction
        if (self._cleaning.kind if self._cleaning else None) != kind:
            self._cleaning = None if kind is None else Cleaning(kind)

    # --- listening -------------------------------------------------------------------------------

    async def _source(self, act: Act) -> AsyncIterator[Audio | Lapse]:
        """What the core hears, and the time that passes; acts on events on the way, in order."""
        async for seconds, given in self.inputs:
            self._ahead_s = max(0.0, self._ahead_s - seconds)
            audio = await self._heard(given, act)
            if audio is None:
                yield Lapse(seconds)
            else:
                yield Lapse(seconds, audio[0])
                for piece in audio[1:]:
                    if self._ahead_s > _AHEAD_S:
                        await self.session.caught_up()
                    yield Lapse(0.0, piece)
            self._watch_idle()

    async def _heard(
        self, given: ClientEvent | WireError | Audio | None, act: Act
    ) -> list[Audio] | None:
        """The audio in what was given, in slices; what else it may be is done."""
        if given is None:
            return None
        if isinstance(given, Audio):
            return self._taken(given)
        try:
            if isinstance(given, WireError):
                raise given
            if isinstance(given, AudioAppend) and not self.has_call:
                return self._taken(self._decoder.decode(given.audio))
            await act(given)
        except WireError as error:
            event_id = error.event_id or getattr(given, "event_id", None)
            self.send(tell.error_of(error.about(event_id)))
        except VivavoceError as error:
            problem = problem_of(error)
            self.send(
                tell.error(
                    str(problem),
                    type=problem.type,
                    code=problem.code,
                    param=problem.param,
                    event_id=getattr(given, "event_id", None),
                )
            )
        return None

    def _taken(self, audio: Audio) -> list[Audio] | None:
        self.buffered_s += audio.seconds
        self._ahead_s += audio.seconds
        if self._cleaning is not None:
            audio = self._cleaning.clean(audio)
        step = round(_SLICE_S * audio.rate)
        samples = audio.samples
        slices = range(0, len(samples), step)
        return [Audio(samples[start : start + step], audio.rate) for start in slices] or None

    def forget_audio(self) -> None:
        """Nothing of what was appended is left to commit."""
        self.buffered_s = 0.0
        self._decoder.reset()

    def _watch_idle(self) -> None:
        """Have the model speak again where the client wants it to after a silence."""
        detection = self.config.turn_detection
        if not isinstance(detection, ServerVad) or detection.idle_timeout_ms is None:
            return
        quiet_s = self.session.quiet_s
        if self.response is None or 1000 * quiet_s < detection.idle_timeout_ms:
            return
        now = self.session.heard_s
        self.speech.time_out(max(0.0, now - quiet_s), now)
        self.forget_audio()
        self.session.respond()

    # --- telling ---------------------------------------------------------------------------------

    def _take(self, event: events.Event) -> None:
        self._watch.take(event)
        if self._core_events:
            self.send(
                {"type": "vivavoce.event", "event_id": new_id("event"), "event": as_dict(event)}
            )
        match event:
            case (
                events.SpeechStarted()
                | events.SpeechStopped()
                | events.Heard()
                | events.TurnDropped()
            ):
                self._take_speech(event)
            case events.Failed(message=message):
                self._failure = message
            case _:
                self._take_reply(event)

    def _take_speech(
        self,
        event: events.SpeechStarted | events.SpeechStopped | events.Heard | events.TurnDropped,
    ) -> None:
        speech = self.speech
        match event:
            case events.SpeechStarted(turn, at):
                doubtful = self.session.replying and self.session.settings.turns.barge_in
                speech.start(turn, at, tell_now=not doubtful)
            case events.Heard(turn, transcript, final=False):
                speech.hear(turn, transcript)
            case events.SpeechStopped(turn, at):
                speech.confirm()
                speech.commit(turn, at)
                self.forget_audio()
            case events.Heard(turn, transcript):
                speech.finish(turn, transcript)
            case events.TurnDropped(turn, "failed"):
                speech.fail(turn, self.session.heard_s, self._failure)
            case events.TurnDropped(turn, why):
                speech.drop(turn, self.session.heard_s, asked=why == "cleared")

    def _take_reply(self, event: events.Event) -> None:
        response = self.response
        match event:
            case events.ReplyStarted(turn):
                self._begin(turn)
            case events.Wrote(text=text) if response is not None:
                response.write(text)
                self._remember(response)
            case events.ToolCalled(call=call) if response is not None:
                response.call(call)
            case events.ReplyMade(usage=usage, failed=failed) if response is not None:
                self._sink.end()
                if failed:
                    response.fail(self._failure)
                else:
                    response.complete(usage)
            case events.ReplyEnded(heard=heard, why=why) if response is not None:
                self._end(response, heard, why)

    def _begin(self, turn: int) -> None:
        config, self.asked = self.asked or usual(self.config), None
        self.turn = turn
        self._sink.begin(config.output_format)
        self.response = Response(config, self.conversation, self.send)

    def _end(self, response: Response, heard: str, why: str) -> None:
        if why == "interrupted":
            if not self.cancelling:
                self.speech.confirm()
            if response.over:
                self._cut(response, heard)
            response.cancel("client_cancelled" if self.cancelling else "turn_detected", heard)
        elif why == "failed":
            response.fail(self._failure)
        if self._sounding is not None:
            stopped = (
                tell.output_audio_cleared if why == "interrupted" else tell.output_audio_stopped
            )
            self.send(stopped(self._sounding))
            self._sounding = None

    def _cut(self, response: Response, heard: str) -> None:
        """The reply was all sent, but not all heard."""
        if response.message is not None:
            part = replace(response.message.content[0], text=heard)
            self.conversation.replace(replace(response.message, content=(part,)))

    def _speak(self, audio: str) -> None:
        if self.response is not None:
            self.audio_started = True
            self.response.speak(audio)
            self._remember(self.response)

    def _sound(self) -> None:
        """The first audio of the reply goes out by the call."""
        self.audio_started = True
        if self.response is not None:
            self._sounding = self.response.id
            self.send(tell.output_audio_started(self.response.id))

    def _remember(self, response: Response) -> None:
        """Which turn of the core the response's message is."""
        if response.message is not None and response.message.id not in self.turns:
            self.turns[response.message.id] = self.turn
            if len(self.turns) > _REMEMBERED:
                self.turns.popitem(last=False)
