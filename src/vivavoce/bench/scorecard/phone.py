"""What a caller holds: a clock, a loudspeaker, and a note of all that the agent tells."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

from vivavoce.audio import Samples

from .loudspeaker import CallerLoudspeaker
from .timeline import Kind, ReplyAudio, TimelineMark


class Clock(Protocol):
    """Seconds since the call began."""

    @property
    def now(self) -> float:
        """They."""
        ...

    async def until(self, at: float) -> None:
        """Wait for this moment; back at once when it is over."""
        ...


class WallClock:
    """The speed of speech. Begins when it is made, or a little later."""

    def __init__(self, delay_s: float = 0.1) -> None:
        self._begun = time.perf_counter() + delay_s

    @property
    def now(self) -> float:
        """Seconds since the call began."""
        return time.perf_counter() - self._begun

    async def until(self, at: float) -> None:
        """Wait for this moment."""
        await asyncio.sleep(max(0.0, at - self.now))


class LockstepClock:
    """As fast as it is computed: it is always the moment that was last waited for."""

    def __init__(self) -> None:
        self.now = 0.0

    async def until(self, at: float) -> None:
        """It is this moment now."""
        self.now = max(self.now, at)
        await asyncio.sleep(0)


class Phone:
    """One call's. under_way: the reply that is being given, or nothing.

    drafts: replies that were begun, if that is known; speeches: the words of replies, likewise.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.speaker = CallerLoudspeaker()
        self.marks: list[TimelineMark] = []
        self.vad: list[tuple[float, float]] = []
        self.replies: list[ReplyAudio] = []
        self.under_way = ""
        self.drafts: int | None = None
        self.cpu_s: float | None = None

    def tell(self, kind: Kind, text: str = "", value: float | None = None, reply: str = "") -> None:
        """This happened now."""
        at = round(max(0.0, self.clock.now), 4)
        self.marks.append(TimelineMark(at, kind, text, value, reply))
        if kind == "reply started":
            self.under_way = reply
        elif kind == "reply ended" and reply == self.under_way:
            self.under_way = ""

    def play(self, samples: Samples, rate: int, reply: str) -> None:
        """The agent sent this."""
        self.speaker.play(samples, rate, reply, max(0.0, self.clock.now))

    def flush(self) -> float:
        """Fall silent; returns the seconds that were not played."""
        return self.speaker.flush(max(0.0, self.clock.now))
