"""Numbers in words by the spellout rules of Unicode's CLDR."""

from __future__ import annotations

from functools import cache, lru_cache

from unicode_rbnf import RbnfEngine

_SOFT_HYPHEN = "\u00ad"
_RESPELLED = {("nl", "een"): "één"}
"""The number, rather than the article that is spelled alike."""


@lru_cache(maxsize=4096)
def spell_out(value: int, language: str, rule: str) -> str:
    """An integer in words. rule: of CLDR's for the language, such as `spellout-ordinal`."""
    result = _engine(language).format_number(value, ruleset_names=[rule])
    said = " ".join(result.text.replace(_SOFT_HYPHEN, "").split())
    return _RESPELLED.get((language, said), said)


@cache
def _engine(language: str) -> RbnfEngine:
    return RbnfEngine.for_language(language)
