"""The HTTP listener: where it listens, by TLS or not, and its bounds."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from vivavoce.config.server_settings import ServerSettings
from vivavoce.errors import BadConfig

from .addresses import listening_host

_HEAD_BYTES = 64 * 1024
"""Of a request's line and headers, after what came at once; llhttp, their parser, has no bound."""
_KEEP_ALIVE_S = 75
_PING_S = 20.0


class HttpListener(uvicorn.Server):
    """uvicorn, which leaves the signals to whoever runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing is captured."""
        yield


class BoundedHttp(HttpToolsProtocol):
    """HTTP/1.1 of clients whose headers are neither endless nor endlessly slow.

    head_s: how long a client may take to send its first, from when it connects.
    """

    head_s = 20.0
    _head_bytes = 0
    _in_head = True
    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request, for a while."""
        super().connection_made(transport)
        self._patience = self.loop.call_later(self.head_s, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has left."""
        self._be_patient()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, unless it is more header than anybody needs."""
        self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > _HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response(f"The headers are larger than {_HEAD_BYTES // 1024} KiB.")

    def on_message_begin(self) -> None:
        """A request starts."""
        self._head_bytes, self._in_head = 0, True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The rest is its body."""
        self._in_head = False
        self._be_patient()
        super().on_headers_complete()

    def _be_patient(self) -> None:
        if self._patience is not None:
            self._patience.cancel()


def make_listener(app: FastAPI, settings: ServerSettings) -> HttpListener:
    """The application's listener; `serve` it with the socket that `bound` gives.

    Raises BadConfig for TLS files that cannot be used.
    """
    _check_tls(settings)
    return HttpListener(
        uvicorn.Config(
            app,
            loop="none",
            http=BoundedHttp,
            ws="websockets-sansio",
            # twice what is allowed, so that who sends more is told by the protocol's own error
            ws_max_size=int(2 * settings.limits.message_mb * 1e6),
            ws_ping_interval=_PING_S,
            ws_ping_timeout=_PING_S,
            ws_per_message_deflate=False,  # audio does not shrink, and each would cost 100 KB
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_S,
            ssl_certfile=settings.tls_cert,
            ssl_keyfile=settings.tls_key,
        )
    )


def check(settings: ServerSettings) -> None:
    """Raise BadConfig now for what a listener would raise it for later."""
    _check_tls(settings)
    with bound(listening_host(settings), settings.port):
        pass


@contextmanager
def bound(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens there, closed at the end. Raises BadConfig where it cannot."""
    if not 0 <= port <= 65535:
        raise BadConfig(
            f"server.port: {port} is not a port; choose 1 to 65535, or 0 for any free one"
        )
    try:
        family, *_, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.create_server(address[:2], family=family)
        # inherited by what is accepted: else small answers wait some 40 ms for the next packet
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        raise BadConfig(_remedy(host, port, error)) from error
    with listening:
        yield listening


def _remedy(host: str, port: int, error: OSError) -> str:
    match error:
        case OSError(errno=errno.EADDRINUSE):
            return f"port {port} is in use; stop the program that uses it, or try --port {port + 1}"
        case OSError(errno=errno.EACCES):
            return f"port {port} needs administrator rights; try --port 8080"
        case socket.gaierror() | OSError(errno=errno.EADDRNOTAVAIL):
            return f"{host} is not an address of this machine; try --host 127.0.0.1 or 0.0.0.0"
    return f"cannot listen on {host} port {port}: {error}"


def _check_tls(settings: ServerSettings) -> None:
    given = {"tls_cert": settings.tls_cert, "tls_key": settings.tls_key}
    if not any(given.values()):
        return
    for name, file in given.items():
        if not file:
            other = "tls_key" if name == "tls_cert" else "tls_cert"
            raise BadConfig(f"server.{other} is set but server.{name} is not; TLS needs both")
        if not Path(file).is_file():
            raise BadConfig(f"server.{name}: file not found: {file}")
    try:
        assert settings.tls_cert is not None
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_cert, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror or error
        what = f"server.tls_cert {settings.tls_cert}, server.tls_key {settings.tls_key}"
        raise BadConfig(f"{what}: {reason}; give a PEM certificate and its matching key") from error
