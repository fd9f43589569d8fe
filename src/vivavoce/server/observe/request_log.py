"""Each HTTP request's number, its line in the log, and its time in the meters."""

from __future__ import annotations

import logging
import re
import secrets
import time
from contextvars import ContextVar

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .metrics import Metrics

log = logging.getLogger(__name__)

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""Of the request, or of the WebSocket's handshake, that this task works for."""

HEADER = "X-Request-ID"
_OURS = re.compile(r"[\w.:-]{1,64}", re.ASCII)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_WATCHING = frozenset({"/metrics", "/audio/health", "/audio/metrics"})
"""Asked for every few seconds by whoever watches the server; worth no line unless they fail."""


class RequestLog:
    """Middleware. A caller's own `X-Request-ID` is kept, if it looks like one."""

    def __init__(self, app: ASGIApp, meters: Metrics) -> None:
        self._app = app
        self._meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Give the request its number, and note how it went."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        token = request_id.set(given if _OURS.fullmatch(given) else secrets.token_hex(8))
        try:
            if scope["type"] == "http":
                await self._answer(scope, receive, send)
            else:
                await self._app(scope, receive, send)
        finally:
            request_id.reset(token)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = 0
        begun = time.perf_counter()

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id.get() or ""
            await send(message)

        try:
            await self._app(scope, receive, tell)
        except Exception:
            status = status or 500
            raise
        finally:
            self._note(scope, status, time.perf_counter() - begun)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        """status: 0 where the client left before it was answered."""
        route = getattr(scope.get("route"), "path", None) or "other"
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._meters.answered_request(method, route, status, seconds)
        quiet = status < 400 and scope["path"] in _WATCHING
        log.log(
            logging.DEBUG if quiet else logging.INFO,
            "%s %s %s in %.0f ms",
            method,
            scope["path"],
            status or "unanswered",
            seconds * 1000,
        )
