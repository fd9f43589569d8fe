"""The application: all protocols over one service."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

import vivavoce

from .problems import problem_of
from .service import Service


def make_app(service: Service) -> FastAPI:
    """The ASGI application. Who runs it loads the engines and calls `service.ready`."""
    app = FastAPI(title="Vivavoce", version=vivavoce.__version__, docs_url=None, redoc_url=None)
    app.state.service = service
    app.add_exception_handler(Exception, _told)
    return app


async def _told(request: Request, error: Exception) -> Response:
    problem = problem_of(error)
    headers = {} if problem.retry_after is None else {"Retry-After": f"{problem.retry_after:.0f}"}
    return JSONResponse(problem.body(), problem.status, headers)
