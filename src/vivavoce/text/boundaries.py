"""Where running text may be cut: sentence ends, clauses, and places that are to be kept whole."""

from __future__ import annotations

import re
import unicodedata
from enum import IntEnum

from vivavoce.text.language.pack import BreakWords
from vivavoce.text.language.und import UND

from .formulas import open_formula

SENTENCE_MARKS = frozenset(".?!…。！？｡؟۔।॥။።։‼⁇⁈⁉")
CLAUSE_MARKS = frozenset(",;:，、；：،؛—")
WIDE_MARKS = frozenset("。！？｡，、；：")
CLOSERS = frozenset("\"'”’»›)]}」』）】》*_`~")

_CLOSING = "".join(CLOSERS)
_OPENING = "\"'“„‘«‹([{「『（【《¿¡*_`~"
_DASHES = frozenset({"-", "--", "–"})
_WRAPPED_LINE = 55
"""Characters from which a line without an end mark is taken to go on in the next."""
_LETTERS_WITH_DOTS = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_ALL = UND.breaks
"""What holds in every language."""
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


class Boundary(IntEnum):
    """How good a place for a cut is."""

    PLAIN = 0
    CLAUSE = 1
    SENTENCE = 2
    LINE = 3


class BoundaryRule(IntEnum):
    """What decides whether a mark has ended the sentence."""

    UNLESS_SMALL = 0
    """The next character: a small letter means that it has not."""
    QUOTE = 1
    """The same, but there is a clause's end at least."""
    UNLESS_DIGIT = 2
    """The next character: neither a small letter nor a digit may follow."""
    STARTER = 3
    """The next word: one that begins sentences."""
    NEW_LINE = 4
    """The next character, and the length of the line that ended."""
    DASH = 5
    """The next character: before a digit the dash stands in a range."""
    NAME = 6
    """The next word: a name that ends in `!` or `?` goes on like any other, as `Yahoo!`."""


def token_break(
    token: str, breaks: BreakWords, *, line_start: bool = False
) -> Boundary | BoundaryRule:
    """What kind of place comes after a token, or the rule that will tell.

    token: what stands between two spaces. line_start: it is its line's first.
    """
    bare = token.rstrip(_CLOSING)
    if not bare or bare in _DASHES:
        return BoundaryRule.DASH if bare else Boundary.PLAIN
    mark = bare[-1]
    if mark in CLAUSE_MARKS or bare.endswith(("...", "…")):
        return Boundary.CLAUSE
    if mark not in SENTENCE_MARKS:
        return Boundary.CLAUSE if _is_thai(mark) else Boundary.PLAIN
    if mark != ".":
        return BoundaryRule.QUOTE if len(bare) < len(token) else Boundary.SENTENCE
    return _full_stop(bare.lstrip(_OPENING)[:-1].lower(), line_start, breaks)


def follow(rule: BoundaryRule, first: str, line_length: int) -> Boundary | None:
    """The kind of place that a rule finds before this character; None: it takes the whole word.

    line_length: of the line that ended, for NEW_LINE. A long line is wrapped, a short one ends.
    """
    match rule:
        case BoundaryRule.UNLESS_SMALL:
            return Boundary.PLAIN if first.islower() else Boundary.SENTENCE
        case BoundaryRule.QUOTE:
            goes_on = first.islower() or _is_hiragana(first)
            return Boundary.CLAUSE if goes_on else Boundary.SENTENCE
        case BoundaryRule.UNLESS_DIGIT:
            return Boundary.PLAIN if first.islower() or first.isdigit() else Boundary.SENTENCE
        case BoundaryRule.STARTER:
            if first.isupper():
                return None
            return Boundary.PLAIN if first.isalnum() else Boundary.SENTENCE
        case BoundaryRule.DASH:
            return Boundary.PLAIN if first.isdigit() else Boundary.CLAUSE
        case BoundaryRule.NAME:
            if first.isupper():
                return None
            return Boundary.PLAIN if first.islower() else Boundary.SENTENCE
        case BoundaryRule.NEW_LINE:
            wrapped = first.islower() or (line_length >= _WRAPPED_LINE and first.isalnum())
            return Boundary.PLAIN if wrapped else Boundary.LINE


