"""What callers do, for tests: what they say, and where they listen."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from typing import TypeVar

from vivavoce.audio import Audio
from vivavoce.conversation.sinks import MemorySink
from vivavoce.conversation.sources import at_speed_of_speech
from vivavoce.events import Event, ReplyEnded
from vivavoce.testing import hush, say

T = TypeVar("T")


def question() -> list[Audio]:
    """Somebody says something, and falls silent."""
    return [hush(0.3), say(1.0), hush(3.0)]


async def given(items: Iterable[T]) -> AsyncIterator[T]:
    """The items, one after another."""
    for item in items:
        yield item


class Caller:
    """Asks, and listens until the reply has ended. events: all that were told."""

    def __init__(self, rate: int = 24_000) -> None:
        self.sink = MemorySink(rate)
        self.events: list[Event] = []

    def hear(self, event: Event) -> None:
        """Remember it."""
        self.events.append(event)

    @property
    def answered(self) -> bool:
        """Whether a reply has ended."""
        return any(isinstance(event, ReplyEnded) for event in self.events)

    def speech(self, audio: Audio, until: Callable[[], bool] | None = None) -> AsyncIterator[Audio]:
        """The audio at the speed of speech, then silence until the reply has ended."""
        return at_speed_of_speech(audio, until or (lambda: self.answered))
