"""The sockets below WebSockets: ASGI has no word for cutting one, nor for what it holds unsent."""

from __future__ import annotations

import asyncio

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

_KEY = "vivavoce.transport"

LEFT = (OSError, RuntimeError, WebSocketDisconnect)
"""What sending to a client that has left raises, by the moment."""
LINGER_S = 15.0
"""When a connection that is over, but whose client does not read, is cut."""
FLUSH_S = 5.0
"""How long what is still unsent when a connection is closed may take."""


class Transports:
    """Middleware: remembers the transport of each WebSocket, as far as the server shows it.

    uvicorn does: what it gives to send by is a method of its protocol, which has the transport.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        transport: asyncio.WriteTransport | None = getattr(
            getattr(send, "__self__", None), "transport", None
        )
        scope[_KEY] = transport
        try:
            await self._app(scope, receive, send)
        finally:
            if transport is not None and transport.get_write_buffer_size():
                asyncio.get_running_loop().call_later(LINGER_S, transport.abort)


def transport_of(connection: HTTPConnection) -> asyncio.WriteTransport | None:
    """The connection's transport; None if the server does not show it."""
    transport: asyncio.WriteTransport | None = connection.scope.get(_KEY)
    return transport


async def close(websocket: WebSocket, code: int, reason: str) -> None:
    """Close the connection; cut it when the client does not let that happen."""
    try:
        async with asyncio.timeout(FLUSH_S):
            await websocket.close(code, short(reason))
    except TimeoutError:
        if (transport := transport_of(websocket)) is not None:
            transport.abort()
    except LEFT:
        pass


def short(reason: str) -> str:
    """What fits into a close frame: 123 bytes."""
    return reason.encode()[:123].decode(errors="ignore")
