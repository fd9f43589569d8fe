"""The application: all protocols over one service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

import vivavoce

from . import (
    answers,
    health,
    openai_chat,
    openai_models,
    openai_speech,
    reference,
    status,
    stt_api,
    stt_socket,
    voice_socket,
)
from .request_log import RequestLog
from .service import Service
from .transports import Transports


def make_app(service: Service) -> FastAPI:
    """The ASGI application. Who runs it loads the engines and calls `service.ready`."""
    app = FastAPI(
        title="Vivavoce",
        version=vivavoce.__version__,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        generate_unique_id_function=reference.operation_id,
    )
    app.state.service = service
    service.meters.watch_engines(lambda: health.ups(service))
    app.add_middleware(RequestLog, meters=service.meters)
    app.add_middleware(Transports)  # last: it is to see what the server itself sends by
    answers.install(app)
    app.include_router(status.router)
    app.include_router(voice_socket.router)
    app.include_router(stt_api.router)
    app.include_router(stt_socket.router)
    app.include_router(openai_chat.router)
    app.include_router(openai_models.router)
    app.include_router(openai_speech.router)
    reference.install(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    watching = asyncio.create_task(service.admission.watch())
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.wait({watching})
