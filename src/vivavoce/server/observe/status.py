"""How the server is: `/audio/health`, `/audio/metrics`, `/audio/config` and `/metrics`."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Response
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from pydantic import BaseModel, Field
from starlette.requests import Request

from vivavoce.engines import Kind
from vivavoce.server.access.auth import TheCaller, TheService, caller_of
from vivavoce.server.errors import Problem
from vivavoce.server.service import Service, State

from .health import Condition, engine_states, works
from .latency_history import STEP_S, HistoryPoint, Percentiles
from .metrics import Metrics

router = APIRouter(tags=["Status"])

_BUCKET = "_bucket"
"""How samples that only Prometheus can use end."""


class EngineHealthResponse(BaseModel):
    """One engine. `detail` tells what one that is `down` failed at, and what does its work."""

    kind: Kind
    name: str
    state: Condition
    detail: str = ""


class HealthResponse(BaseModel):
    """`ready`: every kind of engine works and the server accepts new sessions."""

    live: bool = True
    ready: bool
    state: State
    engines: list[EngineHealthResponse] | None = Field(
        None, description="Only shown to callers with a valid key, if keys are configured."
    )


class MetricSample(BaseModel):
    """One figure of a metric."""

    labels: dict[str, str]
    value: float


class Figures(BaseModel):
    """The server's counters and timings.

    `gaps`: over the last 1000 turns. `history`: one point every `step_s` for the last hour.
    `metrics`: the same as `/metrics`, without histogram buckets.
    """

    sessions: int
    gaps: Percentiles
    step_s: float
    history: list[HistoryPoint]
    metrics: dict[str, list[MetricSample]]


@router.get(
    "/audio/health",
    summary="Show whether the server is ready",
    response_model_exclude_none=True,
    responses={503: {"model": HealthResponse, "description": "Not ready"}},
)
async def health(
    request: Request,
    response: Response,
    service: TheService,
    live: Annotated[
        str | None, Query(description="If given, the status is 200 as long as the server responds.")
    ] = None,
) -> HealthResponse:
    """Show whether the server is up and ready, and the state of each engine.

    The status is 503 until the server is ready, and again while it shuts down. Needs no key.
    """
    ready = service.state == "ready" and works(service)
    response.status_code = 200 if ready or live is not None else 503
    response.headers["Cache-Control"] = "no-store"
    engines = None
    if _is_known(request):
        engines = [
            EngineHealthResponse(kind=it.kind, name=it.name, state=it.state, detail=it.detail)
            for it in engine_states(service)
        ]
    return HealthResponse(ready=ready, state=service.state, engines=engines)


@router.get("/audio/metrics", summary="Show metrics and the last hour")
async def figures(service: TheService, caller: TheCaller) -> Figures:
    """Show the server's counters and timings, and its history over the last hour."""
    return await asyncio.to_thread(_figures, service)


@router.get("/audio/config", summary="Show the settings in effect")
async def configuration(service: TheService, caller: TheCaller) -> dict[str, object]:
    """Show the settings in effect, without keys, tokens and passwords."""
    return service.config.as_dict()


@router.get("/metrics", summary="Metrics for Prometheus", response_class=Response)
async def prometheus(service: TheService, caller: TheCaller) -> Response:
    """Return the server's counters and timings in Prometheus' text format."""
    text = await asyncio.to_thread(generate_latest, service.meters.registry)
    return Response(text, media_type=CONTENT_TYPE_PLAIN_0_0_4)


def _is_known(request: Request) -> bool:
    try:
        caller_of(request)
    except Problem:
        return False
    return True


def _figures(service: Service) -> Figures:
    trends = service.meters.trends
    return Figures(
        sessions=len(service.conversations),
        gaps=trends.gaps,
        step_s=STEP_S,
        history=list(trends.points),
        metrics=_samples(service.meters),
    )


def _samples(meters: Metrics) -> dict[str, list[MetricSample]]:
    samples: dict[str, list[MetricSample]] = {}
    for family in meters.registry.collect():
        for sample in family.samples:
            if not sample.name.endswith(_BUCKET):
                figure = MetricSample(labels=sample.labels, value=sample.value)
                samples.setdefault(sample.name, []).append(figure)
    return samples
