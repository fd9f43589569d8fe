"""Money, percentages and units, after a language's `Grammar`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .grammar import Currency, Grammar, Noun
from .spelling import AMOUNT, END, GAP, SIGNED, SPACES, TO, Speller, parted

_POINT = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?(?![0-9])|[0-9]+\.[0-9]{1,2}(?![0-9])"
"""A sum as it is written with a sign before it in English, `$1,234.50`."""


class SumForms:
    """What is said for money, percentages and units."""

    def __init__(self, grammar: Grammar, speller: Speller) -> None:
        self._measures = grammar.measures
        self._speller = speller
        self._to = grammar.numbers.to
        per = _any({**grammar.measures.units, **grammar.measures.rates})
        self._rate = re.compile(rf"{GAP}/{GAP}({per})\b\.?")

    def rules(self) -> Iterable[tuple[str, object]]:
        """Patterns, and what says what they find, in the order in which they are tried."""
        measures = self._measures
        signs, sizes = _any(measures.currencies), _any(measures.magnitudes)
        size = rf"(?:{GAP}({sizes})(?![^\W_]))?"
        amounts = rf"({AMOUNT})(?:{TO}({AMOUNT}))?{size}"
        yield rf"([-−])?{amounts}(?:[{SPACES}]d[ei])?{GAP}({signs})(?![^\W_])", self._money
        first = rf"({_POINT}|{AMOUNT}|,[0-9]+)(?:{TO}(?:{signs})?({AMOUNT}))?"
        yield rf"([-−])?({signs}){GAP}{first}{size}{END}", self._money_first
        yield rf"(?:({SIGNED}){GAP}%?{TO})?({SIGNED}){GAP}%", self._percent
        yield rf"({SIGNED}){GAP}({sizes})(?![^\W_])", self._size
        unit = _any(measures.units)
        yield rf"(?:({SIGNED}){TO})?({SIGNED})(?:{GAP}|-)({unit}){END}", self._unit

    def with_rate(self, said: str, text: str, end: int) -> tuple[str, int]:
        """What was said, and what it is for, where that follows: `/Monat`."""
        if match := self._rate.match(text, end):
            return f"{said} {self.for_each(match[1])}", match.end()
        return said, end

    def for_each(self, written: str) -> str:
        """What is said for `/Monat`."""
        noun = self._measures.rates.get(written) or self._measures.units[written]
        return self._measures.per(noun)

    def _money(self, match: re.Match[str]) -> str | None:
        sign, low, high, size, currency = match.groups()
        return self._sum(sign, (low, high), size, self._measures.currencies[currency])

    def _money_first(self, match: re.Match[str]) -> str | None:
        sign, currency, low, high, size = match.groups()
        if re.fullmatch(_POINT, low):
            low = low.replace(",", "").replace(".", ",")
        if low.startswith(","):
            low = f"0{low}"
        return self._sum(sign, (low, high), size, self._measures.currencies[currency])

    def _sum(
        self, sign: str | None, amounts: tuple[str, str | None], size: str | None, of: Currency
    ) -> str:
        low, high = amounts
        said = self._money_of(high or low, size, of)
        if high:
            said = f"{self._speller.spell(low)} {self._to} {said}"
        return f"{self._speller.words.minus} {said}" if sign else said

    def _money_of(self, amount: str, size: str | None, currency: Currency) -> str:
        speller, measures = self._speller, self._measures
        if size:
            said = speller.counted(amount, measures.magnitudes[size])
            return f"{said} {self._of(currency.whole.many)}"
        whole, part = parted(amount)
        if len(part) != 2 or currency.part is None:
            return self._whole(amount, currency.whole)
        if not int(part):
            return self._whole(whole, currency.whole)
        cents = speller.counted(str(int(part)), currency.part)
        if not int(whole):
            return cents
        if not measures.cents_named:
            cents = speller.spell(str(int(part)))
        return " ".join(filter(None, (self._whole(whole, currency.whole), measures.cents, cents)))

    def _whole(self, amount: str, noun: Noun) -> str:
        whole, part = parted(amount)
        if not part and int(whole) and int(whole) % 1_000_000 == 0:
            return f"{self._speller.spell(amount, noun.gender)} {self._of(noun.many)}"
        return self._speller.counted(amount, noun)

    def _of(self, noun: str) -> str:
        """`de dollars`, `d'euros`."""
        of = self._speller.words.of
        if of.endswith("'") or not of:
            return of + noun
        elided = self._speller.words.language == "fr" and noun[0] in "aeiouéèêh"
        return f"d'{noun}" if elided else f"{of} {noun}"

    def _percent(self, match: re.Match[str]) -> str | None:
        spell = self._speller.spell
        low = f"{spell(match[1])} {self._to} " if match[1] else ""
        return f"{low}{spell(match[2])} {self._measures.percent}"

    def _size(self, match: re.Match[str]) -> str | None:
        return self._speller.counted(match[1], self._measures.magnitudes[match[2]])

    def _unit(self, match: re.Match[str]) -> str | None:
        noun = self._measures.units[match[3]]
        said = self._speller.counted(match[2], noun)
        return f"{self._speller.spell(match[1])} {self._to} {said}" if match[1] else said


def _any(table: Iterable[str]) -> str:
    """A pattern of any of these, the longest first."""
    return "|".join(sorted(map(re.escape, table), key=len, reverse=True)) or "(?!)"
