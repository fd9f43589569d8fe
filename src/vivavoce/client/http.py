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

from vivavoce.errors import BadRequest, EngineError, EngineTimeout, EngineUnavailable, VivavoceError

from .recordings import Recording, opened
from .refusals import refusal_of
from .server_address import ServerAddress

T = TypeVar("T")

_MOST_BYTES = 512 << 20
"""Of an answer that is held in memory."""
_ERROR_BYTES = 64 << 10
_KEPT_S = 3.0
"""For which an idle connection is kept; servers close theirs after 5 s."""
_PASSING = (408, 429, 502, 503, 504)
_UNDONE = (408, 429, 503)
"""Those that tell for sure that nothing was done."""


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


class TransientRefusal(Exception):
    """An attempt failed, and another may not. after: seconds, where the server asks for them."""

    def __init__(self, error: VivavoceError, after: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.after = after


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
        return await asyncio.to_thread(httpx.create_ssl_context, trust_env=False)

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
                    return await _read(response, _MOST_BYTES)
            finally:
                await response.aclose()

        return await self.within(self.persistently(attempt), call.path)

    @asynccontextmanager
    async def stream(self, call: HttpCall) -> AsyncIterator[httpx.Response]:
        """The answer, its body still to be read. Tried again only until it begins.

        Raises EngineUnavailable when it breaks off.
        """

        async def attempt() -> httpx.Response:
            return await self._sent(call)

        response = await self.within(self.persistently(attempt), call.path)
        try:
            with self._explained(call):
                yield response
        except TransientRefusal as failure:
            raise failure.error from failure.__cause__
        finally:
            await response.aclose()

    async def persistently(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """What an attempt gives; others follow while they fail with MayPass."""
        tried = 0
        while True:
            try:
                return await attempt()
            except TransientRefusal as failure:
                pause = self.place.retries.pause(tried, failure.after)
                if pause is None:
                    raise failure.error from failure.__cause__
            await asyncio.sleep(pause)
            tried += 1

    async def within(self, work: Awaitable[T], what: str) -> T:
        """What the work gives. Raises EngineTimeout after `total_s`."""
        seconds = self.place.timeouts.total_s
        try:
            async with asyncio.timeout(seconds) as limit:
                return await work
        except TimeoutError as error:
            if not limit.expired():
                raise
            waited = f"{self.place.url}{what} was not done within {seconds:g} s"
            raise EngineTimeout(f"{waited}; raise `total_s`, or relieve the server") from error

    async def _started(self) -> httpx.AsyncClient:
        async with self._starting:
            if self._closed:
                raise BadRequest("the client is closed; make another")
            if self._client is None:
                timeouts = self.place.timeouts
                self._client = httpx.AsyncClient(
                    headers=self.place.headers,
                    verify=await self.tls(),
                    timeout=httpx.Timeout(timeouts.read_s, connect=timeouts.connect_s),
                    limits=httpx.Limits(max_connections=None, keepalive_expiry=_KEPT_S),
                    trust_env=False,
                )
            return self._client

    async def _sent(self, call: HttpCall) -> httpx.Response:
        """The answer's beginning, if it is one of success. Raises MayPass, or what is wrong."""
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
            body = await _read(response, _ERROR_BYTES)
        where = f"{self.place.url}{call.path}"
        refused = refusal_of(status, response.headers, body[:_ERROR_BYTES], where)
        if status in (_PASSING if call.repeatable else _UNDONE):
            raise TransientRefusal(refused, refused.retry_after)
        raise refused

    @contextmanager
    def _explained(self, call: HttpCall) -> Iterator[None]:
        """The library's errors for those of the connection."""
        url = self.place.url
        try:
            yield
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            what = f"{url}: no connection ({_reason(error)}); is the server running?"
            raise TransientRefusal(EngineUnavailable(what)) from error
        except httpx.TimeoutException as error:
            seconds = self.place.timeouts.read_s
            what = f"{url}{call.path}: nothing came for {seconds:g} s; raise `read_s`"
            raise EngineTimeout(f"{what}, or relieve the server") from error
        except httpx.TransportError as error:
            lost = EngineUnavailable(f"{url}: the connection broke off ({_reason(error)})")
            if call.repeatable:
                raise TransientRefusal(lost) from error
            raise lost from error
        except httpx.DecodingError as error:
            raise self._nonsense(call, b"") from error

    def _nonsense(self, call: HttpCall, body: bytes) -> EngineError:
        begin = body[:60].decode(errors="replace")
        return EngineError(
            f"{self.place.url}{call.path} answered {begin!r}, which makes no sense; "
            "is base_url that of a Vivavoce server?"
        )


async def _read(response: httpx.Response, most: int) -> bytes:
    """The body. Raises EngineError for more than `most` bytes that were a success."""
    data = bytearray()
    async for chunk in response.aiter_bytes():
        data += chunk
        if len(data) > most:
            if not response.is_success:
                break
            raise EngineError(f"an answer of more than {most:,} bytes; ask for less at once")
    return bytes(data)


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
