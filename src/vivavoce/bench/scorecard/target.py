"""Whom the callers call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

from vivavoce.audio import Samples

from .phone import Phone


class CallLine(Protocol):
    """The way to the agent."""

    async def send(self, samples: Samples) -> None:
        """The next of the caller's sound, at 16 kHz, when it has been spoken."""
        ...

    async def ask_to_say(self, text: str) -> None:
        """Have the agent say this, as well as it can be made to."""
        ...


Talk: TypeAlias = Callable[[CallLine], Awaitable[None]]


class CallTarget(Protocol):
    """An agent that can be called."""

    @property
    def name(self) -> str:
        """For the report."""
        ...

    async def call(self, phone: Phone, instructions: str | None, talk: Talk) -> None:
        """Run `talk` with a line to the agent, which speaks and tells by the phone; then hang up.

        Raises VivavoceError, or a group of errors, when the call breaks off.
        """
        ...
