"""How English says what is written with digits: money, times, dates, units, ranges, years."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from .numerals import cardinal, decade, digits, fraction, number, ordinal, year
from .units import COUNTED, CURRENCIES, MONTHS, UNITS, YEAR_COMES_AFTER

Say: TypeAlias = Callable[[re.Match[str], str], str | None]
"""What is said for a match, given the text before it; None where the rule does not apply."""

_NUMBER = (
    r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}(?![0-9])|[0-9]+)(?:\.[0-9]+)?"
)
_AMOUNT = rf"[-−+]?(?:{_NUMBER}|\.[0-9]+)"
_TO = r"\s?[-–—]\s?"
_END = r"(?![^\W_])(?![.,:/-][0-9])"
_MAGNITUDES = {
    "k": "thousand",
    "m": "million",
    "mn": "million",
    "mm": "million",
    "bn": "billion",
    "b": "billion",
    "t": "trillion",
    "tn": "trillion",
}
_MAGNITUDE = r"(?:\s?(thousand|million|billion|trillion|[kKmMbBT]|[mbt]n|mm)(?![^\W_]))?"
_SIGNS = "|".join(re.escape(sign) for sign in sorted(CURRENCIES, key=len, reverse=True))
_HALF_DAY = r"(?:\s?([ap])(?:\.m\.?|m)(?![^\W_]))"
_CLOCK = r"([01]?[0-9]|2[0-4]):([0-5][0-9])(?::([0-5][0-9]))?"
_ISO = (
    r"([12][0-9]{3})([-/.])([01]?[0-9])\2([0-3]?[0-9])"
    r"(?:[T\s]([01][0-9]|2[0-3]):([0-5][0-9])(?::[0-5][0-9](?:\.[0-9]+)?)?"
    rf"(?:Z|[+-][0-9]{{2}}:?[0-9]{{2}})?)?{_END}"
)
_HOUR = rf"(1?[0-9])(?::([0-5][0-9]))?{_HALF_DAY}"
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_TH = "(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s([12][0-9]{3}))?"
_UNIT = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
_LARGEST_PART = 10
"""Parts of which there may be more than a whole, as in 7/4; 120/80 is "one twenty over eighty"."""
_SAYINGS = {"24/7": "twenty-four seven", "9/11": "nine eleven", "911": "nine one one"}
SUPERSCRIPTS = "[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+"
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_VULGAR = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5),
    "⅗": (3, 5), "⅘": (4, 5), "⅙": (1, 6), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8),
}  # fmt: skip


def _phone(match: re.Match[str], _before: str) -> str | None:
    groups = re.findall(r"[0-9]+", match.group())
    plus = "plus " if match.group().startswith("+") else ""
    return plus + ", ".join(digits(group) for group in groups)


def _iso_date(match: re.Match[str], _before: str) -> str | None:
    said = _date(int(match[1]), int(match[3]), int(match[4]))
    if said and match[5]:
        said += f", {_time(match[5], match[6], None, None)}"
    return said


def _slash_date(match: re.Match[str], _before: str) -> str | None:
    """Month first, as in the United States, unless that cannot be."""
    month, day, full = int(match[1]), int(match[2]), match[3]
    if month > 12:
        month, day = day, month
    return _date(int(full) if len(full) == 4 else 2000 + int(full), month, day)


def _date(when: int, month: int, day: int) -> str | None:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return f"{_MONTH_NAMES[month - 1]} {ordinal(day)}, {year(when)}"


def _month_day(match: re.Match[str], _before: str) -> str | None:
    day = int(match[2])
    if not 1 <= day <= 31:
        return None
    said = f"{MONTHS[match[1].lower()]} {ordinal(day)}"
    if match[3]:
        said += f" to {ordinal(int(match[3]))}"
    return f"{said}, {year(int(match[4]))}" if match[4] else said


def _day_month(match: re.Match[str], before: str) -> str | None:
    day = int(match[1])
    if not 1 <= day <= 31:
        return None
    the = "" if _last_word(before) == "the" else "the "
    said = f"{the}{ordinal(day)} of {MONTHS[match[2].lower()]}"
    return f"{said}, {year(int(match[3]))}" if match[3] else said


def _month_year(match: re.Match[str], _before: str) -> str | None:
    return f"{MONTHS[match[1].lower()]} {year(int(match[2]))}"


def _time(hour: str, minute: str, second: str | None, half: str | None) -> str:
    hours, minutes = int(hour), int(minute)
    suffix = f" {half.upper()}M" if half else ""
    if minutes:
        said = f"{cardinal(hours)} {'oh ' if minutes < 10 else ''}{cardinal(minutes)}"
    elif suffix:
        said = cardinal(hours)
    elif 1 <= hours <= 12:
        said = f"{cardinal(hours)} o'clock"
    else:
        said = f"{cardinal(hours)} hundred"
    if second and int(second):
        said += f" and {_counted(number(str(int(second))), 'second', 'seconds')}"
    return said + suffix


def _clock(match: re.Match[str], _before: str) -> str | None:
    return _time(match[1], match[2], match[3], match[4])


def _clock_range(match: re.Match[str], _before: str) -> str | None:
    first = _time(match[1], match[2], match[3], match[4])
    return f"{first} to {_time(match[5], match[6], match[7], match[8])}"


def _hour(match: re.Match[str], _before: str) -> str | None:
    first = f"{cardinal(int(match[1]))} to " if match[1] else ""
    return f"{first}{cardinal(int(match[2]))} {match[3].upper()}M"


def _hours(match: re.Match[str], _before: str) -> str | None:
    first = _hour_of(match[1], match[2], match[3])
    return f"{first} to {match[7].lower() if match[7] else _hour_of(match[4], match[5], match[6])}"


def _hour_of(hour: str, minute: str | None, half: str) -> str:
    return _time(hour, minute or "0", None, half)


def _money(match: re.Match[str], _before: str) -> str | None:
    sign, symbol, low, high, magnitude = match.groups()
    said = _money_of(symbol, high or low, magnitude)
    if high:
        said = f"{number(low)} to {said}"
    return f"minus {said}" if sign else said


def _money_after(match: re.Match[str], _before: str) -> str | None:
    return _money_of(match[2], match[1], None)


def _money_of(symbol: str, amount: str, magnitude: str | None) -> str:
    one, many, cent, cents = CURRENCIES[symbol]
    if magnitude:
        scale = _MAGNITUDES.get(magnitude.lower(), magnitude)
        return f"{number(amount)} {scale} {many}"
    whole, _, part = amount.replace(",", "").partition(".")
    whole = whole or "0"
    if len(part) != 2 or not cent:
        return _counted(number(amount), one, many)
    parts = []
    if int(whole) or not int(part):
        parts.append(_counted(number(whole), one, many))
    if int(part):
        parts.append(_counted(cardinal(int(part)), cent, cents))
    return " and ".join(parts)


def _percent(match: re.Match[str], _before: str) -> str | None:
    low = f"{number(match[1])} to " if match[1] else ""
    return f"{low}{number(match[2])} percent"


def _unit(match: re.Match[str], _before: str) -> str | None:
    one, many = UNITS[match[3]]
    if match[1]:
        return f"{number(match[1])} to {number(match[2])} {many}"
    return _counted(number(match[2]), one, many)


def _feet(match: re.Match[str], _before: str) -> str | None:
    return f"{cardinal(int(match[1]))} foot {cardinal(int(match[2]))}"


def _ordinal(match: re.Match[str], _before: str) -> str | None:
    return ordinal(int(match[1].replace(",", "")))


def _decade(match: re.Match[str], _before: str) -> str | None:
    return decade(int(match[1]))


def _fraction(match: re.Match[str], _before: str) -> str | None:
    whole, above, below = match.groups()
    if int(above) >= int(below) > _LARGEST_PART:
        return f"{number(above)} over {number(below)}"
    said = fraction(int(above), int(below))
    return f"{number(whole)} and {said}" if whole else said


def _vulgar(match: re.Match[str], _before: str) -> str | None:
    said = fraction(*_VULGAR[match[2]])
    if match[1]:
        return f"{number(match[1])} and {said.replace('one ', 'a ', 1)}"
    return said


def _range(match: re.Match[str], before: str) -> str | None:
    low, dash, high = match.groups()
    after = match.string[match.end() :].lstrip()
    if dash == " - " and (after.startswith("=") or _value(low) > _value(high)):
        return f"{number(low)} minus {number(high)}"
    if _is_year(low) and (_is_year(high) or len(high) == 2):
        last = cardinal(int(high)) if len(high) == 2 else year(int(high))
        return f"{year(int(low))} to {last}"
    return f"{number(low)} {number(high)}" if low == high else f"{number(low)} to {number(high)}"


def _dotted(match: re.Match[str], _before: str) -> str | None:
    """A version, or the address of a machine."""
    return " dot ".join(cardinal(int(part)) for part in match.group().lstrip("v").split("."))


def _times(match: re.Match[str], _before: str) -> str | None:
    if not match[3]:
        return f"{number(match[1])} times"
    return f"{number(match[1])} {'by' if match[2] == 'x' else 'times'} {number(match[3])}"


def _plain(match: re.Match[str], before: str) -> str | None:
    text = match.group()
    if _last_word(before) in {"call", "dial", "calling", "dialing"} and text.isdigit():
        return digits(text)
    if _is_year(text) and _reads_as_year(before, match.string[match.end() :]):
        return year(int(text))
    return number(text)


def _reads_as_year(before: str, after: str) -> bool:
    if _counts(after):
        return False
    if _last_word(before) in YEAR_COMES_AFTER:
        return True
    return not after.strip() or after.lstrip()[0] in ".,;:)!?" or not before.strip()


def _counts(after: str) -> bool:
    """Whether a noun follows that is often counted: `in 1950 homes`."""
    following = re.match(r"\s+([a-z]+)\b", after)
    return following is not None and following[1] in COUNTED


def _power(match: re.Match[str], _before: str) -> str | None:
    return f"{number(match[1])} {raised(match[2])}"


def raised(small: str) -> str:
    """What is said for a number in superscript."""
    power = small.translate(_SUPERSCRIPT)
    return {"2": "squared", "3": "cubed"}.get(power) or f"to the power of {number(power)}"


def _value(text: str) -> float:
    return float(text.replace(",", ""))


def _is_year(text: str) -> bool:
    return len(text) == 4 and text.isdigit() and (1100 <= int(text) < 2100)


def _last_word(before: str) -> str:
    return before.split()[-1].strip("(\"'*_“,").lower() if before.split() else ""


def _counted(said: str, one: str, many: str) -> str:
    return f"{said} {one if said == 'one' else many}"


_MONTH_NAMES = list(dict.fromkeys(MONTHS.values()))

RULES: list[tuple[re.Pattern[str], Say]] = [
    (re.compile(pattern, flags), say)
    for pattern, flags, say in (
        (r"\+[0-9]{1,3}(?:[ .-]?\(?[0-9]{2,4}\)?){2,4}" + _END, 0, _phone),
        (
            rf"(?:1[ .-])?(?:\([0-9]{{3}}\) ?|[0-9]{{3}}[ .-])[0-9]{{3}}[ .-][0-9]{{4}}{_END}",
            0,
            _phone,
        ),
        (rf"[0-9]{{3}}-[0-9]{{4}}{_END}", 0, _phone),
        (
            _ISO,
            0,
            _iso_date,
        ),
        (rf"([0-9]{{1,2}})/([0-9]{{1,2}})/([0-9]{{4}}|[0-9]{{2}}){_END}", 0, _slash_date),
        (
            rf"({_MONTH})\.?\s([0-9]{{1,2}}){_TH}(?:[-–]([0-9]{{1,2}}))?{_YEAR}{_END}(?!\s?%)",
            re.IGNORECASE,
            _month_day,
        ),
        (
            rf"([0-9]{{1,2}}){_TH}\s(?:of\s)?({_MONTH})\b\.?{_YEAR}{_END}",
            re.IGNORECASE,
            _day_month,
        ),
        (rf"({_MONTH})\.?,?\s([12][0-9]{{3}}){_END}", re.IGNORECASE, _month_year),
        (
            rf"{_CLOCK}{_HALF_DAY}?{_TO}{_CLOCK}{_HALF_DAY}?{_END}",
            re.IGNORECASE,
            _clock_range,
        ),
        (rf"{_CLOCK}{_HALF_DAY}?{_END}", re.IGNORECASE, _clock),
        (rf"{_HOUR}{_TO}(?:{_HOUR}|(noon|midnight)){_END}", re.IGNORECASE, _hours),
        (rf"(?:([0-9]{{1,2}}){_TO})?(1?[0-9]){_HALF_DAY}{_END}", re.IGNORECASE, _hour),
        (
            rf"([-−])?({_SIGNS})\s?({_NUMBER}|\.[0-9]{{2}})(?:{_TO}(?:{_SIGNS})?({_NUMBER}))?{_MAGNITUDE}{_END}",
            0,
            _money,
        ),
        (rf"({_NUMBER})\s?({_SIGNS}){_END}", 0, _money_after),
        (rf"(?:({_AMOUNT})\s?%?{_TO})?({_AMOUNT})\s?%", 0, _percent),
        (rf"['’]?([0-9]0|[12][0-9]{{2}}0)['’]?s{_END}", 0, _decade),
        (rf"(?:({_AMOUNT}){_TO})?({_AMOUNT})[\s-]?({_UNIT}){_END}", 0, _unit),
        (rf"({_AMOUNT})({SUPERSCRIPTS})", 0, _power),
        (r"([0-9])['′]\s?([0-9]{1,2})(?:\"|″|'')", 0, _feet),
        (rf"([0-9][0-9,]*)(?:st|nd|rd|th){_END}", 0, _ordinal),
        (rf"(24/7|9/11|911){_END}", 0, lambda match, _: _SAYINGS[match[1]]),
        (rf"(?:([0-9]+)\s)?([0-9]{{1,3}})[/⁄]([0-9]{{1,3}}){_END}", 0, _fraction),
        (rf"([0-9]+)?\s?([{''.join(_VULGAR)}])", 0, _vulgar),
        (rf"v?[0-9]+(?:\.[0-9]+){{2,}}{_END}", 0, _dotted),
        (rf"({_NUMBER})(\s?[-–—]\s?)({_NUMBER}){_END}", 0, _range),
        (rf"({_NUMBER})(?:x(?!\s?[0-9])|\s?([x×*])\s?({_NUMBER})){_END}", 0, _times),
        (rf"{_AMOUNT}{_END}", 0, _plain),
    )
]
"""Tried in order where a word begins."""
