"""A server as its clients see it, on the same machine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager

from vivavoce.bench.report import Report, Reports
from vivavoce.config.configuration import Config

from .gap import bench_server_gap
from .plan import MeasurementPlan
from .process import MeasuredServer, started, using
from .realtime_client import RealtimeEndpoint
from .requests import bench_server_speech, bench_server_transcribe
from .sessions import bench_server_idle, bench_server_sessions
from .speaking import bench_server_speaking

_PATIENCE_S = 10.0


async def bench_server(
    config: Config,
    plan: MeasurementPlan,
    *,
    only: Collection[str],
    arguments: Sequence[str] = (),
    endpoint: RealtimeEndpoint | None = None,
) -> Reports:
    """The parts of `PARTS` that are wanted, one after the other.

    arguments: of `vivavoce serve`, for the same engines as in `config`. endpoint: of a server that
    runs, instead of one started here.
    Raises ServerFailed when the server does.
    """
    reports = []
    if "ready" in only:
        reports.append(await _ready(arguments, plan, endpoint))
    if set(only) - {"ready"}:
        async with _server(arguments, endpoint) as server:
            reports += await _measured(config, server, plan, only)
    return Reports("server", reports)


async def _measured(
    config: Config, server: MeasuredServer, plan: MeasurementPlan, only: Collection[str]
) -> list[Report]:
    reports = []
    if "idle" in only:
        reports.append(await bench_server_idle(server, plan))
    if "sessions" in only:
        reports.append(await bench_server_sessions(server, plan))
    if "gap" in only:
        reports.append(await bench_server_gap(config, server, plan))
    if "speech" in only:
        reports.append(await bench_server_speech(server, plan))
    if "transcribe" in only:
        reports.append(await bench_server_transcribe(config, server, plan))
    if "speaking" in only:
        reports += await bench_server_speaking(config, server, plan)
    return reports


async def _ready(
    arguments: Sequence[str], plan: MeasurementPlan, endpoint: RealtimeEndpoint | None
) -> Report:
    """How long new servers take until they let callers in."""
    if endpoint is not None:
        return Report("server: ready", [], ["Not measured: the server was already running."])
    seconds = []
    for _ in range(plan.starts):
        async with started(arguments, _PATIENCE_S) as (_, took):
            seconds.append(took)
    row = {
        "starts": plan.starts,
        "median, s": round(sorted(seconds)[len(seconds) // 2], 2),
        "worst": round(max(seconds), 2),
    }
    notes = ["From the start of the process to `/audio/health` saying ready; files in its cache."]
    return Report("server: ready", [row], notes, {"seconds": seconds})


@asynccontextmanager
async def _server(
    arguments: Sequence[str], endpoint: RealtimeEndpoint | None
) -> AsyncIterator[MeasuredServer]:
    if endpoint is not None:
        async with using(endpoint) as server:
            yield server
    else:
        async with started(arguments, _PATIENCE_S) as (server, _):
            yield server
