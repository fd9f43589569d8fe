"""WebSockets of Vivavoce's own protocols, which share one form.

Text messages are JSON: the client's have a `type`, the server's an `event`. Binary messages are
audio. An error is `{"event": "Error", "message", "code", "param", "fatal", "retry_after"}`; after
a fatal one the server closes, with a code that tells the kind of it.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from typing import TypeVar

from fastapi import WebSocket
from pydantic import BaseModel, TypeAdapter, ValidationError

from vivavoce.server.access.auth import caller_of, service_of
from vivavoce.server.access.byte_budget import Account
from vivavoce.server.errors import Problem, close_code, problem_of
from vivavoce.server.live_conversations import LiveConversation
from vivavoce.server.service import Service
from vivavoce.server.session_host import host, problem_to_tell

from .inbox import Inbox
from .json_bounds import is_too_dense, values_in
from .outbox import Gone, Outbox
from .transports import LEFT, STALL_S

T = TypeVar("T")
S = TypeVar("S", bound=BaseModel)
log = logging.getLogger(__name__)

SUBPROTOCOL = "vivavoce"
"""What a browser that sends its key as a subprotocol asks for beside it."""


class Socket:
    """One client's open WebSocket.

    outbox: sends without waiting. A route uses either it or `send`, which waits for the client.
    """

    def __init__(
        self,
        websocket: WebSocket,
        service: Service,
        outbox: Outbox,
        conversation: LiveConversation,
        inbox: Inbox,
    ) -> None:
        self.service = service
        self.outbox = outbox
        self.conversation = conversation
        self.query = dict(websocket.query_params)
        self._websocket = websocket
        self._inbox = inbox

    @property
    def left(self) -> bool:
        """Whether the client is gone, and nobody waits for what comes of what it sent."""
        return self._inbox.left

    async def messages(self) -> AsyncGenerator[str | bytes, None]:
        """What the client sends, until it leaves; empty messages are left out."""
        async for message in self._inbox:
            yield message

    async def send(self, message: Mapping[str, object] | bytes) -> None:
        """Send JSON or audio; waits while the client does not read. Raises Gone when it is."""
        try:
            async with asyncio.timeout(STALL_S):
                if isinstance(message, bytes):
                    await self._websocket.send_bytes(message)
                else:
                    await self._websocket.send_text(as_text(message))
        except (TimeoutError, *LEFT) as error:
            self.outbox.drop(f"it read nothing for {STALL_S:g} s")
            raise Gone("the client disconnected or stopped reading") from error

    async def refuse(self, error: Exception) -> None:
        """Say what was wrong with the last message; the conversation goes on."""
        await self.send(error_event(problem_of(error)))


async def serve(
    websocket: WebSocket, protocol: str, converse: Callable[[Socket], Awaitable[None]]
) -> None:
    """Let the client in, converse, and close; what goes wrong is told in the one form.

    converse: ends when the conversation is over. It may raise anything.
    """
    service = service_of(websocket)
    outbox = Outbox(websocket, service.limits.unsent_mb * 1e6)

    async def talk(conversation: LiveConversation, account: Account) -> None:
        inbox = Inbox(websocket, service.limits, account)
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(inbox.run())
            await converse(Socket(websocket, service, outbox, conversation, inbox))
            reading.cancel()

    async def hosted() -> None:
        await host(service, protocol, caller_of(websocket), talk)

    def tell(problem: Problem) -> tuple[int, str]:
        outbox.send_json(error_event(problem, fatal=True))
        return close_code(problem), str(problem)

    await converse_by(outbox, websocket, hosted, tell, names=(protocol, SUBPROTOCOL))


async def converse_by(
    outbox: Outbox,
    websocket: WebSocket,
    converse: Callable[[], Awaitable[None]],
    tell: Callable[[Problem], tuple[int, str]],
    *,
    names: tuple[str, str],
) -> None:
    """Accept the client, converse while what is sent is written, and close the connection.

    tell: sends the client what went wrong, and gives the code and the reason to close with.
    names: of the protocol, for the log, and of its subprotocol, for a client that offers it.
    """
    protocol, subprotocol = names
    offered = websocket.scope.get("subprotocols", [])
    await websocket.accept(subprotocol if subprotocol in offered else None)
    try:
        async with asyncio.TaskGroup() as group:
            writing = group.create_task(outbox.run())
            code, reason = 1000, ""
            try:
                await converse()
            except Exception as error:  # noqa: BLE001 - told to the client, and logged
                problem = problem_to_tell(error, protocol)
                if problem is not None:
                    code, reason = tell(problem)
            await outbox.close(code, reason)
            writing.cancel()
    except* Gone as gone:
        log.debug("%s", gone.exceptions[0])


async def opening(
    socket: Socket, messages: AsyncIterator[str | bytes], kind: type[S]
) -> tuple[S, str | bytes | None] | None:
    """What the client says in `start`, or else in the address; and its first message if that is
    another. None when it leaves first.
    """
    start = TypeAdapter(kind)
    by_address = checked(start, socket.query)
    async for message in messages:
        if isinstance(message, str):
            told = json_object(message)
            if told.get("type") == "start":
                return checked(start, {**socket.query, **told}), None
        return by_address, message
    return None


def parsed(adapter: TypeAdapter[T], message: str) -> T:
    """The client's JSON message. Raises Problem that names what is wrong with it."""
    return checked(adapter, json_object(message))


def json_object(message: str) -> dict[str, object]:
    """The message. Raises Problem for one that is none."""
    if is_too_dense(values_in(message), len(message)):
        raise Problem(
            "the message's JSON has too many values; send fewer at a time", code="invalid_json"
        )
    try:
        data = json.loads(message)
        if "\\u" in message:
            json.dumps(data, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        what = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise Problem(f"the message is not valid JSON: {what}", code="invalid_json") from None
    if not isinstance(data, dict):
        raise Problem("expected the message to be a JSON object", code="invalid_json")
    return data


def checked(adapter: TypeAdapter[T], data: object) -> T:
    """The data in its type. Raises Problem that names the first thing wrong with it."""
    try:
        return adapter.validate_python(data)
    except ValidationError as error:
        raise invalid(error) from None


def invalid(error: ValidationError) -> Problem:
    """The first thing wrong, as a client is told it."""
    first = error.errors(include_url=False)[0]
    kind, context = first["type"], first.get("ctx", {})
    if kind == "union_tag_invalid":
        known = context["expected_tags"].replace("'", "")
        what = f"unknown message type {context['tag']!r}; try {known}"
        return Problem(what, code="unknown_type", param="type")
    if kind == "union_tag_not_found":
        return Problem("the message needs a `type`", code="unknown_type", param="type")
    tagged = bool(first["loc"]) and isinstance(first["loc"][0], str) and len(first["loc"]) > 1
    param = ".".join(str(step) for step in first["loc"][1 if tagged else 0 :])
    what = "unknown key" if kind == "extra_forbidden" else first["msg"]
    code = "missing_required_parameter" if kind == "missing" else "invalid_value"
    return Problem(f"{param}: {what}" if param else what, code=code, param=param or None)


def error_event(problem: Problem, *, fatal: bool = False) -> dict[str, object]:
    """The problem as an event. fatal: the server closes after it."""
    return {
        "event": "Error",
        "message": str(problem),
        "code": problem.code,
        "param": problem.param,
        "fatal": fatal,
        "retry_after": problem.retry_after,
    }


def as_text(message: Mapping[str, object]) -> str:
    """The JSON of a message."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))
