"""What the engines over HTTP share: one server, its key, how long to wait, when to try again."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from vivavoce.errors import BadConfig, EngineError, EngineTimeout, EngineUnavailable
from vivavoce.http_client.connections import (
    Connections,
    async_client,
    beginning,
    trusted,
    web_address,
)
from vivavoce.http_client.retries import Retries, TransientFailure, within
from vivavoce.options import Endpoint

from .errors import RequestTarget
from .sse import EventParser

T = TypeVar("T")
Shape = TypeVar("Shape", bound=BaseModel)

OPENAI = "https://api.openai.com/v1"
LONGEST_WAIT_S = 10.0
"""Before another attempt; a server that asks for more counts as busy."""

_PROBE_TIMEOUT_S = 10.0
_ERROR_BYTES = 64 * 1024


class _Listed(BaseModel):
    id: str


class _Models(BaseModel):
    data: list[_Listed]


class ModelServer:
    """A server with OpenAI's API. The key never shows in an error or a repr.

    engine: for messages, such as `openai:whisper-1`. model: what it is to run.
    Raises BadConfig for a base_url that is none.
    """

    def __init__(self, engine: str, model: str, endpoint: Endpoint) -> None:
        self.engine = engine
        self.model = model
        self._base = _base(engine, endpoint.base_url)
        self._endpoint = endpoint
        self._retries = Retries(endpoint.retries, endpoint.backoff, LONGEST_WAIT_S)
        self._client: httpx.AsyncClient | None = None
        self._target = self._aim(None)
        self._loading = asyncio.Lock()

    @property
    def is_openai(self) -> bool:
        """Whether it is OpenAI's own."""
        return self._base.host == httpx.URL(OPENAI).host

    async def load(self) -> None:
        """See that it answers and takes the key. Raises EngineUnavailable when it does not."""
        async with self._loading:
            if self._client is None:
                key = self._key()
                self._target = self._aim(key)
                client = await asyncio.to_thread(self._start, key)
                try:
                    self._target = self._aim(key, await self._models(client))
                except BaseException:
                    await client.aclose()
                    raise
                self._client = client

    async def aclose(self) -> None:
        """Close all connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    @asynccontextmanager
    async def post(
        self,
        path: str,
        *,
        timeout: float,
        json: object = None,
        data: Mapping[str, str | list[str]] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> AsyncGenerator[httpx.Response, None]:
        """The answer, its body still to be read; leaving closes the connection if need be.

        timeout: seconds until it begins.
        Raises MayPass for what may be tried again, else EngineError or BadRequest; the same
        for what happens while the body is read.
        """
        client = self._loaded()
        request = client.build_request("POST", path, json=json, data=data, files=files)
        try:
            response = await self.within(client.send(request, stream=True), timeout)
            try:
                if response.status_code >= 300:
                    body = await self.within(beginning(response, _ERROR_BYTES), timeout)
                    raise self._target.refused(path, response.status_code, response.headers, body)
                yield response
            finally:
                await response.aclose()
        except httpx.HTTPError as error:
            raise self._target.unreachable(error) from error

    async def get(self, path: str, shape: type[Shape]) -> Shape | None:
        """What the server tells at `path`, if it tells anything of that shape."""
        try:
            response = await self._loaded().get(path, timeout=_PROBE_TIMEOUT_S)
            return shape.model_validate_json(response.content)
        except (httpx.HTTPError, ValidationError):
            return None

    def persistently(
        self, attempt: Callable[[], AsyncGenerator[T, None]]
    ) -> AsyncGenerator[T, None]:
        """What an attempt yields; another is made while one fails before its first item."""
        return self._retries.items_of(attempt)

    async def within(self, answer: Awaitable[T], seconds: float) -> T:
        """The answer. Raises EngineTimeout after so long."""
        return await within(
            answer,
            seconds,
            lambda: EngineTimeout(
                f"{self.engine}: {self._target.url} sent nothing for {seconds:.3g} s; "
                "raise the engine's timeouts, or reduce the server's load"
            ),
        )

    async def events(self, response: httpx.Response) -> AsyncGenerator[str, None]:
        """The data of the server-sent events in the body."""
        parser = EventParser()
        async for chunk in response.aiter_bytes():
            try:
                found = parser.feed(chunk)
            except ValueError as error:
                raise self.nonsense(f"no events but {error}") from error
            for data in found:
                yield data
        for data in parser.flush():
            yield data

    def read(self, shape: type[Shape], text: str | bytes) -> Shape:
        """The JSON text in that shape. Raises EngineError for anything else."""
        try:
            return shape.model_validate_json(text)
        except ValidationError as error:
            # Its message shows the text, in which the server may have put the key.
            first = error.errors(include_input=False, include_url=False, include_context=False)[0]
            place = ".".join(map(str, first["loc"]))
            if len(first["loc"]) < 2:
                raise self.nonsense("", text) from None
            raise EngineError(
                f"{self.engine}: {self._target.url} sent a `{place}` that cannot be read "
                f"({first['msg']}); try another model or a newer version of that server"
            ) from None

    def nonsense(self, what: str, text: str | bytes = "") -> EngineError:
        """The error for an answer that makes no sense. text: of it, shown in part."""
        shown = text.decode(errors="replace") if isinstance(text, bytes) else text
        begin = repr(self._target.hide(shown)[:80]) if text else ""
        return EngineError(
            f"{self.engine}: {self._target.url} sent {' '.join(filter(None, (what, begin)))}; "
            "check that base_url is an OpenAI-compatible server"
        )

    def broken_off(self) -> TransientFailure:
        """The error for an answer without an end."""
        return TransientFailure(
            EngineError(
                f"{self.engine}: {self._target.url} broke the connection; see the server's log"
            )
        )

    def failed(self, said: str) -> EngineError:
        """The error for one that the server tells of in its answer."""
        return EngineError(f"{self.engine}: {self._target.url} failed: {self._target.hide(said)}")

    def _loaded(self) -> httpx.AsyncClient:
        if self._client is None:
            raise EngineUnavailable(f"{self.engine} is not loaded; await load() first")
        return self._client

    def _key(self) -> str | None:
        key = (self._endpoint.api_key or os.environ.get(self._endpoint.api_key_env) or "").strip()
        if not (key.isascii() and key.isprintable()) or " " in key:
            place = self._aim(None).key_place
            raise BadConfig(f"{self.engine}: {place} does not contain a valid key; set one")
        return key or None

    def _aim(self, key: str | None, models: tuple[str, ...] = ()) -> RequestTarget:
        url = str(self._base.copy_with(userinfo=b"", query=None)).rstrip("/")
        variable = f"the environment variable {self._endpoint.api_key_env}"
        place = "api_key" if self._endpoint.api_key else variable
        return RequestTarget(self.engine, url, self.model, models, key, place)

    def _start(self, key: str | None) -> httpx.AsyncClient:
        """In a thread, for reading the machine's certificates takes a while."""
        # How long an answer may take depends on the call: see `within`.
        # A new connection takes as long as a short reply, so idle ones outlive a pause.
        connections = Connections(self._endpoint.connect_timeout, None, kept_s=120.0)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return async_client(connections, trusted(), headers, self._base)

    async def _models(self, client: httpx.AsyncClient) -> tuple[str, ...]:
        try:
            response = await self.within(client.get("models"), _PROBE_TIMEOUT_S)
        except httpx.HTTPError as error:
            failure = self._target.unreachable(error)
            raise (failure.error if isinstance(failure, TransientFailure) else failure) from error
        status = response.status_code
        if status in {401, 403} or status >= 500:
            failure_ = self._target.refused("models", status, response.headers, response.content)
            raise failure_.error if isinstance(failure_, TransientFailure) else failure_
        try:
            return tuple(it.id for it in _Models.model_validate_json(response.content).data)
        except ValidationError:
            return ()  # Not every server lists its models.


def _base(engine: str, base_url: str) -> httpx.URL:
    url = web_address(base_url)
    if url is None:
        raise BadConfig(
            f"{engine}: base_url {base_url.rpartition('@')[2]!r} is not a web address; "
            f"use one such as {OPENAI}"
        )
    path = url.path.rstrip("/") or "/v1"
    return url.copy_with(path=f"{path}/")
