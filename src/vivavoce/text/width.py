"""How wide text is shown, and the times of words where only those of the whole are known; pure."""

from __future__ import annotations

import unicodedata

from vivavoce.engines import Word


def columns(text: str) -> int:
    """How wide the text is shown, in Latin letters."""
    return sum(width(character) for character in text)


def width(character: str) -> int:
    """Of one character: 0, 1 or 2 columns."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def spread(text: str, start: float, end: float) -> list[Word]:
    """The words of the text, spread over the time by their width."""
    words = text.split()
    total = max(1, sum(columns(word) for word in words) + len(words) - 1)
    share = (end - start) / total
    spread: list[Word] = []
    seen = 0
    for word in words:
        first, seen = seen, seen + columns(word)
        spread.append(Word(word, start + first * share, start + seen * share))
        seen += 1
    return spread
