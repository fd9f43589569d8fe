"""How English says abbreviations and signs."""

from __future__ import annotations

import re

from .numbers import RULES as NUMBER_RULES
from .numbers import SUPERSCRIPTS, raised
from .numerals import cardinal, number, ordinal
from .units import DAYS, RATES, UNITS

_ALWAYS = {
    "dr.": "Doctor", "dr": "Doctor", "mr.": "Mister", "mrs.": "Missus", "ms.": "Miz",
    "prof.": "Professor",
    "rev.": "Reverend", "gen.": "General", "col.": "Colonel", "capt.": "Captain",
    "lt.": "Lieutenant", "sgt.": "Sergeant", "sen.": "Senator", "gov.": "Governor",
    "jr.": "Junior", "sr.": "Senior", "inc.": "Incorporated", "ltd.": "Limited",
    "corp.": "Corporation", "co.": "Company", "bros.": "Brothers", "dept.": "Department",
    "ave.": "Avenue", "blvd.": "Boulevard", "rd.": "Road", "mt.": "Mount",
    "e.g.": "for example", "eg.": "for example", "i.e.": "that is", "ie.": "that is",
    "etc": "et cetera", "etc.": "et cetera", "vs": "versus", "vs.": "versus",
    "approx.": "approximately", "viz.": "namely", "cf.": "compare", "ca.": "circa",
    "incl.": "including", "excl.": "excluding", "esp.": "especially", "al.": "al",
    "a.k.a.": "also known as", "aka": "also known as", "ph.d.": "PhD", "m.d.": "MD",
    "tsp": "teaspoon", "tsp.": "teaspoon", "tbsp": "tablespoon", "tbsp.": "tablespoon",
    "w/": "with", "w/o": "without", "and/or": "and or", "n/a": "not applicable",
    "c++": "C plus plus", "c#": "C sharp", "f#": "F sharp", ".net": "dot net",
    "&": "and", "+": "plus", "=": "equals", "≈": "is about", "≠": "is not equal to",
    "≤": "is at most", "≥": "is at least", "<=": "is at most", ">=": "is at least",
    "!=": "is not equal to", "==": "equals", "×": "times", "÷": "divided by", "±": "plus or minus",
    "→": "to", "->": "to", "=>": "to", "@": "at", "%": "percent", "°": "degrees", "∞": "infinity",
    "/": "slash", "−": "minus", "~": "about", "#": "number", "§": "section",
    "√": "the square root of",
}  # fmt: skip
"""By what is written, in small letters, with the full stop if it has one."""

_BEFORE_NUMBER = {
    "no.": "number", "nos.": "numbers", "p.": "page", "pp.": "pages", "vol.": "volume",
    "ch.": "chapter", "fig.": "figure", "figs.": "figures", "sec.": "section", "eq.": "equation",
    "jan.": "January", "feb.": "February", "aug.": "August", "sept.": "September",
    "oct.": "October", "nov.": "November", "dec.": "December",
}  # fmt: skip

_BETWEEN_NUMBERS = {
    "-": "minus", "–": "minus", "−": "minus", "*": "times", "x": "times", "/": "divided by",
    "^": "to the power of",
}  # fmt: skip
_BETWEEN_WORDS = {"<": "is less than", ">": "is greater than"}
_BEFORE = {
    "~": "about", "≈": "about", "#": "number", "<": "less than", ">": "more than",
    "±": "plus or minus", "≤": "at most", "≥": "at least", "^": "to the power of",
    "√": "the square root of",
}  # fmt: skip
"""Signs that touch the number after them."""
_WITHIN = {"+": "plus", "=": "equals", "*": "times", "×": "times", "÷": "divided by"}
"""Signs that touch a number on each side."""

_INSIDE = (
    (re.compile(r"(?<=\w)&(?=\w)"), " and "),
    (re.compile(r"(?<=\w)\+(?=\w)"), " plus "),
    (re.compile(r"(?<=[\w)])={1,3}(?=[\w(])"), " equals "),
    (re.compile(r"(?<=\w)\^2(?!\w)"), " squared"),
    (re.compile(r"(?<=\w)\^3(?!\w)"), " cubed"),
    (re.compile(r"(?<=\w)\^(?=\w)"), " to the power of "),
    (re.compile(r"^@(?=\w)|(?<=\w)@(?=\w)"), " at "),
    (re.compile(r"^#(?=\w)"), "hashtag "),
    (re.compile(r"(?<=[A-Za-z0-9])\.(?=[a-z][a-z0-9]*(?:$|[.(]))"), " dot "),
    (re.compile(r"/"), " slash "),
    (re.compile(r"\\"), " backslash "),
    (re.compile(r"%$"), " percent"),
    (re.compile(r"°"), " degrees "),
)
_PER = "|".join(map(re.escape, sorted({*RATES, *UNITS}, key=len, reverse=True)))
_RATE = re.compile(rf"\s?/\s?({_PER})(?!\w)")
_WORD_RATE = re.compile(
    r"(?<=[a-z]{3})/(month|year|week|day|night|hour|minute|second|person|gallon)\b"
)
_DAYS = re.compile(r"(\w+)\.?[-–—](\w+)\.?")
_INITIALS = re.compile(r"(?:[A-Za-z]\.){2,}|[A-Z]\.")
_ROMAN = re.compile(r"(?:X{0,2}(?:IX|IV|V?I{2,3}|VI?)|XI{0,3}|XX|III?)")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10}
_COUNTED = frozenset(
    ["war", "chapter", "part", "act", "volume", "phase", "type", "section", "grade", "level",
     "stage", "class", "book", "episode", "title", "tier", "mark", "bowl"]
)  # fmt: skip
_CROWNED = frozenset(
    ["louis", "henry", "george", "elizabeth", "charles", "edward", "james", "william", "richard",
     "napoleon", "philip", "frederick", "paul", "benedict", "pius", "ramesses", "ivan", "peter"]
)  # fmt: skip


