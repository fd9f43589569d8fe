"""`[pause 500ms]` in a text that is to be spoken, found while the text comes."""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST_PAUSE_S = 10.0
"""A longer pause that is asked for is this long."""
_TAG = re.compile(
    r"\[pause\s{1,2}([0-9]{1,6}(?:\.[0-9]{0,3})?|\.[0-9]{1,3})\s?(ms|s)\]", re.IGNORECASE
)
_MAYBE = re.compile(
    r"\[(?:p|pa|pau|paus|pause|pause\s{1,2}|pause\s{1,2}[0-9.]{1,10}\s?(?:ms?|s)?)?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence. seconds: 0 to `LONGEST_PAUSE_S`."""

    seconds: float


class PauseReader:
    """Parts a text into what is to be said and the pauses in it, however the text is chunked.

    A space on each side of a tag becomes one. What only looks like a tag is text.
    left_out: characters so far that are in no part.
    """

    def __init__(self) -> None:
        self.left_out = 0
        self._held = ""
        self._spaced = True
        self._drops_space = False

    def feed(self, text: str) -> list[str | Pause]:
        """Take more of the text. The beginning of what may be a tag is held back."""
        text, self._held = self._held + text, ""
        parts: list[str | Pause] = []
        at = 0
        while (start := text.find("[", at)) >= 0:
            if tag := _TAG.match(text, start):
                self._add(parts, text[at:start])
                parts.append(pause(float(tag[1]) / (1000 if tag[2].lower() == "ms" else 1)))
                self._drops_space = self._spaced
                at = tag.end()
                self.left_out += at - start
            elif _MAYBE.fullmatch(text, start):
                self._add(parts, text[at:start])
                self._held = text[start:]
                return parts
            else:
                self._add(parts, text[at : start + 1])
                at = start + 1
        self._add(parts, text[at:])
        return parts

    def flush(self) -> list[str | Pause]:
        """What was held back: the text is over, and the next `feed` begins another."""
        held = self._held
        self._held, self._spaced, self._drops_space = "", True, False
        return [held] if held else []

    def _add(self, parts: list[str | Pause], text: str) -> None:
        if text and self._drops_space:
            self.left_out += text.startswith(" ")
            text = text.removeprefix(" ")
            self._drops_space = False
        if text:
            self._spaced = text[-1].isspace()
            parts.append(text)


def pause(seconds: float) -> Pause:
    """A pause of that length, held to what may be."""
    return Pause(min(max(seconds, 0.0), LONGEST_PAUSE_S))


def without_pauses(text: str) -> str:
    """A whole text without its tags."""
    reader = PauseReader()
    parts = [*reader.feed(text), *reader.flush()]
    return "".join(part for part in parts if isinstance(part, str))
