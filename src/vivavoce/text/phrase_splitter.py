"""Cuts running text into stretches that can be spoken on their own, as soon as that is known."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vivavoce.text.language.pack import BreakWords

from . import boundaries
from .boundaries import Boundary, BoundaryRule
from .pronunciations import PronouncingDictionary

_LONGEST_TOKEN = 160
_SLACK = 3
"""Words past a limit for which a better place is awaited."""
_GROWTH = 4
"""How much longer a phrase may be than all that was said before it: text is written at least
four times as fast as it is spoken, so the next phrase is there before the voice runs dry."""
_QUICK = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*[?!,]")
_ENCLOSING = frozenset('"“«„‹([{*_`「『（【《')
_MARKER = re.compile(r"[-*+•>]|#+|\|.*|\d+[.)]")


@dataclass(frozen=True, slots=True)
class SpokenStretch:
    """Text up to a cut. ending: how it was cut; line_start: it begins where a line does."""

    text: str
    ending: Boundary
    line_start: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a cut may be. words: in all the text that is not cut yet, up to here."""

    end: int
    words: float
    kind: Boundary


@dataclass(frozen=True, slots=True)
class _Wait:
    """A place whose kind depends on what follows."""

    end: int
    rule: BoundaryRule


class PhraseSplitter:
    """Takes text a character at a time and cuts it. Offsets count from the start of the reply.

    dictionary: no cut parts an entry of it.
    """

    def __init__(
        self,
        breaks: BreakWords,
        first_words: int,
        most_words: int,
        dictionary: PronouncingDictionary | None = None,
    ) -> None:
        self._breaks = breaks
        self._dictionary = dictionary
        self._first_words = first_words
        self._most_words = most_words
        self._said = 0.0
        self._fresh = True
        self._base = 0
        self._start: int | None = None
        self._wait: _Wait | None = None
        self._places: list[_Place] = []
        self._cuts: list[SpokenStretch] = []
        self._begin_text()

    def feed(self, character: str) -> list[SpokenStretch]:
        """Take the next character and give the stretches that it completes."""
        at = self._base + len(self._text)
        if character.isspace():
            if self._start is not None:
                self._complete(at)
            self._text += character
            if character == "\n":
                self._end_line(at)
        elif self._wait and self._start is None and self._closes(character):
            self._text += character
            self._wait = _Wait(at + 1, self._wait.rule)
        else:
            self._take_visible(character, at)
        return self._taken()

    def rest(self) -> list[SpokenStretch]:
        """All that is left, the text being over. What follows begins a line."""
        if self._start is not None:
            self._complete(self._base + len(self._text))
        if self._wait and any(map(str.isalnum, self._text[self._wait.end - self._base :])):
            self._place(self._wait.end, Boundary.SENTENCE)
        if self._text:
            self._cut(self._base + len(self._text), Boundary.LINE)
        stretches = self._taken()
        self._begin_text()
        return stretches

    def break_off(self) -> list[SpokenStretch]:
        """All that is left; what follows goes on where it stopped."""
        if self._start is not None:
            self._complete(self._base + len(self._text))
        if self._wait:
            wait, self._wait = self._wait, None
            self._place(wait.end, Boundary.SENTENCE)
        if self._text:
            ends_line = self._text.endswith("\n")
            self._cut(self._base + len(self._text), Boundary.LINE if ends_line else Boundary.PLAIN)
            self._line_start = ends_line
        self._places = []
        return self._taken()

    def _begin_text(self) -> None:
        self._text = ""
        self._line_start = True
        self._line = self._base
        self._line_first = True
        self._line_marked = False
        self._line_length = 0
        self._start = None
        self._words = 0.0
        self._places = []
        self._wait = None

    def _taken(self) -> list[SpokenStretch]:
        cuts, self._cuts = self._cuts, []
        return cuts

    def _take_visible(self, character: str, at: int) -> None:
        if self._start is not None and self._parts(self._text[-1], character):
            self._complete(at)
        if self._start is None:
            self._settle(character)
            self._start = at
        self._text += character
        token = self._slice(self._start, at + 1)
        if (
            character in boundaries.WIDE_MARKS
            or (character == "—" and len(token) > 1)
            or self._ends_quickly(token)
        ):
            self._complete(at + 1)
        elif len(token) >= _LONGEST_TOKEN and not boundaries.joins(character):
            self._complete(at + 1)
            self._cut(at + 1, Boundary.PLAIN)

    def _closes(self, character: str) -> bool:
        return character in boundaries.CLOSERS and not self._text[-1:].isspace()

    def _parts(self, before: str, after: str) -> bool:
        """Whether a token ends between these two, without a space."""
        if not (boundaries.is_unspaced(before) or boundaries.is_unspaced(after)):
            return False
        return not (
            before in _ENCLOSING
            or after in boundaries.CLOSERS
            or after in boundaries.SENTENCE_MARKS
            or after in boundaries.CLAUSE_MARKS
            or boundaries.joins(after)
        )

    def _ends_quickly(self, token: str) -> bool:
        """Whether a plain word's mark ends the stretch without a look at what follows."""
        if token[-1] not in "?!," or not _QUICK.fullmatch(token):
            return False
        if token[-1] != "," and (self._words or not self._fresh) and _named(token):
            return False
        if token[-1] == "," and self._words + 1 < self._clause_words:
            return False
        return _ENCLOSING.isdisjoint(self._text) and not boundaries.open_bracket(self._text)

    def _quoting(self) -> bool:
        """Whether a quote is open, so that its end may follow the mark."""
        opened = sum(self._text.count(mark) for mark in "“„«「『")
        closed = sum(self._text.count(mark) for mark in "”»」』")
        return opened > closed or self._text.count('"') % 2 == 1

    def _end_line(self, at: int) -> None:
        length = 0 if self._line_marked else at - self._line
        self._line, self._line_first, self._line_marked = at + 1, True, False
        self._line_length = length
        if self._wait:
            wait, self._wait = self._wait, None
            self._place(wait.end, Boundary.LINE)
        elif self._words:
            self._wait = _Wait(self._base + len(self._text.rstrip()), BoundaryRule.NEW_LINE)

    def _settle(self, first: str) -> None:
        """A token begins: what was waited for may be known."""
        if self._wait is None:
            return
        length = self._line_length if self._wait.rule is BoundaryRule.NEW_LINE else 0
        kind = boundaries.follow(self._wait.rule, first, length)
        if kind is not None:
            wait, self._wait = self._wait, None
            self._place(wait.end, kind)

    def _complete(self, end: int) -> None:
        """The token that is open ends here."""
        assert self._start is not None
        token = self._slice(self._start, end)
        self._start = None
        within = self._words > 0 or not self._fresh
        if self._wait:
            wait, self._wait = self._wait, None
            if wait.rule is BoundaryRule.NAME:
                starts = not boundaries.in_name(token, self._breaks)
            else:
                starts = boundaries.begins_sentence(token, self._breaks)
            self._place(wait.end, Boundary.SENTENCE if starts else Boundary.PLAIN)
        self._words += boundaries.weight(token)
        found = boundaries.token_break(token, self._breaks, line_start=self._line_first)
        if self._line_first:
            self._line_first = False
            self._line_marked = _MARKER.fullmatch(token) is not None
        if found is Boundary.SENTENCE and within and _named(token):
            found = BoundaryRule.NAME
        if found is Boundary.SENTENCE and self._quoting():
            found = BoundaryRule.QUOTE
        if isinstance(found, BoundaryRule):
            self._wait = _Wait(end, found)
        else:
            self._place(end, found)

    def _place(self, end: int, kind: Boundary) -> None:
        """There may be a cut here: make it if it is a good one, or if one is due."""
        self._places.append(_Place(end, self._words, kind))
        if not self._words:
            if len(self._text) >= _LONGEST_TOKEN:
                self._cut(end, Boundary.PLAIN)
            return
        good = kind >= Boundary.SENTENCE or (
            kind is Boundary.CLAUSE and self._words >= self._clause_words
        )
        if good and self._may_cut(end, kind):
            self._cut(end, kind)
        elif self._words >= self._limit:
            self._cut_somewhere()

    def _may_cut(self, end: int, kind: Boundary) -> bool:
        if kind is Boundary.LINE:
            return True
        open_bracket = boundaries.open_bracket(self._slice(self._base, end))
        return not (open_bracket or self._parts_entry(end))

    def _parts_entry(self, end: int) -> bool:
        return self._dictionary is not None and self._dictionary.parts(self._text, end - self._base)

    @property
    def _limit(self) -> float:
        """How many words the stretch may have."""
        if not self._said:
            unspaced = boundaries.is_unspaced(self._text.rstrip()[-1:] or " ")
            return self._first_words * (2 if unspaced else 1)
        return min(self._most_words, max(2 * self._first_words, _GROWTH * self._said))

    @property
    def _clause_words(self) -> float:
        """How many words a clause must have to be cut off."""
        return self._limit / 2 if self._said else 1

    def _cut_somewhere(self) -> None:
        """The stretch is too long: cut at its best place, or wait a little for a better one."""
        limit = self._limit
        late = self._words >= limit + _SLACK
        best, best_worth = None, -1
        for place in self._places:
            if place.words < 0.6 * limit:
                continue
            text = self._slice(self._base, place.end)
            if boundaries.open_bracket(text) and self._words < 2 * limit:
                continue
            if self._parts_entry(place.end):
                continue
            worth = self._worth(place)
            if worth >= best_worth:
                best, best_worth = place, worth
        if best and (best_worth or late):
            self._cut(best.end, best.kind)

    def _worth(self, place: _Place) -> int:
        if place.kind is Boundary.CLAUSE:
            return 3
        before = self._slice(self._base, place.end).split()
        after = self._text[place.end - self._base :].split(maxsplit=1)
        return boundaries.worth(before[-1], after[0] if after else "", self._breaks)

    def _cut(self, end: int, kind: Boundary) -> None:
        words = next((place.words for place in self._places if place.end == end), self._words)
        self._cuts.append(SpokenStretch(self._slice(self._base, end), kind, self._line_start))
        self._text = self._text[end - self._base :]
        self._base, self._line_start = end, False
        self._fresh = kind >= Boundary.SENTENCE
        self._words -= words
        self._said += words
        self._places = [
            _Place(place.end, place.words - words, place.kind)
            for place in self._places
            if place.end > end
        ]
        if self._wait and self._wait.end <= end:
            self._wait = None

    def _slice(self, start: int, end: int) -> str:
        return self._text[start - self._base : end - self._base]


def _named(token: str) -> bool:
    """Whether it may be a name that ends in `!` or `?`."""
    return token[-1] in "!?" and token[:1].isupper() and token[1:2].islower()
