"""Whether all that was spoken has become words; pure."""

from __future__ import annotations

import unicodedata

_FEWEST_A_SECOND = 4.0
"""Letters of complete transcripts came at 8 to 22 a second of voice, in 12 languages; where an
engine had given up, at 0 to 2."""
_LEAST_S = 2.5
"""Less voice than this may be a sigh, a laugh or a long vowel."""
_DIGIT, _WIDE = 4, 3
"""Letters that a digit is spoken with, and a Han, kana or Hangul character."""


def spoken_letters(text: str) -> int:
    """About how many letters are spoken for a text."""
    return sum(_letters(character) for character in text)


def sparse(letters: int, voiced_s: float) -> bool:
    """Whether so much voice must have said more than so many letters."""
    return voiced_s >= _LEAST_S and letters < _FEWEST_A_SECOND * voiced_s


def _letters(character: str) -> int:
    if character.isdecimal() or character == "%":
        return _DIGIT
    if not character.isalpha():
        return 0
    return _WIDE if unicodedata.east_asian_width(character) in "WF" else 1
