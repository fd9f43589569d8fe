"""No turn detector at all: the wait after speech is then the same for every turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from vivavoce.audio import Audio


@dataclass(frozen=True, slots=True)
class SilenceOptions:
    """What may be set."""

    probability: Annotated[
        float, Field(ge=0, le=1, description="that it gives; 1 waits shortest, 0 waits longest")
    ] = 0.5


class SilenceTurn:
    """Gives the same probability for every utterance, so that silence alone ends a turn."""

    local = True
    model = None
    device = "cpu"

    def __init__(self, options: SilenceOptions | None = None) -> None:
        self._probability = (options or SilenceOptions()).probability

    @property
    def name(self) -> str:
        """Its name."""
        return "silence"

    @property
    def rate(self) -> int:
        """16 kHz, though the utterance is not looked at."""
        return 16_000

    async def load(self) -> None:
        """Does nothing: there are no weights."""

    async def aclose(self) -> None:
        """Does nothing: there is nothing to free."""

    async def probability(self, utterance: Audio, transcript: str) -> float:
        """The constant, whatever was said."""
        return self._probability
