"""How much the machine has to do, by how long work waits; past a bound, no new sessions."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass

from vivavoce.concurrency.model_thread import longest_wait

SAMPLE_S = 0.25
_MOST = 4.0
"""Times the bound that one sample counts for at most: what is forgotten within seconds, however
long the longest wait was."""
SMOOTHING_S = 2.0
"""How far back the average reaches: one slow moment is no overload."""


@dataclass(frozen=True, slots=True)
class MachineLoad:
    """delay_s: how long work waits, averaged over some seconds. high: whether that is too long."""

    delay_s: float = 0.0
    high: bool = False


def next_load(load: MachineLoad, delay_s: float, elapsed_s: float, bound_s: float) -> MachineLoad:
    """The load after a sample.

    delay_s: what was measured. elapsed_s: since the sample before. bound_s: past it the load is
    high, until it has fallen to half of that; 0 is no bound.
    """
    if bound_s > 0:
        delay_s = min(delay_s, _MOST * bound_s)
    keep = math.exp(-elapsed_s / SMOOTHING_S)
    average = keep * load.delay_s + (1 - keep) * delay_s
    high = bound_s > 0 and average > (bound_s / 2 if load.high else bound_s)
    return MachineLoad(average, high)


async def watch(
    bound_s: float,
    tell: Callable[[MachineLoad, float], None],
    known: Callable[[], MachineLoad] | None = None,
) -> None:
    """Tell the load, and the event loop's lag, a few times a second, until cancelled.

    known: the load so far, for who may have forgotten it; else what was told last.
    Measured are the event loop's lag, and how long conversations' jobs wait for a thread.
    """
    loop, load = asyncio.get_running_loop(), MachineLoad()
    before = loop.time()
    while True:
        await asyncio.sleep(SAMPLE_S)
        now = loop.time()
        lag = max(0.0, now - before - SAMPLE_S)
        load = next_load(
            known() if known else load, max(lag, longest_wait()), now - before, bound_s
        )
        tell(load, lag)
        before = now
