"""Which web pages may use the server.

A browser carries any page's requests to any address that it reaches, and tells in `Origin` whose
they are. A server without keys has nothing but that to go by: a page from elsewhere must not talk
through it, also not by a name of its own that it lets point to this machine (DNS rebinding).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from vivavoce.config.server_settings import ServerSettings
from vivavoce.server.errors import Problem
from vivavoce.server.http.addresses import is_loopback, is_private
from vivavoce.server.http.error_responses import answer

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


class Origins:
    """Middleware: refuses what comes from pages other than its own and those of `origins`."""

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self._app = app
        self._origins = frozenset(origin.rstrip("/").lower() for origin in settings.origins)
        self._hosts = frozenset(urlsplit(origin).hostname for origin in self._origins)
        self._private = is_private(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer it with 403."""
        if scope["type"] in {"http", "websocket"}:
            problem = self._problem(Headers(scope=scope), scope["scheme"])
            if problem is not None:
                await answer(problem)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _problem(self, headers: Headers, scheme: str) -> Problem | None:
        host, origin = headers.get("host"), headers.get("origin")
        if self._private and host is not None and not self._is_here(host):
            return Problem(
                f"this server only serves its own machine, and {host!r} is not its name; "
                "behind a proxy, add the proxy's address to server.origins",
                status=403,
                code="wrong_host",
            )
        if origin is not None and not self._may(origin.lower(), host, scheme):
            return Problem(
                f"web pages from {origin} may not use this server; add it to server.origins",
                status=403,
                code="wrong_origin",
            )
        return None

    def _is_here(self, host: str) -> bool:
        name, _ = _address(f"//{host}", "http")
        return name is not None and (is_loopback(name) or name in self._hosts)

    def _may(self, origin: str, host: str | None, scheme: str) -> bool:
        if "*" in self._origins or origin in self._origins:
            return True
        # A proxy may end TLS before us: the page's scheme says how it counts its default port.
        theirs = _address(origin, scheme)
        ours = _address(f"//{host}", origin.partition("://")[0])
        return host is not None and theirs[0] is not None and theirs == ours


def _address(url: str, scheme: str) -> tuple[str | None, int | None]:
    """Host and port of an origin, or of `//` and a Host header; no host for what is neither."""
    try:
        parts = urlsplit(url)
        return parts.hostname, parts.port or _PORTS.get(parts.scheme or scheme)
    except ValueError:
        return None, None
