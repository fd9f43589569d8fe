"""The application: all protocols over one service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

import vivavoce

from . import (
    answers,
    audio_work,
    health,
    model_routes,
    openai_chat,
    openai_models,
    openai_speech,
    openai_transcriptions,
    page,
    reference,
    status,
    stt_api,
    stt_socket,
    tts_api,
    tts_socket,
    voice_chat,
    voice_socket,
)
from .jobs import batches
from .jobs import routes as job_routes
from .jobs.jobs import Jobs
from .origins import Origins
from .realtime import routes as realtime
from .realtime.calls import Calls
from .request_log import RequestLog
from .safe_headers import SafeHeaders
from .service import Service
from .transfers import Transfers
from .transports import Application


def make_app(service: Service) -> FastAPI:
    """The ASGI application. Who runs it loads the engines and calls `service.ready`."""
    app = Application(
        title="Vivavoce",
        version=vivavoce.__version__,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        generate_unique_id_function=reference.operation_id,
    )
    app.state.service = service
    app.state.calls = Calls()
    app.state.jobs = Jobs(service)
    service.meters.watch_engines(lambda: health.ups(service))
    answers.install(app)
    _wrap(app, service)
    app.include_router(status.router)
    app.include_router(realtime.router)
    app.include_router(voice_socket.router)
    app.include_router(voice_chat.router)
    app.include_router(stt_api.router)
    app.include_router(stt_socket.router)
    app.include_router(tts_api.router)
    app.include_router(tts_socket.router)
    app.include_router(openai_chat.router)
    app.include_router(openai_models.router)
    app.include_router(openai_speech.router)
    app.include_router(openai_transcriptions.router)
    app.include_router(audio_work.router)
    app.include_router(batches.router)
    app.include_router(model_routes.router)
    app.include_router(job_routes.router)
    app.include_router(page.router)
    reference.install(app)
    return app


def _wrap(app: FastAPI, service: Service) -> None:
    """Put the middleware around the routes, from the inside out."""
    app.add_middleware(answers.Faults)
    app.add_middleware(Transfers, limits=service.limits, meters=service.meters)
    if origins := service.settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=[origin.rstrip("/").lower() for origin in origins],
            allow_methods=["*"],
            allow_headers=["*"],
            allow_private_network=True,
            expose_headers=["*"],
        )
    app.add_middleware(Origins, settings=service.settings)
    app.add_middleware(SafeHeaders)
    app.add_middleware(RequestLog, meters=service.meters)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    watching = asyncio.create_task(service.admission.watch())
    working = asyncio.create_task(app.state.jobs.run())
    try:
        yield
    finally:
        await app.state.calls.aclose()
        watching.cancel()
        working.cancel()
        await asyncio.wait({watching, working})
        await service.shelf.aclose()
