"""What routes ask of a request: the service, and who is calling."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from vivavoce.server.errors import Problem
from vivavoce.server.service import Service

from .admission import Caller


def service_of(connection: HTTPConnection) -> Service:
    """The service that this application runs on."""
    service: Service = connection.app.state.service
    return service


def caller_of(connection: HTTPConnection) -> Caller:
    """Who is calling. Raises Problem: 401 for a wrong or missing key, 403 for a client secret.

    The key comes as `Authorization: Bearer`, `X-API-Key`, or, from a browser's WebSocket, in the
    subprotocol `openai-insecure-api-key.<key>`; never in a URL, which logs and histories keep.
    """
    caller = realtime_caller_of(connection)
    if caller.secret is not None:
        raise Problem(
            "a client secret only opens realtime sessions; send an API key here",
            status=403,
            code="client_secret",
        )
    return caller


def realtime_caller_of(connection: HTTPConnection) -> Caller:
    """The same where client secrets are good too: `Caller.secret` is the one that came."""
    if "caller" not in connection.scope:
        address = connection.client.host if connection.client else ""
        admission = service_of(connection).admission
        connection.scope["caller"] = admission.identify(key_of(connection), address)
    caller: Caller = connection.scope["caller"]
    return caller


def key_of(connection: HTTPConnection) -> str | None:
    """The key as it came, or None."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    if "x-api-key" in connection.headers:
        return connection.headers["x-api-key"]
    for protocol in connection.headers.get("sec-websocket-protocol", "").split(","):
        prefix, _, key = protocol.strip().partition("openai-insecure-api-key.")
        if not prefix and key:
            return key
    return None


TheService = Annotated[Service, Depends(service_of)]
TheCaller = Annotated[Caller, Depends(caller_of)]
