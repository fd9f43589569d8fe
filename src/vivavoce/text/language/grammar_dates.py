"""Dates, times and telephone numbers, after a language's `Grammar`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .grammar import Grammar
from .spelling import END, GAP, TO, Speller, last_word

_CLOCK = r"([01]?[0-9]|2[0-4])[:h]([0-5][0-9])(?::([0-5][0-9]))?"
_DOTTED = r"([01]?[0-9]|2[0-4])\.([0-5][0-9])"
_STAMP = (
    r"(?:(?:T|\s)([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9])(?:[.,][0-9]+)?)?"
    r"(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)


class DateForms:
    """What is said for dates, times and telephone numbers."""

    def __init__(self, grammar: Grammar, speller: Speller) -> None:
        self._times = grammar.times
        self._speller = speller
        self._to = grammar.numbers.to
        self._end = grammar.numbers.ordinal_end
        self._pairs = grammar.phone_pairs
        self._phones = grammar.phones

    def rules(self) -> Iterable[tuple[str, object]]:
        """Patterns, and what says what they find, in the order in which they are tried."""
        times = self._times
        names = "|".join(sorted(map(re.escape, times.month_names), key=len, reverse=True))
        month = rf"\s(?:de\s)?((?i:{names}))\b\.?"
        of_year = rf"(?:\s(?:del?\s)?([12][0-9]{{3}}){END})?"
        nth = f"(?:{self._end})?"
        yield rf"([12][0-9]{{3}})([-/.])([01]?[0-9])\2([0-3]?[0-9]){_STAMP}{END}", self._iso
        year = r"([12][0-9]{3}|[0-9]{2})"
        yield rf"([0-3]?[0-9])([./-]){GAP}([01]?[0-9])\2{GAP}{year}{END}", self._day_first
        if self._end == r"\.":
            yield r"([0-3]?[0-9])\.([01]?[0-9])\.(?![0-9])", self._day_month
        yield (
            rf"([0-3]?[0-9]){nth}(?:{TO}([0-3]?[0-9]){nth})?{month}{of_year}",
            self._named_month,
        )
        for phone in (*self._phones, r"\+[0-9]{1,3}(?:[ ./-]?\(?[0-9]{1,4}\)?){2,6}"):
            yield phone + END, self._phone
        end = rf"(?:{GAP}(?:{times.clock_end})(?![^\W_]))" if times.clock_end else "(?:(?!))"
        mixed = rf"([01]?[0-9]|2[0-4])(?:[:h]([0-5][0-9]){end}?|{end})"
        yield rf"{_CLOCK}{end}?{TO}{_CLOCK}({end})?{END}", self._clock_range
        yield rf"{mixed}{TO}{mixed}{END}", self._mixed_range
        yield rf"{_CLOCK}({end})?{END}", self._clock
        yield rf"{_DOTTED}(?:{TO}{_DOTTED})?({end})?{END}", self._dotted
        yield rf"(?:([0-9]{{1,2}}){end}?{TO})?([0-9]{{1,2}}){end}{END}", self._hour

    def _iso(self, match: re.Match[str]) -> str | None:
        said = self._date(match[4], match[3], match[1], match)
        if said and match[5]:
            said += f", {self._times.clock(int(match[5]), int(match[6]), None)}"
        return said

    def _day_first(self, match: re.Match[str]) -> str | None:
        return self._date(match[1], match[3], match[4], match)

    def _day_month(self, match: re.Match[str]) -> str | None:
        return self._date(match[1], match[2], None, match)

    def _date(self, day: str, month: str, year: str | None, match: re.Match[str]) -> str | None:
        if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
            return None
        full = None if year is None else int(year) + (2000 if len(year) == 2 else 0)
        return self._times.date(int(day), int(month), full, match.string[: match.start()])

    def _named_month(self, match: re.Match[str]) -> str | None:
        if not 1 <= int(match[1]) <= 31:
            return None
        month, before = self._times.month_names[match[3].lower()], match.string[: match.start()]
        year = int(match[4]) if match[4] else None
        if not match[2]:
            return self._times.date(int(match[1]), month, year, before)
        first = self._times.date(int(match[1]), 0, None, before)
        return f"{first} {self._to} {self._times.date(int(match[2]), month, year, before)}"

    def _phone(self, match: re.Match[str]) -> str | None:
        groups = re.findall(r"[0-9]+", match.group())
        plus = f"{self._speller.words.plus} " if match.group().startswith("+") else ""
        return plus + ", ".join(map(self._phone_group, groups))

    def _phone_group(self, group: str) -> str:
        spell = self._speller
        if not self._pairs or len(group) % 2:
            return spell.digits(group)
        pairs = [group[i : i + 2] for i in range(0, len(group), 2)]
        return ", ".join(
            spell.digits(it) if it[0] == "0" else spell.cardinal(int(it)) for it in pairs
        )

    def _clock_range(self, match: re.Match[str]) -> str | None:
        first = self._times.clock(int(match[1]), int(match[2]), _maybe(match[3]))
        last = self._times.clock(int(match[4]), int(match[5]), _maybe(match[6]))
        return f"{first} {self._to} {last}"

    def _mixed_range(self, match: re.Match[str]) -> str | None:
        """`9h-17h30`."""
        first = self._times.clock(int(match[1]), int(match[2] or 0), None)
        return f"{first} {self._to} {self._times.clock(int(match[3]), int(match[4] or 0), None)}"

    def _clock(self, match: re.Match[str]) -> str | None:
        return self._times.clock(int(match[1]), int(match[2]), _maybe(match[3]))

    def _dotted(self, match: re.Match[str]) -> str | None:
        """`14.30`, where something tells that it is a time."""
        before = last_word(match.string[: match.start()]).lower()
        if not match[5] and before not in self._times.clock_before:
            return None
        first = self._times.clock(int(match[1]), int(match[2]), None)
        if not match[3]:
            return first
        return f"{first} {self._to} {self._times.clock(int(match[3]), int(match[4]), None)}"

    def _hour(self, match: re.Match[str]) -> str | None:
        if int(match[2]) > 24:
            return None
        gender = self._times.hour_gender
        first = f"{self._speller.cardinal(int(match[1]), gender)} {self._to} " if match[1] else ""
        return first + self._times.clock(int(match[2]), 0, None)


def _maybe(text: str | None) -> int | None:
    return int(text) if text else None
