"""Answers that end as soon as their client leaves, and leave nothing running behind."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing, suppress
from typing import TypeVar

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from vivavoce.errors import describe

from .outbox import Gone
from .transports import STALL_S

T = TypeVar("T")
log = logging.getLogger(__name__)


async def while_connected(receive: Receive, work: Callable[[], Awaitable[T]]) -> T:
    """What the work gives. Once the client has left, the work is cancelled and Gone is raised.

    receive: the request's own; its body has been read.
    """
    results: list[T] = []
    failures: list[Exception] = []

    async def run() -> None:
        try:
            results.append(await work())
        except Exception as error:  # noqa: BLE001 - raised again, outside of the group
            failures.append(error)

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        working.cancel()

    async with asyncio.TaskGroup() as group:
        working = group.create_task(run())
        watching = group.create_task(watch())
        await asyncio.wait({working})
        watching.cancel()
    if failures:
        raise failures[0]
    if not results:
        raise Gone("the client disconnected")
    return results[0]


class Streamed(Response):
    """A body that is sent while it is made. However it ends, all that it came from is closed
    before it is over.

    pieces: of the body. resources: closed after them. media_type: what the body is.
    A client that takes nothing for `stall_s` is dropped. Pieces that end by raising Gone cut the
    connection, so that the client sees that something is missing.
    """

    def __init__(
        self,
        pieces: AsyncGenerator[bytes, None] | AsyncGenerator[str, None],
        resources: AsyncExitStack,
        media_type: str,
        *,
        stall_s: float = STALL_S,
    ) -> None:
        self.status_code = 200
        self.background = None
        self.media_type = media_type
        self.init_headers({"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})
        self._pieces = pieces
        self._resources = resources
        self._stall_s = stall_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them."""
        async with self._resources:
            with suppress(Gone):
                await while_connected(receive, lambda: self._send(send))

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async with aclosing(self._pieces):
            async for piece in self._pieces:
                data = piece if isinstance(piece, bytes) else piece.encode()
                await self._body(send, data, more=True)
        await self._body(send, b"", more=False)

    async def _body(self, send: Send, body: bytes, *, more: bool) -> None:
        try:
            async with asyncio.timeout(self._stall_s):
                await send({"type": "http.response.body", "body": body, "more_body": more})
        except TimeoutError:
            raise Gone(f"the client read nothing for {self._stall_s:g} s") from None
        except OSError as error:
            raise Gone("the client disconnected") from error


class EventStream(Streamed):
    """Server-sent events. events: each whole, with the empty line at its end."""

    def __init__(
        self,
        events: AsyncGenerator[str, None],
        resources: AsyncExitStack,
        *,
        stall_s: float = STALL_S,
    ) -> None:
        super().__init__(events, resources, "text/event-stream", stall_s=stall_s)


async def whole_or_cut(
    first: bytes, rest: AsyncGenerator[bytes, None]
) -> AsyncGenerator[bytes, None]:
    """A file's pieces; if it cannot be finished, the connection is cut, so that nobody takes it
    for the whole.
    """
    yield first
    try:
        async for piece in rest:
            yield piece
    except Exception as error:
        log.warning("a file was cut off: %s", describe(error))
        raise Gone("the file could not be completed") from error
