"""How Dutch says numbers, dates, money and signs."""

from __future__ import annotations

from vivavoce.text.language.grammar import (
    Gender,
    Grammar,
    MeasureWords,
    Noun,
    NumberWords,
    TimeWords,
    month_numbers,
    pairs,
    words,
)
from vivavoce.text.language.grammar_forms import GrammarForms
from vivavoce.text.language.rbnf import spell_out

from .tables import ABBREVIATIONS, CURRENCIES, RATES, SIGNS, SIZES, UNITS

_MONTHS = "januari februari maart april mei juni juli augustus september oktober november december"
_KINGS = words(
    "willem lodewijk hendrik karel filips elizabeth george paulus benedictus pius napoleon albert"
    " leopold frederik"
)
_NUMBERED = words("hoofdstuk deel akte fase niveau type oorlog wereldoorlog band")


def _cardinal(value: int) -> str:
    return spell_out(value, "nl", "spellout-numbering")


def _nth(value: int) -> str:
    return spell_out(value, "nl", "spellout-ordinal")


def _gender(_noun: str) -> Gender:
    return "m"


def _ordinal(value: int, _end: str, _before: str, _after: str) -> str | None:
    return _nth(value)


def _date(day: int, month: int, year: int | None, _before: str) -> str:
    said = _cardinal(day)
    if month:
        said += f" {_MONTHS.split()[month - 1]}"
    return f"{said} {spell_out(year, 'nl', 'spellout-numbering-year')}" if year else said


def _clock(hour: int, minute: int, second: int | None) -> str:
    said = f"{_cardinal(hour)} uur"
    if minute or second:
        said += f" {_cardinal(minute)}"
    if second:
        said += f" en {_cardinal(second)} {'seconde' if second == 1 else 'seconden'}"
    return said


def _fraction(whole: int | None, above: int, below: int) -> str:
    if (above, below) == (1, 2):
        if not whole:
            return "een half"
        joint = "ën" if _cardinal(whole).endswith("e") else "en"
        return "anderhalf" if whole == 1 else f"{_cardinal(whole)}{joint}half"
    part = {2: "tweede", 4: "kwart"}.get(below) or _nth(below)
    said = f"{_cardinal(above)} {part}"
    return f"{_cardinal(whole)} en {said}" if whole else said


def _roman(value: int, before: str, after: str) -> str | None:
    """`Lodewijk XIV`, `hoofdstuk IV`."""
    if before.lower() in _KINGS:
        nth = _nth(value)
        return f"de {nth[0].upper()}{nth[1:]}"
    if after.lower().startswith("eeuw"):
        return _nth(value)
    return _cardinal(value) if before.lower() in _NUMBERED else None


def _decade(_value: int, _end: str) -> str | None:
    return None


def _per(noun: Noun) -> str:
    return f"per {noun.one}"


FORMS = GrammarForms(
    Grammar(
        numbers=NumberWords(
            language="nl",
            plain="spellout-numbering",
            years="spellout-numbering-year",
            cardinals={"m": "spellout-numbering"},
            point="komma",
            dot="punt",
            minus="min",
            plus="plus",
            to="tot",
            ratio="tegen",
            times="keer",
            by="bij",
            over="op",
            power="tot de macht",
            raised=("kwadraat", "tot de derde"),
            ordinal_end="e|ste|de",
            ordinal=_ordinal,
            fraction=_fraction,
            gender=_gender,
            roman=_roman,
            decade=_decade,
        ),
        times=TimeWords(
            months=tuple(_MONTHS.split()),
            month_names=month_numbers(
                _MONTHS, "jan feb mrt apr - jun jul aug sept/sep okt nov dec"
            ),
            weekdays=pairs(
                "ma: maandag\ndi: dinsdag\nwo: woensdag\ndo: donderdag\nvr: vrijdag\nza: zaterdag\n"
                "zo: zondag\nMa: maandag\nDi: dinsdag\nWo: woensdag\nDo: donderdag\nVr: vrijdag\n"
                "Za: zaterdag\nZo: zondag"
            ),
            date=_date,
            clock=_clock,
            clock_end="uur|u",
            clock_before=words("om"),
        ),
        measures=MeasureWords(
            units=UNITS,
            rates=RATES,
            currencies=CURRENCIES,
            magnitudes=SIZES,
            percent="procent",
            per=_per,
        ),
        signs=SIGNS,
        abbreviations=ABBREVIATIONS,
        numbered=pairs(
            "nr.: nummer\np.: pagina\npp.: pagina's\nart.: artikel\nhfst.: hoofdstuk\nfig.: figuur"
        ),
        phones=(
            r"06[ -]?[0-9]{8}",
            r"0[0-9]{1,3}[ -][0-9]{3}[ ]?[0-9]{3,4}",
            r"06(?: [0-9]{2}){4}",
        ),
    )
)
