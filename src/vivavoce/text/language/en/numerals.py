"""English words for numbers."""

from __future__ import annotations

_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
_TENS = (
    "zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
)  # fmt: skip
_SCALES = ("", "thousand", "million", "billion", "trillion")
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_LONGEST = 15
"""Digits past which a number is said digit by digit."""


def cardinal(value: int) -> str:
    """1234 is `one thousand two hundred thirty-four`."""
    if value < 0:
        return f"minus {cardinal(-value)}"
    if len(str(value)) > _LONGEST:
        return digits(str(value))
    if value == 0:
        return _ONES[0]
    words = []
    for power in range(len(_SCALES) - 1, -1, -1):
        group = value // 1000**power % 1000
        if group:
            words.append(f"{_below_thousand(group)} {_SCALES[power]}".strip())
    return " ".join(words)


def ordinal(value: int) -> str:
    """21 is `twenty-first`."""
    words = cardinal(value)
    start = max(words.rfind(" "), words.rfind("-")) + 1
    last = words[start:]
    if last in _ORDINALS:
        last = _ORDINALS[last]
    else:
        last = f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th"
    return words[:start] + last


def year(value: int) -> str:
    """1999 is `nineteen ninety-nine`; 2005 is `two thousand five`."""
    century, rest = divmod(value, 100)
    if not 1000 <= value <= 9999 or (century % 10 == 0 and rest < 10):
        return cardinal(value)
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {_below_hundred_of_year(rest)}"


def decade(value: int) -> str:
    """1990 is `nineteen nineties`; 90 is `nineties`."""
    words = cardinal(value) if value < 100 else year(value)
    return f"{words[:-1]}ies" if words.endswith("y") else f"{words}s"


def digits(text: str) -> str:
    """Each digit by itself: `555` is `five five five`."""
    return " ".join(_ONES[int(digit)] for digit in text if digit.isdigit())


def number(text: str) -> str:
    """A number as it is written: `-1,234.50`, `007`, `.5`."""
    sign = ""
    if text[0] in "-−+":
        sign, text = ("plus " if text[0] == "+" else "minus "), text[1:]
    whole, point, fraction = text.replace(",", "").partition(".")
    spelled = len(whole) > 1 and whole[0] == "0"
    words = digits(whole) if spelled else cardinal(int(whole or "0"))
    return f"{sign}{words} point {digits(fraction)}" if point else sign + words


def fraction(numerator: int, denominator: int) -> str:
    """1/2 is `one half`, 3/4 `three quarters`, 2/7 `two sevenths`."""
    if not 2 <= denominator <= 100:
        return f"{cardinal(numerator)} over {cardinal(denominator)}"
    parts = {2: "half", 4: "quarter"}.get(denominator) or ordinal(denominator)
    if numerator != 1:
        parts = "halves" if parts == "half" else f"{parts}s"
    return f"{cardinal(numerator)} {parts}"


def _below_thousand(value: int) -> str:
    hundreds, rest = divmod(value, 100)
    words = [f"{_ONES[hundreds]} hundred"] if hundreds else []
    if rest:
        words.append(_below_hundred(rest))
    return " ".join(words)


def _below_hundred(value: int) -> str:
    if value < 20:
        return _ONES[value]
    tens, ones = divmod(value, 10)
    return f"{_TENS[tens]}-{_ONES[ones]}" if ones else _TENS[tens]


def _below_hundred_of_year(value: int) -> str:
    return _below_hundred(value) if value >= 10 else f"oh {_ONES[value]}"
