"""`POST /v1/audio/speech`: text to speech as OpenAI's clients ask for it."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from typing import Annotated, Literal, TypeAlias

from fastapi import APIRouter
from pydantic import BaseModel, BeforeValidator, Field, model_validator
from starlette.requests import Request
from starlette.responses import Response

from vivavoce.audio import Samples
from vivavoce.engines import Tts, TtsOptions
from vivavoce.errors import describe
from vivavoce.server.access.auth import TheCaller, TheService
from vivavoce.server.errors import Problem, problem_of
from vivavoce.server.http.event_stream import EventStream, Streamed, while_connected, whole_or_cut
from vivavoce.server.selection.aliases import voice_of
from vivavoce.server.selection.engine_selection import chosen, sounding
from vivavoce.server.service import Service
from vivavoce.server.speech.sound_files import MEDIA_TYPES, sound_file
from vivavoce.speech.synthesis import Synthesis, voice_language
from vivavoce.text.marked_text import MarkedText
from vivavoce.text.pronunciations import MOST_ENTRIES, dictionary_of
from vivavoce.text.ssml import InputType, marked_text

log = logging.getLogger(__name__)
router = APIRouter(tags=["OpenAI"])

RATE = 24_000
"""Hz of all answers, as of OpenAI's."""
MOST_CHARACTERS = 4096
_NOTHING_S = 0.1
"""Silence for a text with nothing to say: players refuse a file without any sound."""

Form: TypeAlias = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]


def _voice_name(voice: object) -> object:
    """A voice is a name, or an object with its `id`."""
    return voice["id"] if isinstance(voice, dict) and set(voice) == {"id"} else voice


class SpeechRequest(BaseModel):
    """What to say, and how.

    instructions: of how to speak; taken, and not followed: no engine here can.
    pronunciations, input_type: ours, as in `POST /tts/synthesize`. Fields that are not known are
    ignored: other servers have more of them.
    """

    model: str
    input: Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)]
    voice: Annotated[str | None, BeforeValidator(_voice_name)] = None
    instructions: str | None = None
    response_format: Form = "mp3"
    speed: Annotated[float, Field(ge=0.25, le=4.0)] = 1.0
    stream_format: Literal["audio", "sse"] = "audio"
    input_type: InputType = "auto"
    pronunciations: Annotated[dict[str, str] | None, Field(max_length=MOST_ENTRIES)] = None

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, fields: object) -> object:
        """Null is as left out."""
        if not isinstance(fields, dict):
            return fields
        return {name: value for name, value in fields.items() if value is not None}


@router.post("/v1/audio/speech", response_model=None)
async def speech(
    body: SpeechRequest, request: Request, service: TheService, caller: TheCaller
) -> Response:
    """The text as speech; the first bytes leave with the first phrase.

    With `stream_format: sse` they come as events `speech.audio.delta`, base64-encoded.
    """
    async with AsyncExitStack() as stack:
        tts = stack.enter_context(chosen(service, tts=body.model)).tts
        samples = _samples(body, service, tts)
        file = sound_file(samples, tts.rate, RATE, body.response_format, least_s=_NOTHING_S)
        await stack.enter_async_context(service.admission.request(caller))
        await stack.enter_async_context(aclosing(file))
        # What goes wrong until there is sound is still an answer of its own.
        first = await while_connected(request.receive, lambda: anext(file))
        if body.stream_format == "sse":
            return EventStream(_events(first, file), stack.pop_all())
        return Streamed(
            whole_or_cut(first, file), stack.pop_all(), MEDIA_TYPES[body.response_format]
        )


def _samples(body: SpeechRequest, service: Service, tts: Tts) -> AsyncGenerator[Samples, None]:
    if len(body.input) > service.limits.text_chars:
        raise Problem(
            f"the text has {len(body.input):,} characters, over the limit of "
            f"{service.limits.text_chars:,}; split it",
            code="string_above_max_length",
            param="input",
        )
    usual = sounding(service, tts)
    voice = voice_of(body.voice, tts, service.settings) or usual.voice
    language = (voice_language(voice, tts) if voice else None) or usual.language
    options = TtsOptions(voice, None if voice else language, body.speed * usual.speed, usual.pitch)
    words = dictionary_of(usual.pronunciations, body.pronunciations)
    voicing = Synthesis(tts, options, usual.tts_timeout_s, language=language, dictionary=words)
    return _spoken(voicing, marked_text(body.input, body.input_type))


async def _spoken(voice: Synthesis, text: str | MarkedText) -> AsyncGenerator[Samples, None]:
    async with aclosing(voice.speak(text)) as pieces:
        async for piece in pieces:
            yield piece.samples


async def _events(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncGenerator[str, None]:
    yield _delta(first)
    try:
        async for piece in rest:
            yield _delta(piece)
    except Exception as error:  # noqa: BLE001 - told to the client, and logged
        log.warning("speech was cut off: %s", describe(error))
        yield _event(problem_of(error).body())
        return
    # Clients want all three counts; tokens are what OpenAI bills, and nothing is billed here.
    usage = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
    yield _event({"type": "speech.audio.done", "usage": usage})


def _delta(piece: bytes) -> str:
    return _event({"type": "speech.audio.delta", "audio": base64.b64encode(piece).decode()})


def _event(data: object) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n"
