"""Hints that name the right word when a wrong one was given; pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint that names the nearest right word, or all of them."""
    known = list(known)
    close = difflib.get_close_matches(word, known, 1)
    choices = ", ".join(known) or "there are none"
    return f"did you mean {close[0]!r}? There are: {choices}" if close else f"try {choices}"
