"""A segment's text in the smallest spans that a subtitle may break at, each with its time."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import pairwise

from vivavoce.engines import Word
from vivavoce.text.width import columns, spread, width

from .segment import Segment

WIDEST = 42
"""No span has more columns."""

_NEVER_FIRST = frozenset(("Mn", "Mc", "Lm", "Po", "Pe", "Pf"))
"""Categories of marks and closing punctuation, which stay with what they follow."""


@dataclass(frozen=True, slots=True)
class TimedSpan:
    """A word, or a part of one that is too wide or is written without spaces.

    glue: what stands between it and the span before: a space or nothing.
    """

    text: str
    glue: str
    start: float
    end: float


def spans_of(segment: Segment) -> list[TimedSpan]:
    """The segment's text with times that never go back.

    Where the engine told no word times, they are spread over the segment by width.
    """
    said = segment.transcript
    whole = " ".join(said.text.split())
    words = _placed(whole, said.words) or _spread(whole, segment.start, segment.end)
    spans: list[TimedSpan] = []
    now = max(0.0, segment.start if not said.words else 0.0)
    for word in words:
        start = max(now, word.start)
        now = max(start, word.end)
        spans += _narrow(TimedSpan(word.text, word.glue, start, now))
    return spans


def words_of(segment: Segment) -> tuple[Word, ...]:
    """The segment's words, with the engine's times where it told them.

    Else they are spread over the segment by width, and that the times are estimated is for the
    caller to say.
    """
    if segment.transcript.words:
        return segment.transcript.words
    return tuple(spread(segment.transcript.text, segment.start, segment.end))


def _placed(whole: str, words: tuple[Word, ...]) -> list[TimedSpan]:
    """The words as they stand in the text, what is between them added to the one before.

    Nothing if a word cannot be found there.
    """
    places: list[int] = []
    at = 0
    for word in words:
        spelling = " ".join(word.text.split())
        found = whole.find(spelling, at)
        if found < 0:
            return []
        places.append(found)
        at = found + len(spelling)
    if places:
        places[0] = 0
    spans: list[TimedSpan] = []
    for word, (first, last) in zip(words, pairwise([*places, len(whole)]), strict=True):
        spelled = whole[first:last].strip()
        glue = " " if first and whole[first - 1] == " " else ""
        if spelled:
            spans.append(TimedSpan(spelled, glue, word.start, word.end))
    return spans


def _spread(whole: str, start: float, end: float) -> list[TimedSpan]:
    words = spread(whole, start, end)
    return [
        TimedSpan(word.text, " " if number else "", word.start, word.end)
        for number, word in enumerate(words)
    ]


def _narrow(span: TimedSpan) -> list[TimedSpan]:
    """The span itself; several where it is too wide, or written without spaces."""
    parts: list[str] = []
    for character in span.text:
        if parts and _joins(parts[-1], character):
            parts[-1] += character
        else:
            parts.append(character)
    share = (span.end - span.start) / len(parts)
    times = [span.start + share * at for at in range(len(parts))] + [span.end]
    return [
        TimedSpan(part, "" if at else span.glue, times[at], times[at + 1])
        for at, part in enumerate(parts)
    ]


def _joins(part: str, character: str) -> bool:
    if columns(part + character) > WIDEST:
        return False
    narrow = width(character) < 2 and width(part[-1]) < 2
    return narrow or unicodedata.category(character) in _NEVER_FIRST
