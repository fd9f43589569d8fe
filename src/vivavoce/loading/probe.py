"""The least use of an engine that shows whether it works."""

from __future__ import annotations

from vivavoce.engines import Engine, Kind
from vivavoce.kinds import kinds


async def probe(kind: Kind, engine: Engine) -> None:
    """Load the engine and use it once, for as little as possible; raises what it raises."""
    await engine.load()
    await use(kind, engine)


async def use(kind: Kind, engine: Engine) -> None:
    """Use a loaded engine once, for as little as possible; raises what it raises."""
    await kinds()[kind].probe(engine)
