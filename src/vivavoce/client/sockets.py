"""WebSockets of a server's own protocols: JSON and audio both ways."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from types import TracebackType
from typing import NoReturn, Self, TypeAlias

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from vivavoce.audio import Audio, Resampler, Samples, slices, to_pcm16
from vivavoce.errors import BadRequest, EngineError, EngineTimeout, EngineUnavailable, VivavoceError
from vivavoce.http_client.retries import TransientFailure

from .http import Http
from .refusals import Refused, refusal, refusal_of

Told: TypeAlias = Mapping[str, object]

RATE = 16_000
"""Hz of the audio that is sent: what speech-to-text engines take."""

_MESSAGE_BYTES = 16 << 20
_MESSAGES = 16
"""Read ahead; then the server waits."""
_SLICE_S = 0.25
"""Of audio in one message."""
_PING_S = 20.0


class Sockets:
    """WebSockets to one server."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self._open: set[SocketConnection] = set()
        self._closed = False

    async def aclose(self) -> None:
        """Close those that are open; whoever reads one is told."""
        self._closed = True
        for line in list(self._open):
            await line.aclose()

    async def open(
        self, path: str, start: Told, *, patience_s: float | None = None
    ) -> SocketConnection:
        """A WebSocket on which the server has answered `start`. Tried again while that may pass.

        patience_s: how long the server may give no sign of life; `read_s` if that is less.
        """

        async def attempt() -> SocketConnection:
            line = await self._connected(path, patience_s)
            try:
                await line.begin(start)
            except BaseException:
                await line.aclose()
                raise
            return line

        line = await self._http.persistently(attempt, path)
        if self._closed:
            await line.aclose()
            raise BadRequest("the client is closed; create a new one")
        self._open.add(line)
        line.at_end = lambda: self._open.discard(line)
        return line

    async def _connected(self, path: str, patience_s: float | None) -> SocketConnection:
        if self._closed:
            raise BadRequest("the client is closed; create a new one")
        place = self._http.place
        url = f"ws{place.url.removeprefix('http')}{path}"
        try:
            connection = await connect(
                url,
                additional_headers=place.headers,
                ssl=await self._http.tls() if url.startswith("wss:") else None,
                open_timeout=place.timeouts.connect_s,
                # Pings of our own tell more: they are answered only by a server that still works.
                ping_interval=None,
                close_timeout=2.0,
                max_size=_MESSAGE_BYTES,
                max_queue=_MESSAGES,
                compression=None,
                proxy=None,
            )
        except InvalidStatus as error:
            response = error.response
            refused = refusal_of(
                response.status_code, response.headers, response.body or b"", place.url + path
            )
            if response.status_code in (408, 429, 502, 503, 504):
                raise TransientFailure(refused, refused.retry_after) from error
            raise refused from error
        except (OSError, EOFError, TimeoutError, InvalidHandshake) as error:
            reason = str(error) or type(error).__name__
            what = f"{place.url}: no connection ({reason}); check that the server is running"
            raise TransientFailure(EngineUnavailable(what)) from error
        patience = place.timeouts.read_s
        return SocketConnection(
            connection, f"{place.url}{path}", min(patience, patience_s or patience)
        )


