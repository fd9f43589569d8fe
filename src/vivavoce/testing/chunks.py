"""Audio in the sizes that networks and sound cards never agree on."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from vivavoce.audio import Samples

_SIZES = (1, 7, 160, 511, 4_801, 320, 1, 1_025, 3_203)


def odd_chunks(samples: Samples) -> Iterator[Samples]:
    """The samples in order, in chunks of odd sizes, a single sample among them."""
    at = 0
    for size in itertools.cycle(_SIZES):
        if at >= len(samples):
            return
        yield samples[at : at + size]
        at += size
