"""The server's own pulse: the history of its last hour."""

from __future__ import annotations

import asyncio
import time

from vivavoce.server.service import Service

from .latency_history import STEP_S
from .memory_return import MemoryReturn

_IDLE_CPU = 0.1
"""Of a core: above it, somebody was there since the last look."""


async def watch(service: Service, *, step_s: float = STEP_S) -> None:
    """Add a point to the trends every `step_s`, for ever."""
    memory = MemoryReturn()
    while True:
        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.sleep(step_s)
        used = (time.process_time() - cpu) / (time.perf_counter() - began)
        service.meters.trends.end_step(
            time.time(),
            sessions=len(service.conversations),
            cpu=round(used, 3),
            rss_mb=round(rss_mb(service), 1),
        )
        admission = service.admission
        there = admission.sessions or admission.computing or used > _IDLE_CPU
        memory.step(busy=bool(there))


def rss_mb(service: Service) -> float:
    """The memory that the process holds; 0 where the system does not tell."""
    held = service.meters.registry.get_sample_value("process_resident_memory_bytes")
    return (held or 0.0) / 1e6
