"""The check of any kind of engine, as the table of kinds names it."""

from __future__ import annotations

import pkgutil

from vivavoce.engines import Engine, Kind
from vivavoce.kinds import kinds


async def check_engine(kind: Kind, engine: Engine) -> None:
    """Raise AssertionError, saying what is wrong, unless the engine keeps its kind's contract.

    The engine is loaded, but not closed.
    """
    row = kinds()[kind]
    lacks = row.lacks(engine)
    assert not lacks, f"{engine.name} lacks {', '.join(lacks)}"
    await pkgutil.resolve_name(row.check)(engine)
