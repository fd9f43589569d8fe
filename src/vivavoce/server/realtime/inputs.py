"""What a Realtime client sends, in order, on its way to the session."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from contextlib import suppress
from typing import TypeAlias

from vivavoce.audio import Audio
from vivavoce.conversation.sources import Feed
from vivavoce.server.access.byte_budget import Account
from vivavoce.server.errors import Problem, problem_of
from vivavoce.server.http.json_bounds import parsed_bytes

from .beta import from_beta
from .client_events import ClientEvent, event_of, json_of
from .wire_error import WireError

log = logging.getLogger(__name__)

Inputs: TypeAlias = Feed[ClientEvent | WireError | Audio]

_AHEAD = 10_000
"""Events that may wait. It takes about four minutes to send them in real time."""
_OVERHEAD = 500
"""Bytes that an event takes beside its content."""


def inputs_of(account: Account) -> Inputs:
    """Those of one session. What waits is charged to the account."""
    return Feed(_AHEAD, ledger=account)


async def put_message(inputs: Inputs, message: str | bytes, *, beta: bool = False) -> None:
    """Put in the event that a message holds, or what is wrong with it; waits for room.

    beta: it is in the protocol's beta form.
    """
    try:
        data = json_of(message)
        event = event_of(from_beta(data) if beta else data)
    except WireError as error:
        await inputs.put(error)
        return
    except Exception as error:
        log.exception("a client's event failed")
        await inputs.put(WireError(str(problem_of(error)), "internal_error"))
        return
    try:
        await inputs.put(event, parsed_bytes(message) + _OVERHEAD)
    except Problem as problem:
        code = problem.code or "invalid_value"
        await inputs.put(WireError(str(problem), code, None, event.event_id))


async def while_here(inputs: Inputs, work: Awaitable[None]) -> None:
    """Do the work; leave it when the client leaves."""
    left = inputs.left
    try:
        async with asyncio.timeout(None) as limit:

            def leave(_: object) -> None:
                with suppress(RuntimeError):  # the work has just ended
                    limit.reschedule(asyncio.get_running_loop().time())

            left.add_done_callback(leave)
            try:
                await work
            finally:
                left.remove_done_callback(leave)
    except TimeoutError:
        if not limit.expired():
            raise
