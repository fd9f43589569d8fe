"""How much is measured of a server."""

from __future__ import annotations

from dataclasses import dataclass

PARTS = ("ready", "idle", "sessions", "gap", "speaking", "speech", "transcribe")


@dataclass(frozen=True, slots=True)
class MeasurementPlan:
    """Counts and lengths of all parts.

    starts: of new processes. seconds: that idling and silent sessions are watched. sessions: silent
    ones. silence_ms, append_ms: of audio in one message, of silence and of questions.
    questions: for the gap. at_once: sessions that speak; rounds: questions of each.
    most: sessions to begin at most until one is refused. calls: of each kind to the HTTP routes.
    """

    starts: int = 3
    seconds: float = 20.0
    sessions: int = 100
    silence_ms: int = 100
    append_ms: int = 20
    questions: int = 24
    at_once: tuple[int, ...] = (1, 2, 4, 8)
    rounds: int = 4
    most: int = 64
    calls: int = 30


QUICK = MeasurementPlan(
    starts=1, seconds=3.0, sessions=10, questions=3, at_once=(1, 2), rounds=1, most=4, calls=3
)
"""To see that all of it works; too little to quote."""
