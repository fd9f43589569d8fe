"""The sockets below: ASGI has no word for cutting one, nor for what it holds unsent."""

from __future__ import annotations

import asyncio
import re

from fastapi import FastAPI
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

_SLASHES = re.compile("/{2,}")
_KEY = "vivavoce.transport"

LEFT = (OSError, RuntimeError, WebSocketDisconnect)
"""What sending to a client that has left raises, by the moment."""
STALL_S = 20.0
"""How long a client may take nothing at all of what waits for it."""
FLUSH_S = 5.0
"""How long what is still unsent when a connection is closed may take."""
LINGER_S = 15.0
"""When a connection that is over, but whose client does not read, is cut."""


class Application(FastAPI):
    """Remembers the transport of each connection, as far as the server shows it.

    uvicorn does: what it gives to send by is a method of an object that has the transport.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; it is cut if the client does not take what is left to send."""
        if scope["type"] == "lifespan":
            await super().__call__(scope, receive, send)
            return
        transport: asyncio.WriteTransport | None = getattr(
            getattr(send, "__self__", None), "transport", None
        )
        scope[_KEY] = transport
        if "//" in scope["path"]:  # a base URL that ends in a slash
            scope["path"] = _SLASHES.sub("/", scope["path"])
            scope["raw_path"] = scope["path"].encode()
        try:
            await super().__call__(scope, receive, send)
        finally:
            if scope["type"] == "websocket" and unsent(transport):
                asyncio.get_running_loop().call_later(LINGER_S, cut, scope)


def transport_of(connection: HTTPConnection) -> asyncio.WriteTransport | None:
    """The connection's transport; None if the server does not show it."""
    transport: asyncio.WriteTransport | None = connection.scope.get(_KEY)
    return transport


def unsent(transport: asyncio.WriteTransport | None) -> int:
    """Bytes that the socket has not taken yet."""
    return 0 if transport is None else transport.get_write_buffer_size()


def cut(scope: Scope) -> None:
    """Cut the connection now, as far as the server lets us, and forget what is unsent."""
    transport: asyncio.WriteTransport | None = scope.get(_KEY)
    if transport is not None:
        transport.abort()


def is_over(scope: Scope) -> bool:
    """Whether the connection is closed or cut, as far as the server shows."""
    transport: asyncio.WriteTransport | None = scope.get(_KEY)
    return transport is not None and transport.is_closing()


async def close(scope: Scope, send: Send, code: int, reason: str) -> None:
    """Close a WebSocket; cut it when the client does not let that happen."""
    try:
        async with asyncio.timeout(FLUSH_S):
            await send({"type": "websocket.close", "code": code, "reason": short(reason)})
    except TimeoutError:
        cut(scope)
    except LEFT:
        pass


def short(reason: str) -> str:
    """What fits into a close frame: 123 bytes."""
    return reason.encode()[:123].decode(errors="ignore")
