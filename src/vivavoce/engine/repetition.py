"""Models that go round and round; pure."""

from __future__ import annotations

from collections.abc import Hashable, Sequence


def looped(items: Sequence[Hashable], least: int) -> int:
    """How many items are left when the last ones, that repeat without end, are said once; or 0.

    least: so many items must repeat those before them, and be said three times at least.
    """
    for period in range(1, len(items) // 3 + 1):
        repeated = 0
        while (
            repeated + period < len(items) and items[-1 - repeated] == items[-1 - repeated - period]
        ):
            repeated += 1
        if repeated >= max(least, 2 * period):
            return len(items) - repeated
    return 0
