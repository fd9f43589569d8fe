"""Text that is told to be characters, a number, a date …, in the words of a language; pure."""

from __future__ import annotations

import re

from unicode_rbnf.engine import NoRuleForNumberError

from vivavoce.text.language.pack import LanguagePack
from vivavoce.text.language.rbnf import spell_out

from .marked_text import SayAs
from .normalizer import pieces_by

_LONGEST = 15
"""Digits of a number that is said as one."""
_MOST_CHARACTERS = 200
_ORDINAL_RULES = ("spellout-ordinal", "spellout-ordinal-masculine")


def read_as(pack: LanguagePack, text: str, wanted: SayAs) -> str:
    """What is said; what is not of that kind is read as usual."""
    match wanted.kind:
        case "characters":
            return _characters(pack, text)
        case "digits":
            return _digits(pack, text) or usual(pack, text)
        case "telephone":
            return _telephone(pack, text) or usual(pack, text)
        case "cardinal":
            number = _number(text)
            return usual(pack, text) if number is None else _item(pack, number)
        case "ordinal":
            return _ordinal(pack, text) or usual(pack, text)
        case "date":
            return usual(pack, _iso_date(text, wanted.order) or text)
        case "time":
            return usual(pack, text)


def usual(pack: LanguagePack, text: str) -> str:
    """What is said for a text of which nothing is known."""
    found = pieces_by(pack, text, line_start=False)
    return " ".join(span.spoken for span in found if span.spoken)


def _characters(pack: LanguagePack, text: str) -> str:
    said = (_character(pack, character) for character in text[:_MOST_CHARACTERS])
    return " ".join(filter(None, said))


def _character(pack: LanguagePack, character: str) -> str:
    if character.isdecimal():
        return _item(pack, int(character))
    if character.isalpha():
        upper = character.upper()
        return upper if len(upper) == 1 else character
    words = pack.addresses
    if words is not None:
        signs = {
            ".": words.dot, "/": words.slash, "@": words.at, "-": words.dash,
            "_": words.underscore, "+": words.plus,
        }  # fmt: skip
        if character in signs:
            return signs[character]
    said = pack.forms.abbreviation(character, "", "") if pack.forms else None
    return said or ""


def _digits(pack: LanguagePack, text: str) -> str:
    return " ".join(_item(pack, int(it)) for it in text if it.isdecimal())


def _telephone(pack: LanguagePack, text: str) -> str:
    """Digit by digit, with a pause between the groups."""
    groups = (_digits(pack, group) for group in re.findall(r"\d+", text))
    said = ", ".join(groups)
    plus = pack.addresses.plus if pack.addresses else ""
    return f"{plus} {said}" if said and plus and text.lstrip().startswith("+") else said


def _ordinal(pack: LanguagePack, text: str) -> str | None:
    number = _number(re.sub(r"(?<=\d)(?:st|nd|rd|th|er|e|ème|\.|º|ª|°)$", "", text.strip()))
    if number is None or pack.forms is None:
        return None
    for rule in _ORDINAL_RULES:
        try:
            return spell_out(number, pack.code, rule)
        except (NoRuleForNumberError, ValueError):
            continue
    return None


def _number(text: str) -> int | None:
    digits = re.sub(r"(?<=\d)[ ,.'’\u00a0\u202f](?=\d{3}(?!\d))", "", text.strip())
    return int(digits) if digits.isdecimal() and len(digits) <= _LONGEST else None


def _item(pack: LanguagePack, number: int) -> str:
    return pack.forms.item(number) if pack.forms else str(number)


def _iso_date(text: str, order: str) -> str | None:
    """A date of three numbers as year, month and day."""
    parts = re.findall(r"\d+", text)
    if len(parts) != 3 or sorted(order) != ["d", "m", "y"]:
        return None
    by_letter = dict(zip(order, parts, strict=True))
    year = by_letter["y"]
    if len(year) == 2:
        year = f"{'20' if int(year) < 50 else '19'}{year}"
    return f"{year}-{by_letter['m']:0>2}-{by_letter['d']:0>2}"
