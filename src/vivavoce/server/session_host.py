"""What every session needs, whatever its protocol: a place, an end, and a word on what went wrong.

A protocol gives its conversation and how it tells a problem; the rest is here, once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from .access.admission import Caller
from .access.byte_budget import Account
from .errors import Problem, problem_of
from .http.outbox import Gone
from .live_conversations import LiveConversation
from .service import Service

log = logging.getLogger(__name__)


async def host(
    service: Service,
    protocol: str,
    caller: Caller,
    converse: Callable[[LiveConversation, Account], Awaitable[None]],
    *,
    finish: Callable[[], None] | None = None,
) -> None:
    """Converse in a place of the caller's, within the bounds of `bounded`.

    converse: gets the conversation, and the account for what its client sends.
    Raises Problem where there is no place, or no engine yet.
    """
    _ = service.engines
    with (
        service.admission.session(caller) as account,
        service.conversations.enter(protocol) as conversation,
    ):
        await bounded(service, conversation, lambda: converse(conversation, account), finish=finish)


async def bounded(
    service: Service,
    conversation: LiveConversation,
    converse: Callable[[], Awaitable[None]],
    *,
    finish: Callable[[], None] | None = None,
) -> None:
    """Converse until that is over, `session_s` have passed, or the server shuts down.

    finish: asks a conversation that can end by itself to do so when the server shuts down.
    Raises Problem where it did not end by itself, and what `converse` raises.
    """
    seconds = service.limits.session_s
    try:
        async with asyncio.timeout(seconds) as limit, asyncio.TaskGroup() as group:
            watching = group.create_task(_shut_down(conversation, finish))
            await converse()
            watching.cancel()
    except TimeoutError:
        if not limit.expired():
            raise
        what = f"the session reached its limit of {seconds:g} s; connect again"
        raise Problem(what, status=408, code="session_expired") from None


def problem_to_tell(error: Exception, protocol: str) -> Problem | None:
    """What the client is told of what ended its session; None for one that is gone.

    The log is told of what is not the client's own doing.
    """
    first = first_of(error)
    if isinstance(first, Gone):
        log.debug("%s", first)
        return None
    problem = problem_of(first)
    if problem.code == "internal_error":
        log.error("a %s session failed", protocol, exc_info=first)
    elif problem.status >= 500 and problem.code != "shutting_down":
        log.warning("a %s session failed: %s", protocol, problem)
    return problem


def first_of(error: Exception) -> Exception:
    """The error itself, or the first of a group that is not just the client's going."""
    if not isinstance(error, ExceptionGroup):
        return error
    found = [first_of(inner) for inner in error.exceptions]
    return next((inner for inner in found if not isinstance(inner, Gone)), found[0])


async def _shut_down(conversation: LiveConversation, finish: Callable[[], None] | None) -> None:
    await conversation.over()
    if finish is not None:
        finish()
        return
    raise Problem(
        "the server is shutting down; connect again in a few seconds",
        status=503,
        code="shutting_down",
    )
