"""Looking behind the guards of a chain's engines."""

from __future__ import annotations

from collections.abc import Sequence

from vivavoce.engines import Engine
from vivavoce.guard import Guarded


def unguarded(engines: Sequence[Engine]) -> list[Engine]:
    """The engines that do the work."""
    return [each.engine if isinstance(each, Guarded) else each for each in engines]
