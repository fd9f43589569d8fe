"""A Realtime session: the client's events become what the core does, the core's events what the
client is told.

    client → inputs (bounded, in order) → act on the event, or hear the audio → Session
    Session → events → EventTranslator → UserSpeech (the user's turns)
                                       → Response (the reply) → client
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from vivavoce import events
from vivavoce.audio import Audio, Lapse
from vivavoce.conversation.playout import Sink
from vivavoce.conversation.session import Engines, Session
from vivavoce.engines import Message
from vivavoce.errors import VivavoceError
from vivavoce.events import as_dict
from vivavoce.server.access.byte_budget import Account, Share
from vivavoce.server.errors import Problem, problem_of
from vivavoce.server.live_conversations import for_clients
from vivavoce.server.selection.aliases import voice_of
from vivavoce.server.service import Service
from vivavoce.settings import SessionSettings

from . import server_events as tell
from .audio import WireDecoder
from .client_events import AudioAppend, ClientEvent
from .event_translator import EventTranslator
from .inputs import inputs_of, while_here
from .item_list import ItemList, messages_of
from .items import Item, new_id
from .items import bytes_of as bytes_of_item
from .memory import ItemMemory
from .noise_reduction import StreamCleaner
from .response import Send
from .responses import ResponseConfig, usual
from .session_config import ServerVad, SessionConfig, bytes_of
from .session_object import as_object, updated
from .session_settings import settings_of, toolbox_of
from .wire_error import WireError

log = logging.getLogger(__name__)

Act: TypeAlias = Callable[[ClientEvent], Awaitable[None]]

_AHEAD_S = 1.0
"""How far a client may run ahead of real time before it waits for the engines."""
_SLICE_S = 0.1
_MOST_TOLD = 8
"""Connections to one session: its own, and those beside a call."""


class Watch(Protocol):
    """Hears all core events too, for logs and metrics."""

    def handle(self, event: events.Event) -> None:
        """Count it."""
        ...


class RealtimeSession:
    """One client's session.

    engines: what serves it. send: takes each server event; must not block. account: counts what is
    kept of what the client sends. call: where the audio
    goes of one that has a line for it; None sends it as events. core_events: also tell the core's
    own events. inputs: what the client sends; closing them ends the session.
    `client_actions.ClientActions` does what the client's events ask for.
    """

    def __init__(
        self,
        service: Service,
        engines: Engines,
        config: SessionConfig,
        send: Send,
        watch: Watch,
        account: Account,
        *,
        call: Sink | None = None,
        core_events: bool = False,
        expires_at: int | None = None,
    ) -> None:
        self.id = new_id("sess")
        self.config = config
        self._setup, self._asked = Share(account), Share(account)
        self.conversation = ItemList(service.config.session.history_turns, account=account)
        self.inputs = inputs_of(account)
        self.buffered_s = 0.0
        self.has_call = call is not None
        self.engines = engines
        self.most_turn_s = service.limits.turn_s
        self._service = service
        self._ended = asyncio.Event()
        self._sends = [send]
        self._watch = watch
        self._core_events = core_events
        self._expires_at = expires_at
        self._ahead_s = 0.0
        self._decoder = WireDecoder(config.input_format)
        self._cleaning: StreamCleaner | None = None
        self.translator = EventTranslator(
            self.conversation, self.send, call, lambda: usual(self.config), self.forget_audio
        )
        self.session = Session(
            self.engines,
            self.translator.sink,
            self._handle,
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
        """Tell another connection the events too; call what is returned to stop that.

        Raises Problem (429) when as many are told as may be.
        """
        if len(self._sends) >= _MOST_TOLD:
            message = f"{_MOST_TOLD} of {_MOST_TOLD} connections follow this call; close one first"
            raise Problem(message, status=429, code="too_many_sessions")
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

        Raises WireError for a voice that is not there, Problem for what takes too much memory.
        """
        settings = self.settings(config)
        self._asked.replace(bytes_of(config) + sum(map(bytes_of_item, response.sent)))
        prompt = None
        if items is not None:
            system = [Message("system", settings.system_prompt)] if settings.system_prompt else []
            prompt = system + messages_of(items)
        self.translator.asked = response
        self.session.respond(
            settings=settings,
            toolbox=toolbox_of(config),
            prompt=prompt,
            keep=response.in_conversation,
        )

    def update(self, patch: Mapping[str, Any]) -> None:
        """Change the setup.

        Raises WireError for what makes no sense, Problem for what takes too much memory; nothing
        changes then.
        """
        config = updated(self.config, patch, audio_started=self.translator.audio_started)
        settings = self.settings(config)
        self._setup.replace(bytes_of(config))
        if config.input_format != self.config.input_format:
            self._decoder = WireDecoder(config.input_format)
        self.config = config
        self.session.configure(settings, toolbox_of(config))
        self._set_up()
        self.send(tell.session_updated(self.object()))

    def settings(self, config: SessionConfig) -> SessionSettings:
        """The core's settings for a setup. Raises WireError for a voice that is not there."""
        service = self._service
        try:
            voice = voice_of(config.voice, self.engines.tts, service.settings)
        except VivavoceError as error:
            raise WireError(str(error), "invalid_value", "session.audio.output.voice") from error
        return settings_of(config, service.config.session, voice)

    def _set_up(self) -> None:
        config, speech = self.config, self.translator.speech
        speech.detects = config.turn_detection is not None
        speech.transcribes = config.transcription is not None or config.type == "transcription"
        speech.live = config.type == "transcription"
        kind = config.noise_reduction
        if (self._cleaning.kind if self._cleaning else None) != kind:
            self._cleaning = None if kind is None else StreamCleaner(kind)

    # --- listening -------------------------------------------------------------------------------

    async def _source(self, act: Act) -> AsyncIterator[Audio | Lapse]:
        """What the core hears, and the time that passes; acts on events on the way, in order."""
        async for seconds, given in self.inputs:
            self._ahead_s = max(0.0, self._ahead_s - seconds)
            audio = await self._heard(given, act)
            if audio is None:
                yield Lapse(seconds)
            else:
                yield Lapse(seconds, self._cleaned(audio[0]))
                for piece in audio[1:]:
                    if self._ahead_s > _AHEAD_S:
                        await while_here(self.inputs, self.session.caught_up())
                    if self.inputs.abandoned:
                        return
                    await asyncio.sleep(0)  # others have their turn, however much this one sent
                    yield Lapse(0.0, self._cleaned(piece))
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
            await while_here(self.inputs, act(given))
        except WireError as error:
            event_id = error.event_id or getattr(given, "event_id", None)
            self.send(tell.error_of(error.about(event_id)))
        except Exception as error:
            problem = problem_of(error)
            if problem.code == "internal_error":
                log.exception("a client's event failed")
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
        return list(audio.slices(_SLICE_S)) or None

    def _cleaned(self, audio: Audio) -> Audio:
        return audio if self._cleaning is None else self._cleaning.clean(audio)

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
        if self.translator.response is None or 1000 * quiet_s < detection.idle_timeout_ms:
            return
        now = self.session.heard_s
        self.translator.speech.time_out(max(0.0, now - quiet_s), now)
        self.forget_audio()
        self.session.respond()

    def _handle(self, event: events.Event) -> None:
        self._watch.handle(event)
        event = for_clients(event)
        if self._core_events:
            told = {"type": "vivavoce.event", "event_id": new_id("event"), "event": as_dict(event)}
            self.send(told)
        self.translator.handle(event, self.session)
