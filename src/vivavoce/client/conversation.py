"""A conversation with a server, in both directions at once (`WS /voice`)."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Mapping
from contextlib import aclosing
from typing import Protocol, TypeAlias

from pydantic import TypeAdapter, ValidationError

from vivavoce import events
from vivavoce.audio import Audio, Samples
from vivavoce.errors import BadRequest, EngineError
from vivavoce.events import Event, Paused, ReplyEnded

from .decode import sound
from .sockets import RATE, SocketConnection, Sockets, Told, Uplink, refused

log = logging.getLogger(__name__)

Settings: TypeAlias = Mapping[str, object]
"""Keys of the configuration's section `session`."""

_PATIENCE_S = 30.0
"""A call whose server is silent for so long is lost."""

_EVENTS: Mapping[str, TypeAdapter[Event]] = {
    kind.__name__: TypeAdapter(kind) for kind in events.Event.__args__
}
_NO_EVENTS = {"Configured", "Started"}


class SpeechSink(Protocol):
    """Where the reply's audio goes: a session's sink, which need not tell its lead."""

    @property
    def rate(self) -> int:
        """Hz of the samples it takes."""
        ...

    def write(self, samples: Samples) -> None:
        """Queue these for the ear. Must not block."""
        ...

    def flush(self) -> int | None:
        """Drop what has not left yet, at once."""
        ...


def ignore(event: Event) -> None:
    """Do nothing about it."""


class Conversation:
    """One conversation. Make one and `run` it once; say things to it meanwhile.

    sink: where the reply's audio goes. on_event: called with each event, in order.
    settings: what is to be other than the server has it.
    """

    def __init__(
        self,
        sockets: Sockets,
        sink: SpeechSink,
        on_event: Callable[[Event], None] = ignore,
        *,
        settings: Settings | None = None,
    ) -> None:
        self._sockets = sockets
        self._sink = sink
        self._on_event = on_event
        self._settings = settings or {}
        self._line: SocketConnection | None = None

    async def run(self, source: AsyncIterable[Audio]) -> None:
        """Converse until the source ends, which is the user's hanging up.

        source: audio in real time, in chunks of any size and rate; silence too, by which the server
        finds the end of a turn.
        Raises Refused, or EngineUnavailable when the server goes away.
        """
        async with aclosing(self.happenings(source)) as happenings:
            async for happening in happenings:
                self.handle(happening)

    async def happenings(self, source: AsyncIterable[Audio]) -> AsyncGenerator[Event | bytes, None]:
        """What comes from the server, to be given to `take`; consume under `aclosing`."""
        start = {
            "rate": RATE,
            "output_rate": self._sink.rate,
            "clears": True,
            "session": dict(self._settings),
        }
        line = self._line = await self._sockets.open("/voice", start, patience_s=_PATIENCE_S)

        async def send() -> None:
            await line.send_all(source)

        try:
            async with Uplink(line, send):
                while (message := await line.receive()) is not None:
                    happening = message if isinstance(message, bytes) else _event(message)
                    if happening is not None:
                        yield happening
        finally:
            self._line = None

    def handle(self, happening: Event | bytes) -> None:
        """Play it, or tell it."""
        if isinstance(happening, bytes):
            self._sink.write(sound(happening))
            return
        if isinstance(happening, Paused) or (
            isinstance(happening, ReplyEnded) and happening.why == "interrupted"
        ):
            self._sink.flush()
        self._on_event(happening)

    async def send_text(self, text: str) -> None:
        """The user writes this instead of speaking."""
        await self._tell({"type": "text", "text": text})

    async def say(self, text: str) -> None:
        """Let the server say this as it stands, as the assistant."""
        await self._tell({"type": "say", "text": text})

    async def interrupt(self) -> None:
        """Stop the reply."""
        await self._tell({"type": "interrupt"})

    async def commit(self) -> None:
        """The user's turn is over now: push-to-talk, where `turns.mode` is `manual`."""
        await self._tell({"type": "commit"})

    async def configure(self, settings: Settings) -> None:
        """Go by these settings from now on; those not named stay as they are."""
        await self._tell({"type": "configure", "session": dict(settings)})

    async def _tell(self, message: Told) -> None:
        if self._line is None:
            raise BadRequest("the conversation is not running; call `run` first")
        await self._line.send(message)


def _event(told: Told) -> Event | None:
    """The event; None for what is none, and for those that only newer servers know."""
    name = told["event"]
    if name == "Error":
        log.warning("the server rejected a message: %s", refused(told))
        return None
    known = _EVENTS.get(str(name))
    if known is None:
        if name not in _NO_EVENTS:
            log.debug("unknown event: %s", name)
        return None
    try:
        return known.validate_python(told)
    except ValidationError as error:
        raise EngineError(
            f"the server sent an invalid {name} event; check that its version matches"
        ) from error
