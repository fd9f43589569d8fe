"""A lean client of OpenAI's Realtime protocol over WebSocket, to measure any server that speaks it.

    async with open_realtime(RealtimeEndpoint("http://127.0.0.1:8080")) as client:
        for message in appends(audio, 0.02):
            await client.send(message)
        event = await client.receive(within_s=5.0)

Its waits are bounded, and what goes wrong is told: ServerFailed, and Refused for a server that
answers but lets nobody in.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlencode, urlsplit, urlunsplit

from pydantic_core import from_json
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from vivavoce.audio import Audio, to_pcm16
from vivavoce.errors import BadRequest, VivavoceError

RATE = 24_000
_MOST_BYTES = 16 * 2**20
_CLOSE_S = 1.0
_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}

Event: TypeAlias = Mapping[str, Any]
"""What the server tells; has a `type`."""


class ServerFailed(VivavoceError):
    """The server measured is not there, stalls, breaks off, or speaks another protocol."""


class SessionRefused(ServerFailed):
    """The server does not let this session in. code: the error's, or the HTTP status."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class RealtimeEndpoint:
    """A server, and how to speak to it.

    url: its address, such as `http://127.0.0.1:8080` or `https://host/v1`; or all of the socket's.
    beta: in the form before the general one. patience_s: how long it may take to answer.
    """

    url: str
    key: str | None = None
    model: str | None = None
    beta: bool = False
    patience_s: float = 10.0

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in _SCHEMES or not parts.hostname:
            raise BadRequest(f"{self.url!r} is not a server address; try http://127.0.0.1:8080")

    @property
    def base(self) -> str:
        """The server's own address for HTTP: without a path."""
        parts = urlsplit(self.url)
        scheme = "https" if parts.scheme in {"https", "wss"} else "http"
        return urlunsplit((scheme, parts.netloc, "", "", ""))

    @property
    def socket_url(self) -> str:
        """The Realtime socket's address."""
        scheme, host, path, query, _ = urlsplit(self.url)
        path = path.rstrip("/")
        if not path.endswith("/realtime"):
            path += "/realtime" if path.endswith("/v1") else "/v1/realtime"
        if self.model is not None:
            query = "&".join(filter(None, (query, urlencode({"model": self.model}))))
        return urlunsplit((_SCHEMES[scheme], host, path, query, ""))

    @property
    def headers(self) -> dict[str, str]:
        """What every request says."""
        return {} if self.key is None else {"Authorization": f"Bearer {self.key}"}


class RealtimeClient:
    """One session. Made by `open_realtime`. session: as the server described it at first."""

    def __init__(self, socket: ClientConnection, endpoint: RealtimeEndpoint) -> None:
        self.endpoint = endpoint
        self.session: Event = {}
        self._socket = socket
        self._complaint = ""

    async def send(self, message: str) -> None:
        """Send a client event, which is JSON already."""
        try:
            async with asyncio.timeout(self.endpoint.patience_s):
                await self._socket.send(message)
        except TimeoutError:
            raise ServerFailed(f"{self._name} stopped reading") from None
        except ConnectionClosed as closed:
            raise self._broken(closed) from None

    async def receive(self, *, within_s: float) -> Event | None:
        """The next event, or None when there is none in time."""
        try:
            async with asyncio.timeout(max(within_s, 0.0)):
                message = await self._socket.recv()
        except TimeoutError:
            return None
        except ConnectionClosed as closed:
            raise self._broken(closed) from None
        try:
            event = from_json(message)
        except ValueError:
            event = None
        if not isinstance(event, dict) or not isinstance(event.get("type"), str):
            raise ServerFailed(f"{self._name} sent an invalid Realtime event: {message[:80]!r}")
        if event["type"] == "error":
            self._complaint = str((event.get("error") or {}).get("message", ""))
        return event

    async def begin(self) -> None:
        """Wait for `session.created`. Raises Refused when an error comes in its place."""
        event = await self.receive(within_s=self.endpoint.patience_s)
        if event is None:
            raise ServerFailed(
                f"{self._name} accepted the connection but sent nothing for "
                f"{self.endpoint.patience_s:g} s; check that it speaks the Realtime protocol"
            )
        match event:
            case {"type": "session.created", "session": dict(session)}:
                self.session = session
            case {"type": "error", "error": {"message": message, **rest}}:
                raise SessionRefused(f"{self._name}: {message}", str(rest.get("code") or "error"))
            case _:
                raise ServerFailed(
                    f"{self._name} started with {event['type']!r} instead of a session"
                )

    @property
    def _name(self) -> str:
        return self.endpoint.base

    def _broken(self, closed: ConnectionClosed) -> ServerFailed:
        end = closed.rcvd
        why = "without a reason" if end is None else f"with {end.code} {end.reason}".rstrip()
        complaint = f": {self._complaint}" if self._complaint else ""
        return ServerFailed(f"{self._name} closed the session {why}{complaint}")


@asynccontextmanager
async def open_realtime(endpoint: RealtimeEndpoint) -> AsyncIterator[RealtimeClient]:
    """A session that the server has begun; closed at the end.

    Raises Refused when it lets nobody in, and ServerFailed for any other failure.
    """
    socket = await _connected(endpoint)
    try:
        client = RealtimeClient(socket, endpoint)
        await client.begin()
        yield client
    finally:
        await _close(socket)


def appends(audio: Audio, chunk_s: float) -> list[str]:
    """The client events that send this audio, each so long; the last is filled with silence."""
    samples, step = audio.resampled(RATE).samples, round(chunk_s * RATE)
    data = to_pcm16(samples)
    data += bytes(-len(data) % (2 * step))
    pieces = (data[start : start + 2 * step] for start in range(0, len(data), 2 * step))
    return [
        f'{{"type":"input_audio_buffer.append","audio":"{b64encode(piece).decode()}"}}'
        for piece in pieces
    ]


async def _close(socket: ClientConnection) -> None:
    # websockets' own close waits without a bound where the server reads nothing any more.
    try:
        async with asyncio.timeout(_CLOSE_S):
            await socket.close()
    except TimeoutError:
        socket.transport.abort()


async def _connected(endpoint: RealtimeEndpoint) -> ClientConnection:
    beta = {"OpenAI-Beta": "realtime=v1"} if endpoint.beta else {}
    try:
        return await connect(
            endpoint.socket_url,
            additional_headers={**endpoint.headers, **beta},
            compression=None,
            open_timeout=endpoint.patience_s,
            close_timeout=_CLOSE_S / 2,
            ping_interval=None,
            max_size=_MOST_BYTES,
        )
    except InvalidStatus as error:
        response = error.response
        said = bytes(response.body or b"")[:200].decode(errors="replace").strip()
        told = f": {said}" if said else ""
        message = f"{endpoint.socket_url} returned HTTP {response.status_code}{told}"
        raise SessionRefused(message, str(response.status_code)) from None
    except TimeoutError:
        message = f"{endpoint.base} did not answer within {endpoint.patience_s:g} s"
        raise ServerFailed(message) from None
    except (OSError, EOFError, WebSocketException) as error:
        raise ServerFailed(f"cannot reach {endpoint.base}: {error}") from None
