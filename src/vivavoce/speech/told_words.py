"""The words that are told for what a voice says where it was given other words; pure."""

from __future__ import annotations

from collections.abc import Sequence

from vivavoce.engines import Word
from vivavoce.text.spoken_text import ReplacedStretch, VoiceText, bare
from vivavoce.text.width import spread

_NEARBY = 40
"""Characters within which a word that the engine tells is looked for in what it was given."""


class ToldWords:
    """One phrase's words on their way out. Each is told once, when its end is known."""

    def __init__(self, given: VoiceText) -> None:
        self._given = given.text.lower()
        self._replaced = given.replaced
        self._at = 0
        self._open: ReplacedStretch | None = None
        self._start = self._end = 0.0

    def feed(self, words: Sequence[Word]) -> tuple[Word, ...]:
        """Take the next words of the voice; give those to tell."""
        if not self._replaced:
            return tuple(words)
        told: list[Word] = []
        for word in words:
            stretch = self._stretch_of(word)
            if stretch is None or stretch is not self._open:
                told += self.rest()
            if stretch is None:
                told.append(word)
            elif self._open is None:
                self._open, self._start, self._end = stretch, word.start, word.end
            else:
                self._end = word.end
        return tuple(told)

    def rest(self) -> tuple[Word, ...]:
        """The phrase is over: what is left to tell."""
        stretch, self._open = self._open, None
        return tuple(spread(stretch.told, self._start, self._end)) if stretch else ()

    def _stretch_of(self, word: Word) -> ReplacedStretch | None:
        """The stretch that a word is in; None for one that is told as it is."""
        text = bare(word.text).lower()
        found = self._given.find(text, self._at, self._at + len(text) + _NEARBY)
        start = max(found, self._at)
        self._at = start + len(text)
        return next((it for it in self._replaced if it.start < self._at and start < it.end), None)
