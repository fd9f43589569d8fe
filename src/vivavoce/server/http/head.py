"""HEAD, answered as GET is, without the body."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class _Answered(Exception):
    """The rest of the answer is of no use."""


class Head:
    """Middleware: a HEAD request gets the headers that GET would get; no body is made for it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def headers_only(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body"})
            else:
                raise _Answered

        got = {**scope, "method": "GET"}
        try:
            await self._app(got, receive, headers_only)
        except* _Answered:
            pass
        finally:
            if "route" in got:
                scope["route"] = got["route"]
