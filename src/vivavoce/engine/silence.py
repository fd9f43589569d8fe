"""No turn detector at all: the wait after speech is then the same for every turn."""

from __future__ import annotations

from vivavoce.audio import Audio
from vivavoce.errors import BadRequest


class SilenceTurn:
    """Gives the same probability for every utterance, so that silence alone ends a turn.

    probability: what it gives, 0 to 1; 1 waits shortest, 0 waits longest.
    """

    def __init__(self, *, probability: float = 0.5) -> None:
        if not 0.0 <= probability <= 1.0:
            raise BadRequest(f"silence: probability is {probability}; it must be 0 to 1")
        self._probability = probability

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
