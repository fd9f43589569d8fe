"""A stretch of a recording and what is said in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from vivavoce.engines import Transcript


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the recording and what is said in it.

    start, end: in seconds from the recording's beginning, as are the transcript's words.
    speaker: who says it, where that is told: a channel that was heard by itself.
    """

    start: float
    end: float
    transcript: Transcript
    speaker: str | None = None

    @property
    def plain(self) -> str:
        """Its text in a line."""
        return " ".join(self.transcript.text.split())


def average(segments: Iterable[Segment], of: Callable[[Transcript], float | None]) -> float | None:
    """Of what is known, weighted by the number of words; None where nothing is."""
    known = [
        (value, count)
        for segment in segments
        if (value := of(segment.transcript)) is not None
        and (count := len(segment.transcript.text.split()))
    ]
    total = sum(count for _, count in known)
    return sum(value * count for value, count in known) / total if total else None