def begins_sentence(word: str, breaks: BreakWords) -> bool:
    """Whether a word with a capital, after an abbreviation, begins a sentence."""
    match = _WORD.search(word)
    return match is not None and match.group().lower() in breaks.starters


def in_name(following: str, breaks: BreakWords) -> bool:
    """Whether a capitalized word's `!` or `?` within a sentence is a part of the name.

    following: what comes after it. Where nouns have capitals, too, these tell nothing.
    """
    if not following[:1].isupper():
        return following[:1].islower()
    told = bool(breaks.starters) and not breaks.noun_capitals
    return told and not begins_sentence(following, breaks)


def worth(before: str, after: str, breaks: BreakWords) -> int:
    """How good a cut between two tokens is, 0 to 2; 0 parts what belongs together."""
    last = before.strip(_OPENING + _CLOSING).lower()
    first = after.strip(_OPENING + _CLOSING).lower().rstrip(".")
    if before.rstrip(_CLOSING)[-1:] in {"!", "?"}:
        return 0
    bound = last in breaks.bound or last in _ALL.bound
    if bound or last[-1:].isdigit() or after[:1] in tuple("%°"):
        return 0
    if after in _DASHES or (before in _DASHES and first[:1].isdigit()):
        return 0
    if first in breaks.clinging or _bound_abbreviation(last, breaks):
        return 0
    if first in breaks.conjunctions:
        return 2
    if _is_hiragana(before[-1]) and after and not _is_hiragana(after[0]):
        return 2
    return 1


def weight(token: str) -> float:
    """How many words a token is worth: half for a Han or kana character, a quarter for Thai."""
    wide, thai = sum(map(is_unspaced, token)), sum(map(_is_thai, token))
    if wide or thai:
        return wide / 2 + thai / 4
    return 1.0 if any(map(str.isalnum, token)) else 0.0


def is_unspaced(character: str) -> bool:
    """Han and kana are written without spaces: each character may be cut off."""
    code = ord(character)
    return character.isalpha() and (
        0x3041 <= code <= 0x30FF
        or 0x3400 <= code <= 0x9FFF
        or 0xF900 <= code <= 0xFAFF
        or 0x20000 <= code <= 0x3FFFF
    )


def joins(character: str) -> bool:
    """Whether a character belongs to the one before it, so that no cut may part them."""
    return unicodedata.category(character)[0] == "M" or character in "\u200d\ufe0f"


def open_bracket(text: str) -> bool:
    """Whether a `[` is still open, as inside the text of a Markdown link, or a formula is."""
    return text.count("[") > text.count("]") or open_formula(text)


def _full_stop(stem: str, line_start: bool, breaks: BreakWords) -> Boundary | BoundaryRule:
    """stem: the word before the full stop, in small letters."""
    if stem.isdigit() and (line_start or (len(stem) <= 2 and breaks.ordinal_dot)):
        return Boundary.PLAIN
    if _never_last(stem, breaks) or (len(stem) == 1 and stem.isalpha()):
        return Boundary.PLAIN
    if _before_number(stem, breaks):
        return BoundaryRule.UNLESS_DIGIT
    if stem in breaks.late or _LETTERS_WITH_DOTS.fullmatch(stem):
        return BoundaryRule.STARTER
    return BoundaryRule.UNLESS_SMALL


def _bound_abbreviation(word: str, breaks: BreakWords) -> bool:
    if not word.endswith("."):
        return False
    stem = word[:-1]
    return _never_last(stem, breaks) or _before_number(stem, breaks) or len(word) == 2


def _never_last(stem: str, breaks: BreakWords) -> bool:
    return stem in breaks.never_last or stem in _ALL.never_last


def _before_number(stem: str, breaks: BreakWords) -> bool:
    return stem in breaks.before_number or stem in _ALL.before_number


def _is_thai(character: str) -> bool:
    return 0x0E00 <= ord(character) <= 0x0E7F


def _is_hiragana(character: str) -> bool:
    return 0x3041 <= ord(character) <= 0x309F
