from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vivavoce.text.language.en.numerals import (
    cardinal,
    decade,
    digits,
    fraction,
    number,
    ordinal,
    year,
)

SMALL = {cardinal(value): value for value in range(1000)}
SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}


def value_of(words: str) -> int:
    """Reads cardinal numbers back."""
    total, group = 0, list[str]()
    for word in words.split():
        if word in SCALES:
            total += SMALL[" ".join(group)] * SCALES[word]
            group = []
        else:
            group.append(word)
    return total + (SMALL[" ".join(group)] if group else 0)


@given(st.integers(0, 10**15 - 1))
def test_a_cardinal_reads_back_as_its_number(value: int) -> None:
    assert value_of(cardinal(value)) == value


def test_every_number_below_a_thousand_has_a_name_of_its_own() -> None:
    assert len(SMALL) == 1000
    assert cardinal(121) == "one hundred twenty-one"
    assert cardinal(-3) == "minus three"


def test_numbers_too_long_to_name_are_said_digit_by_digit() -> None:
    assert cardinal(10**15) == "one" + " zero" * 15


def test_ordinals() -> None:
    named = {1: "first", 2: "second", 3: "third", 5: "fifth", 8: "eighth", 9: "ninth"}
    named |= {12: "twelfth", 20: "twentieth", 21: "twenty-first", 100: "one hundredth"}
    assert {value: ordinal(value) for value in named} == named


def test_years() -> None:
    named = {
        1066: "ten sixty-six",
        1900: "nineteen hundred",
        1905: "nineteen oh five",
        1999: "nineteen ninety-nine",
        2000: "two thousand",
        2009: "two thousand nine",
        2026: "twenty twenty-six",
        476: "four hundred seventy-six",
    }
    assert {value: year(value) for value in named} == named


def test_decades() -> None:
    named = {90: "nineties", 1990: "nineteen nineties", 1900: "nineteen hundreds"}
    assert {value: decade(value) for value in named} == named


def test_fractions() -> None:
    assert fraction(1, 2) == "one half"
    assert fraction(3, 4) == "three quarters"
    assert fraction(3, 2) == "three halves"
    assert fraction(2, 7) == "two sevenths"
    assert fraction(1, 1000) == "one over one thousand"


def test_numbers_as_written() -> None:
    assert number("-1,234.50") == "minus one thousand two hundred thirty-four point five zero"
    assert number("007") == "zero zero seven"
    assert digits("5-55") == "five five five"
