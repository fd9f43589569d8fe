"""What a server's idle conversations cost: many that send silence."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from vivavoce.bench.report import Figure, Report

from .plan import MeasurementPlan
from .process import MeasuredServer, ProcessUsage
from .realtime_client import RealtimeEndpoint, ServerFailed

_ARRIVE_S = 120.0
_SETTLE_S = 2.0

UNKNOWN = "CPU and memory: not measured; this system does not report them per process."


async def bench_server_idle(server: MeasuredServer, plan: MeasurementPlan) -> Report:
    """CPU of a server that nobody uses."""
    await asyncio.sleep(_SETTLE_S)
    before = await server.usage()
    await asyncio.sleep(plan.seconds)
    after = await server.usage()
    cores = after.cores_since(before)
    row: dict[str, Figure] = {
        "seconds": plan.seconds,
        "CPU of one core %": _rounded(None if cores is None else 100 * cores, 2),
        "memory MB": _rounded(after.rss_mb, 0),
    }
    return Report("server: idle", [row], [] if cores is not None else [UNKNOWN])


async def bench_server_sessions(server: MeasuredServer, plan: MeasurementPlan) -> Report:
    """Many Realtime sessions at once that stream silence, from a process of their own."""
    before = await server.usage()
    async with _callers(server.endpoint, plan) as process:
        arrived = await _told(process)
        await asyncio.sleep(_SETTLE_S)
        first = await server.usage()
        await asyncio.sleep(plan.seconds)
        during = await server.usage()
        assert process.stdin is not None
        process.stdin.close()
        ended = await _told(process)
    after = await server.left()
    notes = [
        (
            f"{plan.seconds:g} s, a message of {plan.silence_ms} ms of audio at a time, at the "
            "speed of speech, by WebSocket from another process."
        ),
        *([] if after.cpu_s is not None else [UNKNOWN]),
        *(f"Refused: {why}" for why in sorted(set(arrived["refused"]))),
        *(f"Failed: {why}" for why in sorted(set(ended["failed"]))),
    ]
    row = _row(before, first, during, after, ended)
    return Report("server: sessions", [row], notes, {"clients": ended})


def _row(
    before: ProcessUsage,
    first: ProcessUsage,
    during: ProcessUsage,
    after: ProcessUsage,
    clients: Mapping[str, Any],
) -> dict[str, Figure]:
    inside = int(clients["inside"])
    growth = None
    if during.rss_mb is not None and before.rss_mb is not None and inside:
        growth = (during.rss_mb - before.rss_mb) / inside
    return {
        "sessions": during.sessions - before.sessions,
        "refused": len(clients["refused"]),
        "broken off": len(clients["failed"]),
        "CPU, cores": _rounded(during.cores_since(first), 3),
        "memory MB before": _rounded(before.rss_mb, 1),
        "with": _rounded(during.rss_mb, 1),
        "after": _rounded(after.rss_mb, 1),
        "MB a session": _rounded(growth, 3),
        "left behind": after.sessions - before.sessions,
        "client late, 99 % ms": round(1000 * float(clients["late_99_s"]), 1),
    }


@asynccontextmanager
async def _callers(
    endpoint: RealtimeEndpoint, plan: MeasurementPlan
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The process that calls; ended at the end."""
    wanted = {
        "url": endpoint.url,
        "key": endpoint.key,
        "patience_s": endpoint.patience_s,
        "count": plan.sessions,
        "chunk_s": plan.silence_ms / 1000,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "vivavoce.bench.server.silent_callers",
        json.dumps(wanted),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _told(process: asyncio.subprocess.Process) -> Mapping[str, Any]:
    """The next line of what it tells."""
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_ARRIVE_S):
            line = await process.stdout.readline()
    except TimeoutError:
        raise ServerFailed(f"not all sessions answered within {_ARRIVE_S:g} s") from None
    if not line:
        raise ServerFailed("the calling process ended; see its output above")
    told: Mapping[str, Any] = json.loads(line)
    return told


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
