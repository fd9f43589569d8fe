"""Every error of every route as an answer, in the one form that `problems` knows."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping

from fastapi import FastAPI, Request, WebSocket
from fastapi.exceptions import RequestValidationError, WebSocketRequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect, WebSocketState

from vivavoce.errors import VivavoceError
from vivavoce.server.errors import Problem, problem_of

from .outbox import Gone
from .transports import close, cut, is_over

_log = logging.getLogger(__name__)
_POLICY_VIOLATION, _INTERNAL_ERROR = 1008, 1011
"""WebSocket close codes."""


def install(app: FastAPI) -> None:
    """Have the application answer what its routes refuse; `ErrorResponses` answers the rest."""
    for kind in (
        VivavoceError,
        HTTPException,
        RequestValidationError,
        WebSocketRequestValidationError,
    ):
        app.add_exception_handler(kind, _told)  # type: ignore[arg-type]  # serves both kinds
    app.router.default = _not_found  # Starlette's own answers a WebSocket with 403


def answer(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """The problem as an HTTP answer."""
    headers = dict(headers or {})
    if problem.retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(problem.retry_after)))
    if problem.status == 401:
        headers.setdefault("WWW-Authenticate", "Bearer")
    return JSONResponse(problem.body(), problem.status, headers)


async def _not_found(scope: Scope, receive: Receive, send: Send) -> None:
    raise HTTPException(404)


async def _told(connection: Request | WebSocket, error: Exception) -> Response | None:
    problem = _problem(connection, error)
    headers = error.headers if isinstance(error, HTTPException) else None
    if (
        not isinstance(connection, WebSocket)
        or connection.application_state is WebSocketState.CONNECTING
    ):
        return answer(problem, headers)
    if connection.application_state is WebSocketState.CONNECTED:
        await _close(problem, connection.scope, connection.send)
    return None


class ErrorResponses:
    """Middleware: answers and logs every error that no route handled.

    A group of one error is that error: routes have task groups.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request."""
        begun = ""

        async def tell(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"]
            await send(message)

        try:
            await self._app(scope, receive, tell)
        except Exception as error:  # noqa: BLE001 - all are told, and logged
            cause = _single(error)
            if isinstance(cause, ClientDisconnect | WebSocketDisconnect | Gone) or is_over(scope):
                _log.debug("%s: the client disconnected", scope["path"])
                return
            problem = problem_of(cause)
            if problem.code == "internal_error":
                _log.exception("%s failed", scope["path"])
            if not begun:
                await answer(problem)(scope, receive, send)
            elif begun == "websocket.accept":
                await _close(problem, scope, send)
            else:
                _log.warning("%s: the response was cut off: %s", scope["path"], cause)
                cut(scope)


async def _close(problem: Problem, scope: Scope, send: Send) -> None:
    code = _INTERNAL_ERROR if problem.status >= 500 else _POLICY_VIOLATION
    await close(scope, send, code, str(problem))


def _single(error: Exception) -> Exception:
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def _problem(connection: Request | WebSocket, error: Exception) -> Problem:
    match error:
        case RequestValidationError() | WebSocketRequestValidationError():
            return _invalid(error)
        case HTTPException(__cause__=VivavoceError() as cause):  # met while reading the body
            return problem_of(cause)
        case HTTPException(status_code=404):
            return Problem(
                f"{connection.url.path} does not exist; /docs lists the API",
                status=404,
                code="not_found",
            )
        case HTTPException(status_code=405):
            allowed = (error.headers or {}).get("Allow", "another method")
            message = f"method not allowed; use {allowed} for {connection.url.path}"
            return Problem(message, status=405, code="method_not_allowed")
        case HTTPException():
            return Problem(str(error.detail), status=error.status_code)
    return problem_of(error)


def _invalid(error: RequestValidationError | WebSocketRequestValidationError) -> Problem:
    """The first field that is wrong, as OpenAI names it."""
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        reason = first.get("ctx", {}).get("error", first["msg"])
        return Problem(f"the request body is not valid JSON: {reason}", code="invalid_json")
    param = ".".join(str(step) for step in first["loc"][1:])
    message = f"{param}: {first['msg']}" if param else str(first["msg"])
    code = "missing_required_parameter" if first["type"] == "missing" else "invalid_value"
    return Problem(message, code=code, param=param or None)
