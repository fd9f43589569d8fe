"""What a person would say for text as it is written."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a reply and how it is said.

    written: an exact stretch of the reply as written, whitespace included; usually one word.
    spoken: what is said for it; may be several words, or nothing.
    """

    written: str
    spoken: str


_TOKEN = re.compile(r"\s*\S+\s*$|\s*\S+|\s+")


def pieces(text: str, language: str | None = None, *, line_start: bool = True) -> list[Piece]:
    """The text, piece by piece; their `written` joined is the text."""
    return [Piece(part, _plain(part.strip())) for part in _TOKEN.findall(text)]


def _plain(token: str) -> str:
    return token.strip("*_`#~") if any(map(str.isalnum, token)) else ""
