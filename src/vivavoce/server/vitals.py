"""The server's own pulse: how late its event loop is, what it uses, and the hour's history."""

from __future__ import annotations

import asyncio
import time

from .service import Service
from .trends import STEP_S

_BEAT_S = 0.5


async def watch(service: Service, *, beat_s: float = _BEAT_S, step_s: float = STEP_S) -> None:
    """Measure for ever: the loop's delay every `beat_s`, a point of the trends every `step_s`."""
    clock = asyncio.get_running_loop().time
    while True:
        began, cpu, worst = clock(), time.process_time(), 0.0
        while (now := clock()) < began + step_s:
            await asyncio.sleep(beat_s)
            late = max(clock() - now - beat_s, 0.0)
            service.meters.lagged(late)
            worst = max(worst, late)
        service.meters.trends.end_step(
            time.time(),
            sessions=len(service.conversations),
            cpu=round((time.process_time() - cpu) / (now - began), 3),
            rss_mb=round(rss_mb(service), 1),
            lag=worst,
        )


def rss_mb(service: Service) -> float:
    """The memory that the process holds; 0 where the system does not tell."""
    held = service.meters.registry.get_sample_value("process_resident_memory_bytes")
    return (held or 0.0) / 1e6
