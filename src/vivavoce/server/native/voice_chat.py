"""`POST /voice-chat`: a spoken question in; what was heard, the reply and its audio out."""

from __future__ import annotations

import base64
import json
import secrets
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated
from urllib.parse import quote
from weakref import WeakKeyDictionary

from fastapi import APIRouter, Header, Query
from pydantic import Field, TypeAdapter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from vivavoce.conversation.session import Engines
from vivavoce.conversation.single_turn import Answer, answer
from vivavoce.engines import Tts, TtsOptions
from vivavoce.server.access.admission import Caller
from vivavoce.server.access.auth import TheCaller, TheService
from vivavoce.server.chat_sessions import ChatSession, ChatSessions
from vivavoce.server.http.content_negotiation import accepted
from vivavoce.server.http.event_stream import while_connected
from vivavoce.server.http.recordings import documented, recording
from vivavoce.server.http.sockets import checked
from vivavoce.server.http.uploads import decoded, one_turn
from vivavoce.server.selection.engine_selection import chosen, sounding
from vivavoce.server.selection.session_overrides import known_voice
from vivavoce.server.service import Service
from vivavoce.server.speech.pcm import Rate
from vivavoce.server.speech.sound_files import MEDIA_TYPES, SpeechForm, forms_by_type
from vivavoce.settings import SessionSettings

from .api_types import BINARY, VoiceChatResponse
from .tts_routes import VoiceRequest, encoded

router = APIRouter(tags=["Conversation"])

_JSON, _MIXED, _FORM = "application/json", "multipart/mixed", "multipart/form-data"
_HEADER_CHARACTERS = 1000
_dialogues: WeakKeyDictionary[Service, ChatSessions] = WeakKeyDictionary()


class VoiceChatRequest(VoiceRequest):
    """How to converse; what is left out is as the server is configured."""

    conversation_id: str | None = Field(
        None, description="From an earlier turn, to continue that conversation."
    )
    system_prompt: str | None = Field(None, description="Instructions for the model.")
    format: SpeechForm = Field(
        "wav",
        description="Audio format of the reply. If you leave it out, the `Accept` header decides.",
    )
    sample_rate: Rate | None = Field(None, description="In Hz. Defaults to the engine's rate.")
    language: str | None = Field(
        None, description="Language of the conversation, such as `en`.", max_length=35
    )
    stt: str | None = Field(None, description="Speech-to-text model, one of `GET /v1/models`.")
    llm: str | None = Field(None, description="Language model, one of `GET /v1/models`.")
    tts: str | None = Field(None, description="Text-to-speech model, one of `GET /v1/models`.")


_WISHES = TypeAdapter(VoiceChatRequest)


@router.post(
    "/voice-chat",
    summary="Ask a spoken question",
    response_model=VoiceChatResponse,
    openapi_extra=documented(VoiceChatRequest),
    responses={
        200: {"content": dict.fromkeys((_MIXED, _FORM, *MEDIA_TYPES.values()), BINARY)},
        404: {"description": "The conversation has expired or never existed"},
    },
)
async def voice_chat(
    request: Request,
    service: TheService,
    caller: TheCaller,
    wishes: Annotated[VoiceChatRequest, Query()],
    accept: Annotated[str | None, Header()] = None,
) -> Response:
    """A spoken turn: send a recording, get what was heard, the reply, and its audio.

    `Accept` decides the form: JSON with the audio in base64; `multipart/mixed` or
    `multipart/form-data` with the JSON and the audio; or the audio alone, in the `format` or, where
    none is given, of the type that is accepted, with the texts in headers, percent-encoded.
    """
    async with recording(request, service.limits) as (path, fields):
        wishes = checked(_WISHES, {**wishes.model_dump(exclude_unset=True), **fields})
        given = wishes.format if "format" in wishes.model_fields_set else None
        sounds = forms_by_type(given)
        form = accepted(accept, (_JSON, _MIXED, _FORM, *sounds))
        wishes = wishes.model_copy(update={"format": sounds.get(form, wishes.format)})
        with chosen(service, stt=wishes.stt, llm=wishes.llm, tts=wishes.tts, param=None) as engines:
            told = await while_connected(
                request.receive, lambda: _converse(wishes, path, service, engines, caller)
            )
    return _as(form, told, MEDIA_TYPES[wishes.format].partition(";")[0])


