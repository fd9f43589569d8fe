"""OpenAI Realtime: `/v1/realtime` by WebSocket, calls by WebRTC, client secrets."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response, WebSocket
from pydantic import BaseModel, Field
from starlette.datastructures import UploadFile

from vivavoce.errors import BadRequest
from vivavoce.server.access.admission import Caller
from vivavoce.server.access.auth import TheCaller, TheService, realtime_caller_of, service_of
from vivavoce.server.access.byte_budget import Account
from vivavoce.server.errors import Problem
from vivavoce.server.live_conversations import LiveConversation
from vivavoce.server.session_host import host

from .calls import Calls
from .client_actions import ClientActions
from .connection import RealtimeConnection
from .session import RealtimeSession
from .session_config import bytes_of
from .session_object import as_object
from .sessions import (
    PreparedSession,
    config_for,
    engines_for,
    expiry,
    first_config,
    patched,
    prepared_of,
)

router = APIRouter(tags=["OpenAI Realtime"])

_CALLS = "/v1/realtime/calls"
_MOST_SDP = 200_000
RealtimeCaller = Annotated[Caller, Depends(realtime_caller_of)]


def _calls_of(request: Request) -> Calls:
    calls: Calls = request.app.state.calls
    return calls


TheCalls = Annotated[Calls, Depends(_calls_of)]
CoreEvents = Annotated[
    bool, Query(alias="vivavoce_events", description="Also send Vivavoce's own events.")
]


@router.websocket("/v1/realtime")
async def realtime(websocket: WebSocket) -> None:
    """A session by WebSocket, or a look into one that is a WebRTC call (`?call_id=`)."""
    connection = RealtimeConnection(websocket, service_of(websocket))
    sideband = "call_id" in websocket.query_params
    await connection.serve(_accompany if sideband else _converse)


async def _converse(connection: RealtimeConnection) -> None:
    service, query = connection.service, connection.websocket.query_params
    caller = realtime_caller_of(connection.websocket)

    async def converse(conversation: LiveConversation, account: Account) -> None:
        config = config_for(service, caller, model=query.get("model"), intent=query.get("intent"))
        with engines_for(config, service) as engines:
            dialogue = RealtimeSession(
                service,
                engines,
                config,
                connection.send,
                conversation,
                account,
                core_events=query.get("vivavoce_events") in {"1", "true"},
                expires_at=expiry(service),
            )
            async with asyncio.TaskGroup() as group:
                reading = group.create_task(connection.read(dialogue.inputs))
                await dialogue.run(ClientActions(dialogue).act)
                reading.cancel()

    await host(service, "realtime", caller, converse)


async def _accompany(connection: RealtimeConnection) -> None:
    """Another connection to a call's session: it is told all, and may send events too."""
    websocket = connection.websocket
    calls: Calls = websocket.app.state.calls
    dialogue = calls.find(websocket.query_params["call_id"], realtime_caller_of(websocket))
    detach = dialogue.attach(connection.send)
    try:
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(connection.read(dialogue.inputs, last=False))
            ending = group.create_task(dialogue.ended())
            await asyncio.wait({reading, ending}, return_when=asyncio.FIRST_COMPLETED)
            reading.cancel()
            ending.cancel()
    finally:
        detach()


class ExpiresAfter(BaseModel):
    """How long a client secret lives."""

    anchor: str = "created_at"
    seconds: int = Field(default=600, ge=10, le=7200)


class SecretRequest(BaseModel):
    """What a client secret is to open."""

    expires_after: ExpiresAfter = Field(default_factory=lambda: ExpiresAfter(seconds=600))
    session: dict[str, Any] = Field(default_factory=lambda: {"type": "realtime"})


@router.post("/v1/realtime/client_secrets", summary="Create a short-lived secret for a browser")
async def make_secret(
    wanted: SecretRequest, service: TheService, caller: TheCaller
) -> dict[str, Any]:
    """Create a secret that a browser or device uses instead of the API key."""
    kind: object = wanted.session.get("type", "realtime")
    if kind != "realtime" and kind != "transcription":
        message = f"unknown session type {str(kind)[:64]!r}; try realtime or transcription"
        raise Problem(message, code="invalid_value", param="session.type")
    config = first_config(service, kind, patch=wanted.session)
    prepared = PreparedSession(config, wanted.session.get("model") is not None)
    secret = service.admission.secrets.issue(
        caller.id, wanted.expires_after.seconds, prepared, bytes_of(config)
    )
    expires_at = int(secret.expires_at)
    shown = as_object(config, f"sess_{secret.value[3:24]}", expires_at)
    return {"value": secret.value, "expires_at": expires_at, "session": shown}


@router.post(_CALLS, status_code=201, summary="Start a session over WebRTC")
async def begin_call(
    request: Request,
    service: TheService,
    caller: RealtimeCaller,
    calls: TheCalls,
    model: str | None = None,
    core_events: CoreEvents = False,
) -> Response:
    """Start a call. Send an SDP offer as `application/sdp`, or as form data with `sdp` and
    `session` (JSON). The response is the SDP answer, with the call's address in `Location`.
    """
    offer, session = await _offered(request)
    config = config_for(service, caller, model=model)
    if session is not None:
        prepared, model = prepared_of(caller), config.model
        config = patched(config, session, service)
        if prepared is not None and prepared.fixes_model:
            config = replace(config, model=model)
    call_id, answer = await calls.begin(service, caller, config, offer, core_events=core_events)
    headers = {"Location": f"{_CALLS}/{call_id}"}
    return Response(answer, 201, headers, media_type="application/sdp")


@router.post(_CALLS + "/{call_id}/hangup", summary="End a call")
async def hang_up(call_id: str, caller: TheCaller, calls: TheCalls) -> Response:
    """End the session of a WebRTC call."""
    calls.find(call_id, caller).inputs.abandon()
    return Response(status_code=200)


async def _offered(request: Request) -> tuple[str, dict[str, Any] | None]:
    """The SDP, and the session's setup if there is one."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in {"multipart/form-data", "application/x-www-form-urlencoded"}:
        async with request.form(max_files=4, max_fields=8, max_part_size=_MOST_SDP) as form:
            sdp, session = await _field(form.get("sdp")), await _field(form.get("session"))
        if sdp is None:
            raise Problem(
                "the form has no `sdp`; send the offer as `sdp`",
                param="sdp",
                code="missing_required_parameter",
            )
        return sdp, None if session is None else _json(session)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_SDP:
            raise Problem(f"the SDP is larger than {_MOST_SDP:,} bytes", status=413, param="sdp")
    try:
        return body.decode(), None
    except UnicodeDecodeError as error:
        raise BadRequest(f"the offer is not valid SDP: {error}") from error


async def _field(value: UploadFile | str | None) -> str | None:
    if isinstance(value, UploadFile):
        return (await value.read(_MOST_SDP)).decode(errors="replace")
    return value


def _json(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except ValueError as error:
        message = f"`session` is not valid JSON: {error}"
        raise Problem(message, code="invalid_json", param="session") from error
    if not isinstance(data, dict):
        raise Problem("`session` is not a JSON object", code="invalid_json", param="session")
    return data
