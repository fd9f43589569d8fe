"""Where a turn's time went, anchored at the true end of the user's speech."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class TurnTimes:
    """One turn's latency, in seconds on the wall clock from the end of the user's speech.

    Each is when the thing had happened, so they may be compared but not added; None means it
    did not happen. The end of speech is where the VAD last heard the user, its hangover taken
    off.

    stt: the transcript that the reply answers was final.
    first_token: the language model's first token was there.
    first_phrase: the first phrase was complete.
    first_audio: the first phrase's first audio was there.
    turn_over: it was decided that the user had finished.
    playout: the first audible sample left for the ear. This is the gap.
    draft: the reply had been prepared before the turn was over, and was used.
    """

    stt: float | None = None
    first_token: float | None = None
    first_phrase: float | None = None
    first_audio: float | None = None
    turn_over: float | None = None
    playout: float | None = None
    draft: bool = False

    @property
    def gap(self) -> float | None:
        """From the end of the user's speech to the first audible sample of the reply."""
        return self.playout

    def as_dict(self) -> dict[str, float | bool | None]:
        """For JSON."""
        return asdict(self)
