"""How a language says what is written, after its `Grammar`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeAlias, cast

from .grammar import Grammar, roman_value
from .grammar_dates import DateForms
from .grammar_sums import SumForms
from .spelling import (
    AMOUNT,
    END,
    SIGNED,
    SPACES,
    SUPERSCRIPTS,
    TO,
    Speller,
    first_word,
    is_year,
    last_word,
    parted,
    value_of,
)

_Say: TypeAlias = Callable[[re.Match[str]], "str | None"]

_VULGAR = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5),
    "⅗": (3, 5), "⅘": (4, 5), "⅙": (1, 6), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8),
}  # fmt: skip
_INITIALS = re.compile(r"(?:[^\W\d_]\.){2,}|(?![a-zäöüß])[^\W\d_]\.")
_DAYS = re.compile(r"(\w+)\.?[-–—](\w+)\.?")
_LONGEST_ORDINAL = 4


class GrammarForms:
    """Numbers, dates, times, money, units and signs in one language; see `SpokenForms`."""

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar
        self._words = grammar.numbers
        self._speller = Speller(grammar.numbers)
        self._sums = SumForms(grammar, self._speller)
        dates = DateForms(grammar, self._speller)
        found = (*dates.rules(), *self._sums.rules(), *self._counts())
        self._rules = [(re.compile(pattern), cast(_Say, say)) for pattern, say in found]
        self._inside = _inside(grammar)
        letters = rf"([IVX]{{2,}}|I(?=er|re)|[VX](?=e$|ème$|º|ª|°))({self._words.ordinal_end})"
        self._nth = re.compile("(?!)" if self._words.ordinal_end == r"\." else letters)
        spaced = (re.escape(it) for it in grammar.abbreviations if " " in it)
        several = "|".join(sorted(spaced, key=len, reverse=True)).replace(r"\ ", f"[{SPACES}]")
        self._several = re.compile(rf"(?:{several or '(?!)'})(?![^\W_])")

    def number(self, text: str, at: int) -> tuple[str, int] | None:
        """What is said for a number, date … that begins at `at`, and where it ends."""
        if text[at - 1 : at].isalnum():
            return None
        if match := self._several.match(text, at):
            return self._grammar.abbreviations[" ".join(match.group().split())], match.end()
        for pattern, say in self._rules:
            match = pattern.match(text, at)
            if match and (said := say(match)) is not None:
                return self._sums.with_rate(said, text, match.end())
        return None

    def sign(self, text: str, at: int) -> str | None:
        """What is said for a sign that touches a number."""
        sign, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
        if not (after.isalnum() or after in tuple("$€£.-")):
            return None
        signs = self._grammar.signs
        if before.isalnum():
            return signs.inside.get(sign) if sign in "+=*×÷^" else None
        return None if after.isalpha() else signs.before_number.get(sign)

    def abbreviation(self, word: str, before: str, after: str) -> str | None:
        """What is said for a word that stands for another, or for a sign on its own."""
        grammar, signs = self._grammar, self._grammar.signs
        counted = after.lstrip()[:1].isdigit()
        between = counted and before.strip()[-1:].isdigit()
        if between and word in signs.between_numbers:
            return signs.between_numbers[word]
        if counted and word.lower() in grammar.numbered:
            return grammar.numbered[word.lower()]
        if word in {"<", ">"} and not before.strip()[-1:].isalnum():
            return None
        if word == "−":
            return self._words.minus
        if word in signs.alone:
            return signs.alone[word]
        for written in (word, word.lower()):
            if written in grammar.abbreviations:
                return grammar.abbreviations[written]
        if said := self._days(word):
            return said
        if (match := self._nth.fullmatch(word)) and (value := roman_value(match[1])):
            return self._words.ordinal(value, match[2], before, after)
        value = roman_value(word.removesuffix(".") if self._words.ordinal_end == r"\." else word)
        if value is not None and (
            said := self._words.roman(value, last_word(before), first_word(after))
        ):
            return said
        return word.replace(".", "") if _INITIALS.fullmatch(word) else None

    def word(self, word: str) -> str:
        """What is said for any other word, its marks left off."""
        rates = self._grammar.measures.rates
        word = re.sub(
            r"(?<=[^\W\d_])/([^\W\d_]+)\b",
            lambda match: f" {self._sums.for_each(match[1])}" if match[1] in rates else match[0],
            word,
        )
        word = re.sub(
            rf"(?<=\w)([⁻⁺]?[{SUPERSCRIPTS}]+)", lambda it: f" {self._speller.raised(it[1])}", word
        )
        for pattern, said in self._inside:
            word = pattern.sub(said, word)
        parts = word.split()
        if len(parts) > 1:
            parts = [self._speller.spell(it) if _is_digits(it) else it for it in parts]
        return " ".join(parts)

    def item(self, number: int) -> str:
        """What is said for the number of a list's item."""
        return self._speller.cardinal(number)

    # --- numbers that are nothing else -----------------------------------------------------------

    def _counts(self) -> Iterable[tuple[str, object]]:
        yield r"['’]?([0-9]0|[12][0-9]{2}0)['’]?(s|er)(?![^\W_])", self._decade
        yield rf"([0-9]+)({self._words.ordinal_end})(?![^\W_])", self._ordinal
        yield rf"(?:([0-9]+)[{SPACES}])?([0-9]{{1,3}})[/⁄]([0-9]{{1,3}}){END}", self._fraction
        yield rf"([0-9]+)?[{SPACES}]?([{''.join(_VULGAR)}])", self._vulgar
        yield rf"([0-9]{{1,3}}):([0-9]{{1,3}}){END}", self._ratio
        yield rf"({AMOUNT})([⁻⁺]?[{SUPERSCRIPTS}]+)", self._power
        yield rf"({AMOUNT})({TO})({AMOUNT}){END}", self._range
        yield rf"({AMOUNT})(?:x(?!\s?[0-9])|\s?([x×*])\s?({AMOUNT})){END}", self._times
        yield rf"{SIGNED}{END}", self._plain
        yield rf"v?[0-9]+(?:\.[0-9]+)+{END}", self._version

    def _decade(self, match: re.Match[str]) -> str | None:
        return self._words.decade(int(match[1]), match[2])

    def _ordinal(self, match: re.Match[str]) -> str | None:
        if len(match[1]) > _LONGEST_ORDINAL:
            return None
        before, after = match.string[: match.start()], match.string[match.end() :]
        return self._words.ordinal(int(match[1]), match[2], before, after)

    def _fraction(self, match: re.Match[str]) -> str | None:
        whole, above, below = match[1], int(match[2]), int(match[3])
        cardinal = self._speller.cardinal
        if above >= below:
            return f"{cardinal(above)} {self._words.over} {cardinal(below)}"
        return self._words.fraction(int(whole) if whole else None, above, below)

    def _vulgar(self, match: re.Match[str]) -> str | None:
        return self._words.fraction(int(match[1]) if match[1] else None, *_VULGAR[match[2]])

    def _ratio(self, match: re.Match[str]) -> str | None:
        spell = self._speller.spell
        return f"{spell(match[1])} {self._words.ratio} {spell(match[2])}"

    def _power(self, match: re.Match[str]) -> str | None:
        return f"{self._speller.spell(match[1])} {self._speller.raised(match[2])}"

    def _version(self, match: re.Match[str]) -> str | None:
        parts = match.group().lstrip("v").split(".")
        return f" {self._words.dot} ".join(self._speller.cardinal(int(it)) for it in parts)

    def _range(self, match: re.Match[str]) -> str | None:
        low, dash, high = match.groups()
        after = match.string[match.end() :].lstrip()
        if len(dash) == 3 and (after.startswith("=") or value_of(low) > value_of(high)):
            return f"{self._speller.spell(low)} {self._words.minus} {self._speller.spell(high)}"
        first, last = self._speller.maybe_year(low), self._speller.maybe_year(high)
        return f"{first} {last}" if low == high else f"{first} {self._words.to} {last}"

    def _times(self, match: re.Match[str]) -> str | None:
        spell = self._speller.spell
        if not match[3]:
            return f"{spell(match[1])} {self._words.times}"
        between = self._words.by if match[2] == "x" else self._grammar.signs.inside["*"]
        return f"{spell(match[1])} {between} {spell(match[3])}"

    def _plain(self, match: re.Match[str]) -> str | None:
        text = match.group()
        if is_year(text):
            return self._speller.year(int(text))
        after = match.string[match.end() :]
        noun = first_word(after) if after[:1].isspace() else ""
        whole, part = parted(text.lstrip("-−+"))
        if part or not noun[:1].isalpha() or (whole[0] == "0" and len(whole) > 1):
            return self._speller.spell(text)
        return self._speller.spell(text, self._words.gender(noun.lower()))

    def _days(self, word: str) -> str | None:
        days = self._grammar.times.weekdays
        match = _DAYS.fullmatch(word)
        if match is None or match[1] not in days or match[2] not in days:
            return None
        return f"{days[match[1]]} {self._words.to} {days[match[2]]}"


