"""Requests to a server: sent, tried again where that helps, and their answers read."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TypeVar

import httpx
from pydantic import TypeAdapter, ValidationError

from vivavoce.errors import BadRequest, EngineError, EngineTimeout, EngineUnavailable
from vivavoce.http_client.connections import Connections, async_client, beginning, reason, trusted
from vivavoce.http_client.retries import MAY_PASS, NOTHING_DONE, TransientFailure, within

from .recordings import Recording, opened
from .refusals import refusal_of
from .server_address import ServerAddress

T = TypeVar("T")

_MOST_BYTES = 512 << 20
"""Of an answer that is held in memory."""
_ERROR_BYTES = 64 << 10
_KEPT_S = 3.0
"""For which an idle connection is kept; servers close theirs after 5 s."""


@dataclass(frozen=True, slots=True)
class HttpCall:
    """A request.

    recordings: a form's files, and their field.
    repeatable: whether doing it twice is no worse than doing it once.
    also: statuses besides those of success that have an answer.
    """

    method: str
    path: str
    json: object = None
    params: Mapping[str, str] | None = None
    fields: Mapping[str, str] | None = None
    recordings: tuple[str, Sequence[Recording]] | None = None
    headers: Mapping[str, str] | None = None
    repeatable: bool = True
    also: tuple[int, ...] = ()


class Http:
    """Connections to one server, made when they are needed."""

    def __init__(self, place: ServerAddress) -> None:
        self.place = place
        self._client: httpx.AsyncClient | None = None
        self._starting = asyncio.Lock()
        self._closed = False

    async def aclose(self) -> None:
        """Close all connections."""
        self._closed = True
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def tls(self) -> ssl.SSLContext:
        """Whom to trust."""
        if self.place.tls is not None:
            return self.place.tls
        return await asyncio.to_thread(trusted, by_environment=False)

    async def answer(self, call: HttpCall, shape: TypeAdapter[T]) -> T:
        """What the server answers, in that shape."""
        body = await self.body(call)
        try:
            return await asyncio.to_thread(shape.validate_json, body)
        except ValidationError:
            raise self._nonsense(call, body) from None

    async def body(self, call: HttpCall) -> bytes:
        """The whole answer as it stands."""

        async def attempt() -> bytes:
            response = await self._sent(call)
            try:
                with self._explained(call):
                    return await _whole(response)
            finally:
                await response.aclose()

        return await self.persistently(attempt, call.path)

    @asynccontextmanager
    async def stream(self, call: HttpCall) -> AsyncIterator[httpx.Response]:
        """The answer, its body still to be read. Tried again only until it begins.

        Raises EngineUnavailable when it breaks off.
        """

        async def attempt() -> httpx.Response:
            return await self._sent(call)

        response = await self.persistently(attempt, call.path)
        try:
            with self._explained(call):
                yield response
        except TransientFailure as failure:
            raise failure.error from failure.__cause__
        finally:
            await response.aclose()

    async def persistently(self, attempt: Callable[[], Awaitable[T]], what: str) -> T:
        """What an attempt gives; others follow while they fail with TransientFailure.

        what: for messages. Raises EngineTimeout after `total_s`.
        """
        seconds = self.place.timeouts.total_s
        waited = f"{self.place.url}{what} took longer than {seconds:g} s"
        late = EngineTimeout(f"{waited}; raise `total_s`, or reduce the server's load")
        return await within(self.place.retries.first_of(attempt), seconds, lambda: late)

    async def _started(self) -> httpx.AsyncClient:
        async with self._starting:
            if self._closed:
                raise BadRequest("the client is closed; create a new one")
            if self._client is None:
                timeouts = self.place.timeouts
                connections = Connections(
                    timeouts.connect_s, timeouts.read_s, kept_s=_KEPT_S, proxied=False
                )
                self._client = async_client(connections, await self.tls(), self.place.headers)
            return self._client

    async def _sent(self, call: HttpCall) -> httpx.Response:
        """The answer's beginning, if it is one of success.

        Raises TransientFailure, or what is wrong.
        """
        client = await self._started()
        async with AsyncExitStack() as stack:
            files = None
            if call.recordings is not None:
                field, recordings = call.recordings
                named = await stack.enter_async_context(opened(recordings))
                files = [(field, file) for file in named]
            request = client.build_request(
                call.method,
                self.place.url + call.path,
                json=call.json,
                params=call.params,
                data=call.fields,
                files=files,
                headers=call.headers,
            )
            with self._explained(call):
                response = await client.send(request, stream=True)
        try:
            if not (response.is_success or response.status_code in call.also):
                await self._refuse(call, response)
        except BaseException:
            await response.aclose()
            raise
        return response

    async def _refuse(self, call: HttpCall, response: httpx.Response) -> None:
        status = response.status_code
        with self._explained(call):
            body = await beginning(response, _ERROR_BYTES)
        where = f"{self.place.url}{call.path}"
        refused = refusal_of(status, response.headers, body[:_ERROR_BYTES], where)
        if status in (MAY_PASS if call.repeatable else NOTHING_DONE):
            raise TransientFailure(refused, refused.retry_after)
        raise refused

    @contextmanager
    def _explained(self, call: HttpCall) -> Iterator[None]:
        """The library's errors for those of the connection."""
        url = self.place.url
        try:
            yield
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            what = f"{url}: no connection ({reason(error)}); check that the server is running"
            raise TransientFailure(EngineUnavailable(what)) from error
        except httpx.TimeoutException as error:
            seconds = self.place.timeouts.read_s
            what = f"{url}{call.path}: no data for {seconds:g} s; raise `read_s`"
            raise EngineTimeout(f"{what}, or reduce the server's load") from error
        except httpx.TransportError as error:
            lost = EngineUnavailable(f"{url}: the connection was lost ({reason(error)}); try again")
            if call.repeatable:
                raise TransientFailure(lost) from error
            raise lost from error
        except httpx.DecodingError as error:
            raise self._nonsense(call, b"") from error

    def _nonsense(self, call: HttpCall, body: bytes) -> EngineError:
        begin = body[:60].decode(errors="replace")
        return EngineError(
            f"{self.place.url}{call.path} sent an unexpected response, {begin!r}; "
            "check that base_url is a Vivavoce server"
        )


async def _whole(response: httpx.Response) -> bytes:
    """The body. Raises EngineError for one that is too large to be held."""
    body = await beginning(response, _MOST_BYTES)
    if len(body) > _MOST_BYTES:
        raise EngineError(f"an answer of more than {_MOST_BYTES:,} bytes; ask for less at once")
    return body
