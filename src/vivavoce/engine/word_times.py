"""Words of a phrase and their times in its audio, for engines that know where words begin."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from dataclasses import dataclass

from vivavoce.engines import Word

_UNSPACED = ((0x3040, 0x30FF), (0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))
"""Kana and Han, which are written without spaces: a character is a word."""
_SPOKEN_MARKS = frozenset("&@#%*/\\")


@dataclass(frozen=True, slots=True)
class WordSpan:
    """Where a word stands in a phrase, in characters: `phrase[start:end]` is `text`."""

    start: int
    end: int
    text: str


def word_spans(phrase: str) -> list[WordSpan]:
    """The words of a phrase as written, with the marks that touch them.

    They are cut at spaces, and at each Han or kana character. What has nothing to say, such as
    a dash on its own, is no word.
    """
    spans: list[WordSpan] = []
    start = 0
    for at in range(len(phrase) + 1):
        character = phrase[at] if at < len(phrase) else " "
        if not character.isspace() and not (_unspaced(character) and _says(phrase[start:at])):
            continue
        if _says(phrase[start:at]):
            spans.append(WordSpan(start, at, phrase[start:at]))
        start = at + 1 if character.isspace() else at
    return spans


class WordTimes:
    """Tells each word of a phrase once, in order, when its end is known.

    A word that begins unannounced shares the time of the announced word before it, in
    proportion to its length. Samples count from the start of the audio.
    """

    def __init__(self, phrase: str, rate: int) -> None:
        self._spans = word_spans(phrase)
        self._starts = [span.start for span in self._spans]
        self._rate = rate
        self._told = 0
        self._began = 0

    def began(self, position: int, sample: int, *, heard_to: int) -> list[Word]:
        """The word at this character begins at `sample`: the words that ended before it.

        heard_to: the last audible sample before this one.
        """
        word = bisect_right(self._starts, position) - 1
        if word <= self._told:
            if self._told == 0:
                self._began = min(self._began or sample, sample)
            return []
        told = self._tell(word, min(heard_to, sample))
        self._began = sample
        return told

    def ended(self, heard_to: int) -> list[Word]:
        """The audio is over: the words left."""
        return self._tell(len(self._spans), heard_to)

    def _tell(self, until: int, end: int) -> list[Word]:
        spans, end = self._spans[self._told : until], max(end, self._began)
        self._told = until
        whole = sum(len(span.text) for span in spans)
        words, passed = [], 0
        for span in spans:
            start = self._began + (end - self._began) * passed / whole
            passed += len(span.text)
            finish = self._began + (end - self._began) * passed / whole
            words.append(Word(span.text, start / self._rate, finish / self._rate))
        return words


def _unspaced(character: str) -> bool:
    code = ord(character)
    return any(first <= code <= last for first, last in _UNSPACED)


def _says(text: str) -> bool:
    return any(
        character in _SPOKEN_MARKS or unicodedata.category(character)[0] in "LNS"
        for character in text
    )
