"""How batches give way to those who wait for an answer."""

from __future__ import annotations

import asyncio
import time

from vivavoce.server.access.admission import Admission
from vivavoce.server.live_conversations import LiveConversations

BUSY_S = 0.05
"""Work that waits this long on average is work that somebody waits for."""
QUIET_S = 1.0
"""So long after the last event of any conversation, nobody is in the midst of a turn."""
PATIENCE_S = 10.0
"""How long one step waits for such a pause: somebody who never falls silent stops no batch."""
LONGEST_REST_S = 2.0
_LOOK_S = 0.1


class Yielding:
    """Asked before each step of a batch, when the step may begin.

    Conversations that are in the midst of a turn come first. Beside those that are not, it rests
    as long as the step before took. While work waits for the machine, or requests for a place, it
    stands still.
    """

    def __init__(self, admission: Admission, conversations: LiveConversations) -> None:
        self._admission = admission
        self._conversations = conversations
        self._began = time.monotonic()

    async def step(self) -> None:
        """Wait until the next step may begin."""
        asked = time.monotonic()
        if self._admission.sessions:
            await asyncio.sleep(min(asked - self._began, LONGEST_REST_S))
        while self._in_need() or self._in_turn(asked):  # noqa: ASYNC110 - measured, nobody tells it
            await asyncio.sleep(_LOOK_S)
        self._began = time.monotonic()

    def _in_need(self) -> bool:
        return self._admission.waiting > 0 or self._admission.load.delay_s > BUSY_S

    def _in_turn(self, asked: float) -> bool:
        now = time.monotonic()
        return now - self._conversations.told_at < QUIET_S and now - asked < PATIENCE_S
