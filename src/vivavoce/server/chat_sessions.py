"""Conversations that go on from one request to the next."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from vivavoce.conversation.history import History

from .errors import Problem

KEPT_S = 3600.0
_MOST = 1000
_MOST_WAITING = 8


@dataclass(slots=True, eq=False)
class ChatSession:
    """One conversation. owner: whose it is; others do not find it."""

    id: str
    owner: str
    history: History
    used: float = 0.0
    waiting: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class ChatSessions:
    """The latest conversations, each for an hour after its last turn."""

    def __init__(self, *, most: int = _MOST, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._kept: OrderedDict[str, ChatSession] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    @asynccontextmanager
    async def turn(
        self, id_: str | None, owner: str, history_turns: int
    ) -> AsyncIterator[ChatSession]:
        """A turn of the conversation, or of a new one; one turn at a time, in the order asked.

        A turn that fails leaves the history as it was.
        Raises Problem: 404 for a conversation that is not there, 429 when too many turns wait.
        """
        dialogue = self._found(id_, owner, history_turns)
        if dialogue.waiting >= _MOST_WAITING:
            what = (
                f"{dialogue.waiting} turns of this conversation are already waiting; "
                "send the next one after a reply"
            )
            raise Problem(what, status=429, code="conversation_busy", retry_after=2.0)
        dialogue.waiting += 1
        try:
            async with dialogue.lock:
                before = dialogue.history.messages
                try:
                    yield dialogue
                except BaseException:
                    dialogue.history.replace(before)
                    raise
                self._keep(dialogue)
        finally:
            dialogue.waiting -= 1

    def _found(self, id_: str | None, owner: str, history_turns: int) -> ChatSession:
        self._forget_old()
        if id_ is None:
            return ChatSession(secrets.token_urlsafe(12), owner, History(history_turns))
        dialogue = self._kept.get(id_)
        if dialogue is None or dialogue.owner != owner:
            raise Problem(
                f"unknown conversation {id_!r}; conversations expire {KEPT_S / 60:.0f} minutes "
                "after their last turn. Leave out `conversation_id` to start a new one",
                status=404,
                code="conversation_not_found",
                param="conversation_id",
            )
        return dialogue

    def _keep(self, dialogue: ChatSession) -> None:
        dialogue.used = self._clock()
        self._kept[dialogue.id] = dialogue
        self._kept.move_to_end(dialogue.id)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def _forget_old(self) -> None:
        long_ago = self._clock() - KEPT_S
        while self._kept:
            oldest = next(iter(self._kept.values()))
            if oldest.used > long_ago:
                return
            del self._kept[oldest.id]