def _inside(grammar: Grammar) -> list[tuple[re.Pattern[str], str]]:
    """What is said for signs within a word."""
    said, (squared, cubed) = grammar.signs.inside, grammar.numbers.raised
    return [
        (re.compile(pattern), replacement)
        for pattern, replacement in (
            (r"(?<=\w)&(?=\w)", f" {said['&']} "),
            (r"(?<=\w)\+(?=\w)", f" {said['+']} "),
            (r"(?<=[\w)])={1,3}(?=[\w(])", f" {said['=']} "),
            (r"(?<=\w)\^2(?!\w)", f" {squared}"),
            (r"(?<=\w)\^3(?!\w)", f" {cubed}"),
            (r"(?<=\w)\^(?=\w)", f" {said['^']} "),
            (r"^@(?=\w)|(?<=\w)@(?=\w)", f" {said['@']} "),
            (r"^#(?=\w)", f"{said['#']} "),
            (r"(?<=[A-Za-z0-9])\.(?=[a-z][a-z0-9]*(?:$|[.(]))", f" {said['.']} "),
            (r"/", f" {said['/']} "),
            (r"\\", f" {said[chr(92)]} "),
            (r"%$", f" {said['%']}"),
            (r"°", f" {said['°']} "),
        )
    ]


def _is_digits(text: str) -> bool:
    return text.isdecimal() and text.isascii()