async def _converse(
    wishes: VoiceChatRequest, path: Path, service: Service, engines: Engines, caller: Caller
) -> VoiceChatResponse:
    """One turn of the conversation."""
    settings = await _settings(wishes, service, engines.tts)
    dialogues = _dialogues.setdefault(service, ChatSessions())
    async with (
        dialogues.turn(
            wishes.conversation_id or None, caller.id, settings.history_turns
        ) as dialogue,
        service.admission.request(caller),
    ):
        begun = time.perf_counter()
        question = await decoded(path, engines.stt.rate, one_turn(service.limits))
        turn = await answer(engines, question, settings=settings, history=dialogue.history)
        return await _told(wishes, engines, dialogue, turn, begun)


async def _settings(wishes: VoiceChatRequest, service: Service, tts: Tts) -> SessionSettings:
    """The configured session as the client wants it: one that only answers."""
    base = sounding(service, tts)
    voice = await known_voice(
        tts,
        TtsOptions(
            wishes.voice or base.voice,
            wishes.language or base.language,
            wishes.speed if "speed" in wishes.model_fields_set else base.speed,
            wishes.pitch if "pitch" in wishes.model_fields_set else base.pitch,
        ),
        service.settings,
    )
    told = wishes.system_prompt
    return replace(
        base,
        system_prompt=base.system_prompt if told is None else told,
        language=voice.language,
        voice=voice.voice,
        speed=voice.speed,
        pitch=voice.pitch,
        greeting="",
        idle_prompt="",
        partials=False,
    )


async def _told(
    wishes: VoiceChatRequest, engines: Engines, dialogue: ChatSession, turn: Answer, begun: float
) -> VoiceChatResponse:
    rate = wishes.sample_rate or turn.audio.rate
    return VoiceChatResponse(
        conversation_id=dialogue.id,
        heard=turn.heard.text,
        language=turn.heard.language,
        confidence=turn.heard.confidence,
        reply=turn.text,
        audio=await encoded(turn.audio, wishes.format, rate),
        format=wishes.format,
        sample_rate=rate,
        duration_s=round(turn.audio.seconds, 3),
        processing_s=round(time.perf_counter() - begun, 4),
        engines={"stt": engines.stt.name, "llm": engines.llm.name, "tts": engines.tts.name},
    )


def _as(form: str, answer: VoiceChatResponse, audio_type: str) -> Response:
    """The answer in the form that the client accepts."""
    if form == _JSON:
        return JSONResponse(answer.model_dump())
    audio = base64.b64decode(answer.audio)
    if form == audio_type:
        headers = {
            "X-Conversation-Id": answer.conversation_id,
            "X-Heard": quote(answer.heard[:_HEADER_CHARACTERS]),
            "X-Reply": quote(answer.reply[:_HEADER_CHARACTERS]),
            "X-Sample-Rate": str(answer.sample_rate),
            "X-Duration-S": f"{answer.duration_s:g}",
            "X-Processing-S": f"{answer.processing_s:g}",
        }
        return Response(audio, 200, headers, audio_type)
    texts = json.dumps(answer.model_dump(exclude={"audio"}), ensure_ascii=False).encode()
    boundary = secrets.token_hex(16)
    file = f"reply.{answer.format}"
    names = ('form-data; name="answer"', f'form-data; name="audio"; filename="{file}"')
    if form == _MIXED:
        names = ("inline", f'attachment; filename="{file}"')
    parts = ((names[0], _JSON, texts), (names[1], audio_type, audio))
    body = b"".join(_part(boundary, *part) for part in parts)
    return Response(
        body + f"--{boundary}--\r\n".encode(), media_type=f"{form}; boundary={boundary}"
    )


def _part(boundary: str, disposition: str, media_type: str, data: bytes) -> bytes:
    head = f"Content-Disposition: {disposition}\r\nContent-Type: {media_type}"
    return f"--{boundary}\r\n{head}\r\n\r\n".encode() + data + b"\r\n"
