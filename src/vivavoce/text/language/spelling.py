"""Numbers in words, as a language with a decimal comma writes them."""

from __future__ import annotations

import re

from .grammar import Gender, Noun, NumberWords
from .rbnf import spell_out

SPACES = " \u00a0\u202f\u2009"
GAP = f"[{SPACES}]?"
_GROUPED = rf"[0-9]{{1,3}}(?:\.[0-9]{{3}})+|[0-9]{{1,3}}(?:[{SPACES}'’][0-9]{{3}})+(?![0-9])|[0-9]+"
_MANY_COMMAS = (
    r"[0-9]{1,3}(?:,[0-9]{2,3})+,[0-9]{3}(?![0-9])(?:\.[0-9]+)?"
    r"|[0-9]{1,3},[0-9]{3}\.[0-9]+"
)
AMOUNT = rf"(?:{_MANY_COMMAS}|(?:{_GROUPED})(?:,[0-9]+)?)"
"""A number: `1.234,5`, `1 234,5`, and where nothing else can be meant, `1,234.5`."""
SIGNED = rf"[-−+]?{AMOUNT}"
TO = rf"{GAP}[-–—]{GAP}"
END = r"(?![^\W_])(?![.,:/-][0-9])"
SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_SUPERSCRIPT = str.maketrans(SUPERSCRIPTS + "⁻⁺", "0123456789-+")
_LONGEST = 15
"""Digits past which a number is said digit by digit."""
_DIGITS_AFTER = 2
"""Digits after the decimal mark that may be said as one number."""


class Speller:
    """Says numbers in one language."""

    def __init__(self, words: NumberWords) -> None:
        self.words = words

    def cardinal(self, value: int, gender: Gender | None = None) -> str:
        """An integer; with a gender, before a noun of it."""
        if len(str(abs(value))) > _LONGEST:
            return self.digits(str(abs(value)))
        words = self.words
        rule = words.cardinals.get(gender, words.plain) if gender else words.plain
        said = spell_out(abs(value), words.language, rule)
        return f"{words.minus} {said}" if value < 0 else said

    def year(self, value: int) -> str:
        """Four digits as a year."""
        return spell_out(value, self.words.language, self.words.years)

    def digits(self, text: str) -> str:
        """Each digit by itself."""
        return " ".join(self.cardinal(int(digit)) for digit in text if digit.isdigit())

    def spell(self, text: str, gender: Gender | None = None) -> str:
        """A number as it is written: `-1.234,50`, `007`; with a gender, before a noun of it."""
        sign, words = "", self.words
        if text[0] in "-−+":
            sign, text = f"{words.plus if text[0] == '+' else words.minus} ", text[1:]
        whole, part = parted(text)
        if part:
            return f"{sign}{self.cardinal(int(whole))} {words.point} {self._after(part)}"
        if len(whole) > 1 and whole[0] == "0":
            return sign + self.digits(whole)
        return sign + self.cardinal(int(whole), gender)

    def counted(self, text: str, noun: Noun) -> str:
        """A number and what it counts."""
        whole, part = parted(text.lstrip("-−+"))
        single = int(whole) == 1 and not part
        if self.words.one_below_two and part:
            single = int(whole) < 2
        return f"{self.spell(text, noun.gender)} {noun.one if single else noun.many}"

    def maybe_year(self, text: str) -> str:
        """A number that may be a year."""
        return self.year(int(text)) if is_year(text) else self.spell(text)

    def raised(self, small: str) -> str:
        """What is said for a number in superscript: "squared"."""
        power = small.translate(_SUPERSCRIPT)
        if power in {"2", "3"}:
            return self.words.raised[int(power) - 2]
        return f"{self.words.power} {self.spell(power)}"

    def _after(self, part: str) -> str:
        if self.words.digits_after or len(part) > _DIGITS_AFTER or part.startswith("0"):
            return self.digits(part)
        return self.cardinal(int(part))


def parted(text: str) -> tuple[str, str]:
    """The digits before and after the decimal mark."""
    mark = "." if text.count(",") > 1 or re.search(r",[0-9]{3}\.[0-9]", text) else ","
    whole, _, part = text.partition(mark)
    return re.sub(r"\D", "", whole), part


def value_of(text: str) -> float:
    """The number itself."""
    whole, part = parted(text)
    return float(f"{whole}.{part or 0}")


def is_year(text: str) -> bool:
    """Whether four digits may be a year."""
    return len(text) == 4 and text.isdigit() and 1100 <= int(text) < 2100


def last_word(text: str) -> str:
    """The word before; marks around it left off."""
    words = text.split()
    return words[-1].strip("(\"'*_“„«,") if words else ""


def first_word(text: str) -> str:
    """The word that follows; marks around it left off."""
    words = text.split(maxsplit=1)
    return words[0].strip("(\"'*_“„«»,.;:!?)") if words else ""
