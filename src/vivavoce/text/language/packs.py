"""Language packs by code: entry points in the group `vivavoce.language`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from .codes import match_language, variants
from .pack import LanguagePack
from .und import UND

GROUP = "vivavoce.language"
_prepared: set[str] = set()


@cache
def pack_of(language: str | None) -> LanguagePack:
    """The pack of a language by any of its codes, such as `en-GB`, or the neutral one.

    An unknown language, an empty code and None all get the pack that knows no language.
    """
    known = _entries()
    for code in variants(language):
        if code in known:
            pack = known[code].load()
            assert isinstance(pack, LanguagePack)
            return pack
    return UND


def prepare(languages: Iterable[str]) -> None:
    """Load the packs of these languages, as far as there are any, and their number rules.

    A pack takes 0.1 to 0.3 s when it is first used: call this in a thread.
    """
    for language in languages:
        if match_language(language, pack_codes()) and (forms := pack_of(language).forms):
            forms.item(1)
        _prepared.add(language)


def is_prepared(languages: Iterable[str]) -> bool:
    """Whether `prepare` was done with all of these."""
    return _prepared.issuperset(languages)


def pack_codes() -> list[str]:
    """Codes of the packs that are installed."""
    return sorted(_entries())


@cache
def _entries() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}