class EnglishForms:
    """See `SpokenForms`."""

    def number(self, text: str, at: int) -> tuple[str, int] | None:
        """See `SpokenForms`."""
        return say_number(text, at)

    def sign(self, text: str, at: int) -> str | None:
        """See `SpokenForms`."""
        return say_sign(text, at)

    def abbreviation(self, word: str, before: str, after: str) -> str | None:
        """See `SpokenForms`."""
        return say_abbreviation(word, before, after)

    def word(self, word: str) -> str:
        """See `SpokenForms`."""
        return say_word(word)

    def item(self, number: int) -> str:
        """See `SpokenForms`."""
        return cardinal(number)


FORMS = EnglishForms()


def say_number(text: str, at: int) -> tuple[str, int] | None:
    """What is said for a number, date, time, sum … that begins at `at`, and where it ends."""
    if text[at - 1 : at].isalnum():
        return None
    for pattern, say in NUMBER_RULES:
        match = pattern.match(text, at)
        if match and (said := say(match, text[:at])):
            return _with_rate(said, text, match.end())
    return None


def _with_rate(said: str, text: str, end: int) -> tuple[str, int]:
    """What was said, and what it is for, where that follows: `/month`."""
    match = _RATE.match(text, end)
    if match is None:
        return said, end
    noun = RATES.get(match[1]) or UNITS[match[1]][0]
    return f"{said} per {noun}", match.end()


def say_sign(text: str, at: int) -> str | None:
    """What is said for a sign that touches a number, such as that of `~5` or `2+2`."""
    sign, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    if not (after.isalnum() or after in tuple("$€£.")):
        return None
    if before.isalnum():
        return _WITHIN.get(sign) or (_BEFORE["^"] if sign == "^" else None)
    return _BEFORE.get(sign) if not after.isalpha() else None


def say_abbreviation(word: str, before: str, after: str) -> str | None:
    """What is said for a word that stands for another, or for a sign on its own.

    word: with its full stop, if it has one. before, after: the text around it.
    """
    small = word.lower()
    if small == "st.":
        street = _capital(_last(before)) and before.strip()[-1:].isalpha()
        return "Street" if street and not _capital(after.strip()) else "Saint"
    if small in {"dr.", "dr"} and not _capital(after.strip()):
        return "Drive" if _capital(_last(before)) else None
    if small in _BEFORE_NUMBER and after.lstrip()[:1].isdigit():
        return _BEFORE_NUMBER[small]
    if small in _BETWEEN_NUMBERS and before.strip()[-1:].isdigit() and after.strip()[:1].isdigit():
        return _BETWEEN_NUMBERS[small]
    if small in _BETWEEN_WORDS and before.strip()[-1:].isalnum():
        return _BETWEEN_WORDS[small]
    if small in _ALWAYS:
        return _ALWAYS[small]
    days = _DAYS.fullmatch(small)
    if days and days[1] in DAYS and days[2] in DAYS:
        return f"{DAYS[days[1]]} to {DAYS[days[2]]}"
    if _INITIALS.fullmatch(word):
        letters = word.replace(".", "")
        return letters.upper() if letters.lower() in {"am", "pm"} else letters
    return _roman(word, before)


def say_word(word: str) -> str:
    """What is said for any other word, its marks left off."""
    word = _WORD_RATE.sub(r" per \1", word)
    word = re.sub(rf"(?<=\w)({SUPERSCRIPTS})", lambda match: f" {raised(match[1])}", word)
    for pattern, said in _INSIDE:
        word = pattern.sub(said, word)
    parts = word.split()
    if len(parts) > 1:
        parts = [number(part) if part.isdecimal() and part.isascii() else part for part in parts]
    return " ".join(parts)


def _roman(word: str, before: str) -> str | None:
    if not _ROMAN.fullmatch(word):
        return None
    last = _last(before).lower()
    values = [_ROMAN_VALUES[letter] for letter in word]
    value = sum(
        -now if following > now else now
        for now, following in zip(values, [*values[1:], 0], strict=True)
    )
    if last in _COUNTED:
        return cardinal(value)
    return f"the {ordinal(value)}" if last in _CROWNED else None


def _capital(word: str) -> bool:
    return word[:1].isupper()


def _last(text: str) -> str:
    words = text.split()
    return words[-1] if words else ""
