"""Push-to-talk: the microphone is open between two presses of a key."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import numpy as np

from vivavoce.audio import Audio
from vivavoce.conversation.session import Session

TALK_KEYS = " \r\n"

_TAIL_S = 0.2
"""The microphone stays open a little: people press before their last sound has ended."""


class PushToTalk:
    """The first press opens the microphone and ends the reply; the second ends the turn.

    The session's turns are in the mode `manual`. on_change: told whether the microphone is open.
    on_nothing: called when nothing was heard in between.
    """

    def __init__(
        self,
        session: Session,
        on_change: Callable[[bool], None],
        on_nothing: Callable[[], None],
    ) -> None:
        self._session = session
        self._on_change = on_change
        self._on_nothing = on_nothing
        self._open = False
        self._left_s: float | None = None

    def press(self, key: str = " ") -> None:
        """A key was pressed; others than `TALK_KEYS` mean nothing."""
        if key not in TALK_KEYS:
            return
        if self._open and self._left_s is None:
            self._left_s = _TAIL_S
        else:
            self._open, self._left_s = True, None
            self._on_change(True)  # noqa: FBT003

    async def source(self, microphone: AsyncIterator[Audio]) -> AsyncIterator[Audio]:
        """What the session is to hear."""
        async for audio in microphone:
            if not self._open:
                yield Audio(np.zeros_like(audio.samples), audio.rate)
                continue
            if self._session.replying:
                await self._session.interrupt()
            yield audio
            if self._left_s is not None:
                self._left_s -= audio.seconds
                if self._left_s <= 0:
                    self._release()

    def _release(self) -> None:
        self._open, self._left_s = False, None
        self._on_change(False)  # noqa: FBT003
        if not self._session.commit():
            self._on_nothing()
