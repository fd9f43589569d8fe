"""The application: all protocols over one service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection

import vivavoce
from vivavoce.server.access.auth import realtime_caller_of, service_of
from vivavoce.server.access.byte_budget import Account
from vivavoce.server.access.origins import Origins
from vivavoce.server.http import error_responses, page, reference
from vivavoce.server.http.head import Head
from vivavoce.server.http.safe_headers import SafeHeaders
from vivavoce.server.http.transfers import Transfers
from vivavoce.server.http.transports import Application
from vivavoce.server.http.uploads import remove_leftovers
from vivavoce.server.jobs import batches
from vivavoce.server.jobs import routes as job_routes
from vivavoce.server.jobs.jobs import Jobs
from vivavoce.server.native import (
    audio_routes,
    model_routes,
    stt_routes,
    stt_socket,
    tts_routes,
    tts_socket,
    voice_chat,
    voice_socket,
)
from vivavoce.server.observe import health, status
from vivavoce.server.observe.request_log import RequestLog
from vivavoce.server.openai import chat, models, speech, transcriptions
from vivavoce.server.realtime import routes as realtime
from vivavoce.server.realtime.calls import Calls

from .service import Service


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
    error_responses.install(app)
    _wrap(app, service)
    app.include_router(status.router)
    app.include_router(realtime.router)
    app.include_router(voice_socket.router)
    app.include_router(voice_chat.router)
    app.include_router(stt_routes.router)
    app.include_router(stt_socket.router)
    app.include_router(tts_routes.router)
    app.include_router(tts_socket.router)
    app.include_router(chat.router)
    app.include_router(models.router)
    app.include_router(speech.router)
    app.include_router(transcriptions.router)
    app.include_router(audio_routes.router)
    app.include_router(batches.router)
    app.include_router(model_routes.router)
    app.include_router(job_routes.router)
    app.include_router(page.router)
    reference.install(app)
    return app


def _wrap(app: FastAPI, service: Service) -> None:
    """Put the middleware around the routes, from the inside out."""
    app.add_middleware(Head)
    app.add_middleware(error_responses.ErrorResponses)
    app.add_middleware(Transfers, limits=service.limits, meters=service.meters, admit=_admitted)
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


def _admitted(connection: HTTPConnection) -> Account:
    """The account that a request's body is charged to. Raises Problem for who may not send one."""
    caller = realtime_caller_of(connection)
    return service_of(connection).admission.budget.open_for_request(caller.id)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    await asyncio.to_thread(remove_leftovers)
    watching = asyncio.create_task(service.admission.watch())
    working = asyncio.create_task(app.state.jobs.run())
    try:
        yield
    finally:
        await app.state.calls.aclose()
        watching.cancel()
        working.cancel()
        await asyncio.wait({watching, working})
        await service.loaded_engines.aclose()
