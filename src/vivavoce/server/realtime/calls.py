"""Realtime sessions over WebRTC: each call lives on its own, after the request that began it."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any

from vivavoce.server.access.admission import Caller
from vivavoce.server.errors import Problem, problem_of
from vivavoce.server.service import Service
from vivavoce.server.session_host import bounded, first_of
from vivavoce.server.webrtc import Patience, open_call
from vivavoce.server.webrtc.call import WebRtcCall

from . import server_events as tell
from .client_actions import ClientActions
from .inputs import put_message
from .session import RealtimeSession
from .session_config import SessionConfig
from .sessions import engines_for, expiry

log = logging.getLogger(__name__)


class Calls:
    """The calls that are open, by id. patience: with each peer; None is the usual one."""

    def __init__(self, patience: Patience | None = None) -> None:
        self._patience = patience
        self._open: dict[str, tuple[Caller, RealtimeSession]] = {}
        self._tasks: set[asyncio.Task[None]] = set()  # outlive the requests; `aclose` ends them

    async def begin(
        self,
        service: Service,
        caller: Caller,
        config: SessionConfig,
        offer: str,
        *,
        core_events: bool = False,
    ) -> tuple[str, str]:
        """Take a call; its id and the answer's SDP.

        Raises BadRequest for an offer that is none, Problem when there is no place for it.
        """
        answered: asyncio.Future[tuple[str, str]] = asyncio.get_running_loop().create_future()
        living = self._live(service, caller, config, offer, answered, core_events)
        task = asyncio.create_task(living)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            return await answered
        except asyncio.CancelledError:
            task.cancel()
            raise

    def find(self, call_id: str, caller: Caller) -> RealtimeSession:
        """The session of a call of this caller's key, or client secret.

        Raises Problem (404) when it is over, never was, or is somebody else's.
        """
        owner, dialogue = self._open.get(call_id, (None, None))
        if dialogue is None or owner is None or not _may_enter(caller, owner):
            raise Problem(
                f"call {call_id!r} is not open; start one with POST /v1/realtime/calls",
                status=404,
                code="call_not_found",
                param="call_id",
            )
        return dialogue

    async def aclose(self) -> None:
        """Hang up on all."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _live(
        self,
        service: Service,
        caller: Caller,
        config: SessionConfig,
        offer: str,
        answered: asyncio.Future[tuple[str, str]],
        core_events: bool,
    ) -> None:
        try:
            with (
                service.admission.session(caller) as account,
                service.conversations.enter("webrtc") as conversation,
                engines_for(config, service) as engines,
            ):
                async with open_call(service.settings, self._patience) as call:
                    sdp = await call.answer(offer)
                    dialogue = RealtimeSession(
                        service,
                        engines,
                        config,
                        lambda event: call.send(_text(event)),
                        conversation,
                        account,
                        call=call.sink,
                        core_events=core_events,
                        expires_at=expiry(service),
                    )
                    self._open[call.id] = caller, dialogue
                    answered.set_result((call.id, sdp))
                    try:
                        await bounded(service, conversation, lambda: _converse(call, dialogue))
                    except* Problem as problems:
                        problem = problem_of(first_of(problems))
                        dialogue.send(
                            tell.error(str(problem), type=problem.type, code=problem.code)
                        )
                    finally:
                        del self._open[call.id]
        except Exception as error:
            if not answered.done():
                answered.set_exception(first_of(error))
            elif problem_of(first_of(error)).code == "internal_error":
                log.exception("a call failed", exc_info=error)


def _may_enter(caller: Caller, owner: Caller) -> bool:
    """A key enters the calls of its secrets, a secret those that it began."""
    return caller.id == owner.id and (caller.secret is None or caller.secret is owner.secret)


async def _converse(call: WebRtcCall, dialogue: RealtimeSession) -> None:
    """Until the call is over on either side."""
    async with asyncio.TaskGroup() as group:
        hearing = group.create_task(_hear(call, dialogue))
        reading = group.create_task(_read(call, dialogue))
        await dialogue.run(ClientActions(dialogue).act)
        for task in (hearing, reading):
            task.cancel()


async def _hear(call: WebRtcCall, dialogue: RealtimeSession) -> None:
    async for audio in call.audio():
        await dialogue.inputs.put(audio)
    dialogue.inputs.abandon()


async def _read(call: WebRtcCall, dialogue: RealtimeSession) -> None:
    async for message in call.messages():
        await put_message(dialogue.inputs, message)


def _text(event: Mapping[str, Any]) -> str:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))
