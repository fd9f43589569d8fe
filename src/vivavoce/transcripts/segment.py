"""A stretch of a recording and what is said in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from vivavoce.engines import Transcript
from vivavoce.text.joins import continued

_BREATH_S = 0.25
"""A shorter pause is none: there a recording is cut because it goes on for too long."""


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


def going_on(segment: Segment, before: Segment) -> Segment:
    """The segment as it goes on after the one before; each was heard by itself."""
    said = segment.transcript
    in_a_breath = segment.start - before.end < _BREATH_S
    text = continued(before.plain, said.text, said.language, in_a_breath=in_a_breath)
    if text == said.text or not text:
        return segment
    words = said.words
    if words and len(words) == len(text.split()):
        words = (replace(words[0], text=text.split()[0]), *words[1:])
    return replace(segment, transcript=replace(said, text=text, words=words))


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