class SocketConnection:
    """One open WebSocket.

    started: what the server agreed to. patience_s: a server that is silent for so long is gone.
    """

    def __init__(self, connection: ClientConnection, url: str, patience_s: float) -> None:
        self.started: Told = {}
        self.at_end: Callable[[], None] = lambda: None
        self.patience_s = patience_s
        self._connection = connection
        self._url = url
        self._ending = self._closed = False

    async def begin(self, start: Told) -> None:
        """Say how it is to be. Raises what the server refuses; MayPass where that may pass."""
        await self.send({"type": "start", **start})
        try:
            first = await self.receive()
            if isinstance(first, Mapping) and first["event"] == "Error":
                raise refused(first)
        except Refused as error:
            if error.retry_after is not None:
                raise TransientFailure(error, error.retry_after) from None
            raise
        except EngineUnavailable as error:
            raise TransientFailure(error) from error.__cause__
        if isinstance(first, bytes | None) or first["event"] != "Started":
            raise self._nonsense(first)
        self.started = first

    async def send(self, message: Told | bytes) -> None:
        """Send JSON or audio. What is lost because the server is gone, `receive` tells."""
        data = message if isinstance(message, bytes) else json.dumps(message)
        with suppress(ConnectionClosed):
            await self._connection.send(data)

    async def send_all(self, source: AsyncIterable[Audio]) -> None:
        """Send a source's audio, and say that it was all."""
        async with aclosing(_pieces(source)) as pieces:
            async for piece in pieces:
                await self.send(piece)
        await self.end()

    async def end(self) -> None:
        """Say that nothing more will come; the server closes once it is done."""
        self._ending = True
        await self.send({"type": "end"})

    async def receive(self) -> Told | bytes | None:
        """The next event or audio; None when the server has closed as it was asked to.

        Raises EngineUnavailable when it is gone, and Refused for the error that ends all.
        """
        while True:
            try:
                async with asyncio.timeout(self.patience_s):
                    data = await self._connection.recv()
            except ConnectionClosed as error:
                if self._ending and error.rcvd is not None and error.rcvd.code == 1000:
                    return None
                self._lost(error)
            except TimeoutError as error:
                what = f"{self._url}: the server sent nothing for {self.patience_s:g} s; try again"
                raise EngineTimeout(what) from error
            if isinstance(data, bytes):
                return data
            told = self._read(data)
            if told["event"] == "Error" and told.get("fatal") is True:
                raise refused(told)
            if told["event"] != "Pong":
                return told

    async def events(self) -> AsyncGenerator[Told | bytes, None]:
        """All that comes, until the server closes as it was asked to.

        Raises Refused for any error, for whoever uses this sends nothing that may be refused.
        """
        while (told := await self.receive()) is not None:
            if isinstance(told, Mapping) and told["event"] == "Error":
                raise refused(told)
            yield told

    async def ping(self) -> None:
        """Ask for signs of life, for ever."""
        while True:
            await asyncio.sleep(min(_PING_S, self.patience_s / 3))
            await self.send({"type": "ping"})

    async def aclose(self) -> None:
        """Hang up. Safe to call twice."""
        self._closed = True
        self.at_end()
        await self._connection.close()

    def _read(self, data: str) -> Told:
        try:
            told = json.loads(data)
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict) or not isinstance(told.get("event"), str):
            raise self._nonsense(data)
        return told

    def _lost(self, error: ConnectionClosed) -> NoReturn:
        if self._closed:
            raise EngineUnavailable(f"{self._url}: the client was closed") from error
        why = f": {error.rcvd.reason}" if error.rcvd is not None and error.rcvd.reason else ""
        what = f"{self._url}: the connection was lost before the end{why}"
        raise EngineUnavailable(what) from error

    def _nonsense(self, data: object) -> EngineError:
        return EngineError(
            f"{self._url} sent an unexpected message, {str(data)[:60]!r}; "
            "check that base_url is a Vivavoce server"
        )


class Uplink:
    """Sends beside who receives, while used as `async with`; keeps the line alive meanwhile.

    send: ends when all has been sent. What it raises ends the line, and is raised at the end.
    """

    def __init__(self, line: SocketConnection, send: Callable[[], Awaitable[None]]) -> None:
        self._line = line
        self._send = send
        self._task: asyncio.Task[None] | None = None
        self._failure: Exception | None = None

    async def __aenter__(self) -> Self:
        # No TaskGroup here: those who receive are generators, which may not hold one over a yield.
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._task is not None
        self._task.cancel()
        try:
            await asyncio.wait({self._task})
        finally:
            await self._line.aclose()
        if self._failure is not None and (error is None or isinstance(error, VivavoceError)):
            raise self._failure from None

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._line.ping())
            try:
                await self._send()
            except Exception as error:  # noqa: BLE001 - a source may raise anything
                self._failure = error
                await self._line.aclose()


async def _pieces(source: AsyncIterable[Audio]) -> AsyncGenerator[bytes, None]:
    """A source's audio as it is sent, whatever the rate of its chunks."""
    resampler = Resampler(RATE, RATE)
    async for audio in source:
        if audio.rate != resampler.source_rate:
            for piece in _sliced(resampler.flush()):
                yield piece
            resampler = Resampler(audio.rate, RATE)
        for piece in _sliced(resampler.feed(audio.samples)):
            yield piece
    for piece in _sliced(resampler.flush()):
        yield piece


def refused(told: Told) -> Refused:
    """The error that the event tells."""

    def text(name: str) -> str | None:
        value = told.get(name)
        return None if value is None else str(value)

    after = told.get("retry_after")
    return refusal(
        text("message") or "the server gave no reason",
        code=text("code"),
        param=text("param"),
        retry_after=float(after) if isinstance(after, int | float) else None,
    )


def _sliced(samples: Samples) -> list[bytes]:
    return [to_pcm16(part) for part in slices(samples, round(_SLICE_S * RATE))]
