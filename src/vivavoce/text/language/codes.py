"""One table of language codes for all engines and protocols, from Unicode's CLDR; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from .pack import words

_NEAR = 10
"""The distance up to which CLDR takes two codes for one language, as 1 for `nb` and `no`. Another
language that people may know as well, such as Spanish for Catalan, is 20 away or more."""
_NORWEGIAN = {"nn": ("nn", "no", "nb"), "nb": ("nb", "no", "nn"), "no": ("no", "nb", "nn")}
"""What is written in either is read aloud by the same people."""
_STANDARD = words("ar bg cs da de el en es fi fr hi hu it ja ko nl pl pt ru sv tr uk")
"""Codes that need no look into CLDR, which takes 0.1 s to load."""


def variants(code: str | None) -> list[str]:
    """A language's code as given, in its standard form, and cut short, in this order.

    `zh-Hant-TW` is also `zh-Hant` and `zh`, `iw` is `he`, `cmn` is `zh`, and Norwegian's three
    codes are one another; nothing for None and "".
    """
    return list(_variants(code.strip())) if code and code.strip() else []


def language_of(code: str | None) -> str:
    """The language alone, in its standard form: `en` for `en_GB`, `he` for `iw`, or "".

    What is no language's code is given back in small letters.
    """
    return _standard(code.strip()).partition("-")[0] if code and code.strip() else ""


def asked_language(code: str | None) -> str | None:
    """The language that is asked for; None, an empty one and `auto` mean to find out."""
    return code.strip() if code and code.strip().lower() not in {"", "auto"} else None


def match_language(code: str | None, known: Iterable[str]) -> str | None:
    """Which of the codes that are known stands for this language: `no` for `nb`, `he` for `iw`.

    None if none does. Regions and scripts that are not known are left off.
    """
    return _match(code.strip(), tuple(known)) if code and code.strip() else None


@cache
def _standard(code: str) -> str:
    plain = code.replace("_", "-").lower()
    if plain.partition("-")[0] in _STANDARD:
        return plain
    from langcodes import standardize_tag
    from langcodes.tag_parser import LanguageTagError

    try:
        return str(standardize_tag(plain, macro=True))
    except (LanguageTagError, ValueError):
        return plain


@cache
def _variants(code: str) -> tuple[str, ...]:
    plain = code.replace("_", "-").lower()
    found = [code, plain, *_shorter(_standard(code)), *_shorter(plain)]
    found += _NORWEGIAN.get(language_of(code), ())
    return tuple(dict.fromkeys(found))


def _shorter(code: str) -> list[str]:
    parts = code.split("-")
    return ["-".join(parts[:count]) for count in range(len(parts), 0, -1)]


@cache
def _match(code: str, known: tuple[str, ...]) -> str | None:
    named = {}
    for name in reversed(known):
        named[name] = named[name.replace("_", "-").lower()] = name
    for variant in _variants(code):
        for spelling in (variant, variant.lower()):
            if spelling in named:
                return named[spelling]
    language = language_of(code)
    if language in _STANDARD and all(
        re.split("[-_]", name.lower())[0] != language for name in known
    ):
        return None
    return _nearest(code, known)


def _nearest(code: str, known: tuple[str, ...]) -> str | None:
    from langcodes import closest_supported_match, tag_is_valid
    from langcodes.tag_parser import LanguageTagError

    tags = [name for name in known if tag_is_valid(name)]
    try:
        return closest_supported_match(code, tags, max_distance=_NEAR)
    except (LanguageTagError, ValueError):
        return None
