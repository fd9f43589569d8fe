"""Bounds on what HTTP requests carry in, and on how slowly bytes may come and go.

Who is calling is checked before a byte of the body is read. A body of JSON has a bound of its own,
for it is parsed on the event loop: on its bytes, and on how densely it is packed with values.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vivavoce.config.server_settings import LimitSettings
from vivavoce.server.access.byte_budget import Account
from vivavoce.server.errors import Problem
from vivavoce.server.observe.metrics import Metrics

from .error_responses import answer
from .json_bounds import is_too_dense, values_in
from .transports import STALL_S, cut, is_over

PAUSE_S = 30.0
"""How long an upload may pause."""
_DRAIN_S = 2.0
"""How long a body that was refused is still read, so that its sender sees the answer.

Closing a socket with unread data resets it, and the answer is lost on the way.
"""
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
_JSON = re.compile(r"application/([\w.-]+\+)?json", re.IGNORECASE)
_IN_MEMORY = 2 << 20
"""Bytes of a recording or a form that are kept in memory; the rest lies on disk."""
_log = logging.getLogger(__name__)


class Transfers:
    """Middleware: bodies that are too large get 413, those that come too slowly 408.

    admit: gives the account for what is kept of the body in memory; raises Problem for a caller
    that may not send one. An answer that the client does
    not read is cut off.
    """

    def __init__(
        self,
        app: ASGIApp,
        limits: LimitSettings,
        meters: Metrics,
        admit: Callable[[HTTPConnection], Account],
        *,
        pause_s: float = PAUSE_S,
        stall_s: float = STALL_S,
    ) -> None:
        self._app = app
        self._most_bytes = int(limits.upload_mb * 1e6)
        self._most_json_bytes = min(self._most_bytes, int(limits.json_mb * 1e6))
        self._admit = admit
        self._upload_s = limits.upload_s
        self._meters = meters
        self._pause_s = pause_s
        self._stall_s = stall_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request within the bounds."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        as_json = _JSON.match(headers.get("content-type", "")) is not None
        body = _CountedBody(
            receive,
            self._most_json_bytes if as_json else self._most_bytes,
            self._upload_s,
            self._pause_s,
            as_json=as_json,
        )

        async def reply(message: Message) -> None:
            if is_over(scope):  # else whoever makes an endless answer would go on
                raise ConnectionAbortedError("the client disconnected")
            try:
                async with asyncio.timeout(self._stall_s):
                    await send(message)
            except TimeoutError:
                cut(scope)
                self._meters.reader_dropped("http")
                why = f"the client read nothing for {self._stall_s:g} s"
                _log.info("%s: dropped: %s", scope["path"], why)
                raise ConnectionAbortedError(why) from None

        async def reply_whole(message: Message) -> None:
            if message["type"] == "http.response.start" and body.refused:
                MutableHeaders(scope=message)["Connection"] = "close"
            last = message["type"] == "http.response.body" and not message.get("more_body")
            if last and body.refused:
                await reply({**message, "more_body": True})
                await body.drain()
                message = {"type": "http.response.body"}
            await reply(message)

        try:
            if scope["method"] not in _WITHOUT_BODY:
                body.account = self._admit(HTTPConnection(scope))
            body.announce(headers.get("content-length"))
        except Problem as problem:
            body.refused = True
            await answer(problem)(scope, receive, reply_whole)
        else:
            try:
                await self._app(scope, body.receive, reply_whole)
            finally:
                if body.account is not None:
                    body.account.close()


class _CountedBody:
    """A request's body as it comes. refused: whether it is past a bound; it is then not read.

    account: what is kept of it in memory is charged to this.
    """

    def __init__(
        self, receive: Receive, most_bytes: int, upload_s: float, pause_s: float, *, as_json: bool
    ) -> None:
        self.refused = False
        self.account: Account | None = None
        self._as_json = as_json
        self._values = 0
        self._receive = receive
        self._most_bytes = most_bytes
        self._upload_s = upload_s
        self._pause_s = pause_s
        self._loop = asyncio.get_running_loop()
        self._deadline = self._loop.time() + upload_s
        self._bytes = 0
        self._over = False

    def announce(self, length: str | None) -> None:
        """Take the length that the request states. Raises Problem (413) for one past the size."""
        if length is not None and length.isdecimal() and int(length) > self._most_bytes:
            raise self._too_large(f"{int(length):,} bytes")

    async def receive(self) -> Message:
        """The next piece. Raises Problem: 413 past the size, 408 when it comes too slowly."""
        if self._over:
            return await self._receive()
        pause_ends = self._loop.time() + self._pause_s
        try:
            async with asyncio.timeout_at(min(pause_ends, self._deadline)):
                message = await self._receive()
        except TimeoutError:
            self.refused = self._over = True
            slow = (
                f"nothing arrived for {self._pause_s:g} s"
                if pause_ends < self._deadline
                else f"it took longer than {self._upload_s:g} s"
            )
            problem = f"the request body arrived too slowly: {slow}"
            raise Problem(problem, status=408, code="slow_upload") from None
        piece = message.get("body", b"")
        self._bytes += len(piece)
        self._over = not message.get("more_body", False)
        if self._bytes > self._most_bytes:
            raise self._too_large("too many bytes")
        self._charge(len(piece))
        if self._as_json:
            self._values += values_in(piece)
            if is_too_dense(self._values, self._bytes):
                self.refused = True
                what = "the request body's JSON has too many values; send fewer at a time"
                raise Problem(what, status=413, code="body_too_large")
        return message

    def _charge(self, size: int) -> None:
        """Of what is no JSON, all but the beginning lies on disk."""
        if self.account is None or not (self._as_json or self._bytes <= _IN_MEMORY):
            return
        try:
            self.account.charge(size)
        except Problem:
            self.refused = True
            raise

    async def drain(self) -> None:
        """Read on for a moment, and throw it away."""
        try:
            async with asyncio.timeout(_DRAIN_S):
                while not self._over:
                    message = await self._receive()
                    self._over = not message.get("more_body", False)
        except TimeoutError:
            self._over = True

    def _too_large(self, size: str) -> Problem:
        self.refused = True
        limit = "server.limits.json_mb" if self._as_json else "server.limits.upload_mb"
        return Problem(
            f"the request body has {size}, over the limit of {self._most_bytes:,}; send less at "
            f"once, or raise {limit}",
            status=413,
            code="body_too_large",
        )
