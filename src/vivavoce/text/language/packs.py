"""Language packs by code: entry points in the group `vivavoce.language`."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points

from .codes import variants
from .pack import LanguagePack
from .und import UND

GROUP = "vivavoce.language"


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


def pack_codes() -> list[str]:
    """Codes of the packs that are installed."""
    return sorted(_entries())


@cache
def _entries() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}
