"""What a language needs so that numbers, dates, money and signs are said as people say them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, TypeAlias

Gender: TypeAlias = Literal["m", "f", "n"]
"""Of a noun; a language without genders has `m` only."""


Words: TypeAlias = frozenset[str]


def words(listed: str) -> Words:
    """The words of a list that is written with spaces."""
    return frozenset(listed.split())


class SpokenForms(Protocol):
    """How a language says what is written; texts are given whole, with the place to look at."""

    def number(self, text: str, at: int) -> tuple[str, int] | None:
        """What is said for a number, date, time, sum … that begins at `at`, and where it ends."""
        ...

    def sign(self, text: str, at: int) -> str | None:
        """What is said for a sign that touches a number, such as that of `~5` or `2+2`."""
        ...

    def abbreviation(self, word: str, before: str, after: str) -> str | None:
        """What is said for a word that stands for another, or for a sign on its own.

        word: with its full stop, if it has one. before, after: the text around it.
        """
        ...

    def word(self, word: str) -> str:
        """What is said for any other word, its marks left off."""
        ...

    def item(self, number: int) -> str:
        """What is said for the number of a list's item."""
        ...


class Noun(NamedTuple):
    """A unit or the like: for one, and for all other numbers."""

    one: str
    many: str
    gender: Gender = "m"


class Currency(NamedTuple):
    """One, and its hundredth part where it has one."""

    whole: Noun
    part: Noun | None = None


@dataclass(frozen=True, slots=True)
class SignWords:
    r"""What is said for signs.

    alone: by the sign, where it stands by itself. before_number: where it touches the number after
    it, as in `~5`. between_numbers: where it stands by itself between two. inside: where it stands
    within a word or a sum, as in `R&D`, `2+2`; all of `& + = * × ÷ ^ @ # / \ % ° .`.
    """

    alone: Mapping[str, str]
    before_number: Mapping[str, str]
    between_numbers: Mapping[str, str]
    inside: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NumberWords:
    """How numbers are said.

    language: of CLDR's rules. plain: CLDR's rule for a number by itself; cardinals: for one before
    a noun, by gender; years: for one from 1100 to 2099.
    point: said for the decimal mark; dot: for one in a version. digits_after: what follows the
    decimal mark is said digit by digit rather than as a number. one_below_two: 1.5 takes the
    singular. of: between a million and its noun, as in `un million d'euros`. raised: of 2 and 3.
    ordinal_end: pattern of what makes an ordinal of digits, as `º`. ordinal: what is said for the
    digits and such an end, given the text before and after, or None where that is no ordinal.
    fraction: the whole before it, if any, numerator and denominator. gender: of a noun that is
    counted, in small letters. roman: a Roman number between two words, or None where it is none.
    decade: digits and their end, such as `er`.
    """

    language: str
    plain: str
    years: str
    cardinals: Mapping[Gender, str]
    point: str
    dot: str
    minus: str
    plus: str
    to: str
    ratio: str
    times: str
    by: str
    over: str
    power: str
    raised: tuple[str, str]
    ordinal_end: str
    ordinal: Callable[[int, str, str, str], str | None]
    fraction: Callable[[int | None, int, int], str]
    gender: Callable[[str], Gender]
    roman: Callable[[int, str, str], str | None]
    decade: Callable[[int, str], str | None]
    of: str = ""
    digits_after: bool = False
    one_below_two: bool = False


@dataclass(frozen=True, slots=True)
class TimeWords:
    """How dates and times are said.

    months: twelve names. month_names: all their spellings in small letters, 1 to 12. weekdays:
    names by their short forms. date: day, month, year if any, and the text before. clock: hour,
    minute, second if any. clock_end: pattern of what may follow a time, as `Uhr`. clock_before:
    words after which `14.30` is a time. hour_gender: of the word that hours count.
    """

    months: tuple[str, ...]
    month_names: Mapping[str, int]
    weekdays: Mapping[str, str]
    date: Callable[[int, int, int | None, str], str]
    clock: Callable[[int, int, int | None], str]
    clock_end: str
    clock_before: frozenset[str] = frozenset()
    hour_gender: Gender | None = None


