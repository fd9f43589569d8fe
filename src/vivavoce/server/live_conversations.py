"""The conversations that are running: what the logs call them, and how they end on shutdown.

A protocol's route enters each of its conversations, tells it every event of its session, and
has a task that waits until it should end:

    with admission.session(caller), service.conversations.enter("voice") as conversation:
        session = Session(engines, sink, conversation.telling(send))
        async with asyncio.TaskGroup() as group:
            group.create_task(goodbye(conversation, feed))
            await session.run(feed)

    async def goodbye(conversation: Conversation, feed: Feed) -> None:
        await conversation.over()
        feed.close()
"""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING

from vivavoce.events import (
    Event,
    Failed,
    Heard,
    ReplyEnded,
    ReplyStarted,
    SpeechStarted,
    SpeechStopped,
    TurnDropped,
)

from .errors import public_message

if TYPE_CHECKING:
    from vivavoce.server.observe.metrics import Metrics

log = logging.getLogger(__name__)

_NEW_S = 3.0
"""How long a session counts as one that talks before it has told anything."""

current: ContextVar[LiveConversation | None] = ContextVar("conversation", default=None)
"""The one that this task works for."""


def for_clients(event: Event) -> Event:
    """The event without what only the log may say."""
    if isinstance(event, Failed):
        return replace(event, message=public_message(event.engine, event.message))
    return event


class LiveConversation:
    """One caller's session, or stream.

    id: for logs. turn: the latest, as the session numbers them; 0 before the first.
    begun_at: by `time.monotonic`, as all times here. told_at: when it last told an event; -inf
    before the first.
    """

    def __init__(
        self,
        protocol: str,
        meters: Metrics,
        *,
        log_words: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self.begun_at = clock()
        self.id = secrets.token_hex(6)
        self.protocol = protocol
        self.turn = 0
        self.told_at = -math.inf
        self._meters = meters
        self._log_words = log_words
        self._speaking = False
        self._replying = False
        self._asked_to_end = False
        self._over = asyncio.Event()

    def handle(self, event: Event) -> None:
        """Count what the session told, and log what matters of it."""
        self.turn = getattr(event, "turn", self.turn)
        self.told_at = self._clock()
        self._meters.handle(event, self.protocol)
        match event:
            case SpeechStarted():
                self._speaking = True
            case SpeechStopped() | TurnDropped():
                self._speaking = False
            case ReplyStarted():
                self._replying = True
            case ReplyEnded(why=why):
                self._replying = False
                if why == "interrupted" and self._speaking:
                    self._meters.barge_in(self.protocol)
                self._perhaps_over()
        self._log(event)

    def telling(self, on_event: Callable[[Event], None]) -> Callable[[Event], None]:
        """`on_event`, told of what `handle` handles too: for a Session."""

        def handle(event: Event) -> None:
            self.handle(event)
            on_event(for_clients(event))

        return handle

    async def over(self) -> None:
        """Wait until the server wants to stop and no reply of the session is under way, or until
        it has no more time for one.

        Who waits then ends the conversation as its protocol does; what does not end soon is
        cancelled.
        """
        await self._over.wait()

    def finish(self) -> None:
        """Let the reply under way end, and nothing follow it."""
        self._asked_to_end = True
        self._perhaps_over()

    def end(self) -> None:
        """Let it end now, amid a reply too."""
        self._over.set()

    def _perhaps_over(self) -> None:
        if self._asked_to_end and not self._replying:
            self._over.set()

    def _log(self, event: Event) -> None:
        match event:
            case SpeechStarted():
                log.debug("the user started to speak")
            case SpeechStopped():
                log.debug("the user stopped speaking")
            case Heard(_, transcript, final=True) if self._log_words:
                log.info("heard: %s", transcript.text)
            case TurnDropped(_, why):
                log.debug("not a turn: %s", why)
            case ReplyEnded(_, heard, why, times):
                gap = times.gap if times else None
                timing = "" if gap is None else f" after {gap * 1000:.0f} ms"
                log.info("replied%s: %s%s", timing, why, f": {heard}" if self._log_words else "")
            case Failed(kind, engine, message, remedy):
                log.warning("%s %s failed: %s; %s", kind, engine, message, remedy)


class LiveConversations:
    """All that are running; once finished, new ones are asked to end at once."""

    def __init__(
        self,
        meters: Metrics,
        *,
        log_words: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._meters = meters
        self._clock = clock
        self._log_words = log_words
        self._running: dict[LiveConversation, asyncio.Task[object] | None] = {}
        self._finished = False
        self._none = asyncio.Event()
        self._none.set()

    def __len__(self) -> int:
        return len(self._running)

    @property
    def told_at(self) -> float:
        """When one of them last told an event, by `time.monotonic`; -inf where none did."""
        return max((running.told_at for running in self._running), default=-math.inf)

    def talking(self, within_s: float = 10.0) -> int:
        """How many told an event in the last seconds: somebody speaks there, or is answered.

        One that has just begun counts, too, until it could have told one.
        """
        now = self._clock()
        return sum(
            running.told_at > now - within_s or running.begun_at > now - _NEW_S
            for running in self._running
        )

    @contextmanager
    def enter(self, protocol: str) -> Iterator[LiveConversation]:
        """A conversation of the current task; log lines of the task and its children name it.

        protocol: such as `realtime`, `voice`, `wyoming`.
        """
        conversation = LiveConversation(
            protocol, self._meters, log_words=self._log_words, clock=self._clock
        )
        self._running[conversation] = asyncio.current_task()
        self._none.clear()
        token = current.set(conversation)
        self._meters.session_started(protocol)
        log.info("%s session started", protocol)
        if self._finished:
            conversation.finish()
        try:
            yield conversation
        finally:
            log.info("%s session ended after %d turns", protocol, conversation.turn)
            self._meters.session_ended(protocol)
            current.reset(token)
            del self._running[conversation]
            if not self._running:
                self._none.set()

    def finish(self) -> None:
        """Let replies under way end, and have all conversations end after them."""
        self._finished = True
        for conversation in self._running:
            conversation.finish()

    def end(self) -> None:
        """Have all conversations end now, each as its protocol does."""
        for conversation in self._running:
            conversation.end()

    def cancel(self) -> None:
        """Stop what has not ended by itself."""
        for task in self._running.values():
            if task is not None:
                task.cancel()

    async def ended(self) -> None:
        """Wait until none is running."""
        await self._none.wait()