@dataclass(frozen=True, slots=True)
class MeasureWords:
    """Units and money.

    units, currencies, magnitudes: by what is written. rates: what a price may be for, besides
    units, as in `5 €/Monat`; per: says that. cents: between the two parts of a sum; cents_named:
    the second part's name is said.
    """

    units: Mapping[str, Noun]
    rates: Mapping[str, Noun]
    currencies: Mapping[str, Currency]
    magnitudes: Mapping[str, Noun]
    percent: str
    per: Callable[[Noun], str]
    cents: str = ""
    cents_named: bool = False


@dataclass(frozen=True, slots=True)
class Grammar:
    """One language that writes a decimal comma and the day before the month.

    abbreviations: by what is written, with the full stop if it has one; some have spaces. numbered:
    those that are ones before a number only, in small letters. phones: patterns of telephone
    numbers as they are written in the country; phone_pairs: said two digits at a time.
    """

    numbers: NumberWords
    times: TimeWords
    measures: MeasureWords
    signs: SignWords
    abbreviations: Mapping[str, str]
    numbered: Mapping[str, str]
    phones: tuple[str, ...]
    phone_pairs: bool = False


@dataclass(frozen=True, slots=True)
class Genders:
    """Guesses a noun's gender: by the word, else by its end, else the usual one."""

    words: Mapping[str, Gender]
    ends: tuple[tuple[str, Gender], ...]
    usual: Gender = "m"

    def __call__(self, noun: str) -> Gender:
        """Of a noun in small letters, in the singular or the plural."""
        if noun in self.words:
            return self.words[noun]
        return next((gender for end, gender in self.ends if noun.endswith(end)), self.usual)


def roman_value(text: str) -> int | None:
    """14 for `XIV`; None for what is no Roman number in its usual form."""
    if not _ROMAN.fullmatch(text):
        return None
    values = [_ROMAN_VALUES[letter] for letter in text]
    following = [*values[1:], 0]
    return sum(-now if then > now else now for now, then in zip(values, following, strict=True))


_ROMAN = re.compile(r"(?=[IVXLCDM])M{0,3}(CM|CD|D?C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


_GENDERS: dict[str, Gender] = {"m": "m", "f": "f", "n": "n"}


def nouns(table: str) -> dict[str, Noun]:
    """Nouns by what is written: a line each, as `km mi: Kilometer, Kilometer, m`."""
    found = {}
    for line in table.strip().splitlines():
        written, _, said = line.strip().partition(": ")
        one, many, gender = said.split(", ")
        assert gender in _GENDERS
        noun = Noun(one, many, _GENDERS[gender])
        found.update({symbol.replace("_", " "): noun for symbol in written.split()})
    return found


def currencies(table: str) -> dict[str, Currency]:
    """Currencies by sign: a line each, as `$ USD: dollar, dollars, m, cent, cents, m`."""
    found = {}
    for line in table.strip().splitlines():
        signs, _, said = line.strip().partition(": ")
        one, many, gender, *part = said.split(", ")
        whole = nouns(f"x: {one}, {many}, {gender}")["x"]
        hundredth = nouns(f"x: {', '.join(part)}")["x"] if part else None
        found.update({sign: Currency(whole, hundredth) for sign in signs.split()})
    return found


def pairs(table: str) -> dict[str, str]:
    """What is said by what is written: a line each, as `z. B.: zum Beispiel`."""
    lines = (line.strip().rpartition(": ") for line in table.strip().splitlines())
    return {written: said for written, _, said in lines}


def month_numbers(full: str, short: str) -> dict[str, int]:
    """1 to 12 by name and by short name, in small letters; `-` is no short name."""
    found = {name.lower(): i for i, name in enumerate(full.split(), 1)}
    for i, names in enumerate(short.split(), 1):
        found.update({name: i for name in names.split("/") if name != "-"})
    return found
