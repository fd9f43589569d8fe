"""`POST /tts/synthesize` and `GET /tts/voices`."""

from __future__ import annotations

import asyncio
import base64
import io
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Header, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from vivavoce.audio import Audio, Samples, to_pcm16
from vivavoce.engines import Tts, TtsOptions, Word
from vivavoce.media.decode import write_audio
from vivavoce.server.access.auth import TheCaller, TheService
from vivavoce.server.errors import Problem
from vivavoce.server.http.content_negotiation import accepted
from vivavoce.server.http.event_stream import Streamed, while_connected, whole_or_cut
from vivavoce.server.selection.aliases import voice_names
from vivavoce.server.selection.engine_selection import chosen, sounding
from vivavoce.server.selection.session_overrides import known_voice
from vivavoce.server.service import Service
from vivavoce.server.speech.pcm import Rate
from vivavoce.server.speech.sound_files import (
    MEDIA_TYPES,
    SpeechForm,
    audible,
    forms_by_type,
    sound_file,
)
from vivavoce.server.speech.transcript_warnings import in_header
from vivavoce.speech.synthesis import SpokenPiece, Synthesis
from vivavoce.text.pronunciations import MOST_ENTRIES, dictionary_of
from vivavoce.text.ssml import InputType, marked_text

from .api_types import BINARY, SpeechResponse, VoiceResponse, VoicesResponse, timed

router = APIRouter(tags=["Speech"])

_JSON = "application/json"
MODEL = "A speech engine of `GET /v1/models`. Defaults to the configured one."


class VoiceRequest(BaseModel):
    """How to sound. Anything you leave out comes from the server's configuration."""

    model_config = ConfigDict(extra="forbid")

    voice: str | None = Field(None, description="One of `GET /tts/voices`.", max_length=200)
    language: str | None = Field(
        None, description="Language of the text, such as `en`.", max_length=35
    )
    speed: float = Field(1.0, ge=0.25, le=4.0, description="1 is the voice's normal speed.")
    pitch: float = Field(1.0, ge=0.5, le=2.0, description="1 is the voice's normal pitch.")


class SpokenTextRequest(VoiceRequest):
    """How to sound, and with which engine."""

    pronunciations: dict[str, str] | None = Field(
        None,
        description="How words are to sound, beside those of the server's configuration: a "
        "spelling, or IPA between slashes, by the word.",
        max_length=MOST_ENTRIES,
        examples=[{"nginx": "engine x", "GIF": "/dʒɪf/"}],
    )
    input_type: InputType = Field(
        "auto",
        description="Whether the text is SSML: `auto` goes by whether it begins with `<speak`.",
    )
    model: str | None = Field(None, description=MODEL, max_length=200)


class SynthesizeRequest(SpokenTextRequest):
    """A text, and how to speak it."""

    text: str = Field(min_length=1)
    format: SpeechForm = Field(
        "wav", description="Audio format. If you leave it out, the `Accept` header decides."
    )
    sample_rate: Rate | None = Field(None, description="In Hz. Defaults to the engine's rate.")

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"text": "Dinner is at 7:30.", "format": "mp3"}]},
    )


@router.post(
    "/tts/synthesize",
    summary="Speak a text",
    response_model=SpeechResponse,
    responses={200: {"content": dict.fromkeys(MEDIA_TYPES.values(), BINARY)}},
)
async def synthesize(
    body: SynthesizeRequest,
    request: Request,
    service: TheService,
    caller: TheCaller,
    accept: Annotated[str | None, Header()] = None,
) -> Response:
    """Speak a text. The audio starts to arrive as soon as the first phrase is ready.

    With `Accept: application/json` you get base64-encoded audio, its duration, and word times.
    """
    sounds = forms_by_type(body.format if "format" in body.model_fields_set else None)
    form = accepted(accept, (*sounds, _JSON))
    body = body.model_copy(update={"format": sounds.get(form, body.format)})
    if len(body.text) > service.limits.text_chars:
        what = (
            f"the text has {len(body.text):,} characters, over the limit of "
            f"{service.limits.text_chars:,}; split it"
        )
        raise Problem(what, status=413, code="text_too_long", param="text")
    text = marked_text(body.text, body.input_type)
    async with AsyncExitStack() as stack:
        tts = stack.enter_context(chosen(service, tts=body.model)).tts
        options = await voice_options(body, service, tts)
        rate = body.sample_rate or tts.rate
        await stack.enter_async_context(service.admission.request(caller))
        pieces = synthesis(body, options, service, tts, estimate=True).speak(text)
        if form == _JSON:
            return await while_connected(
                request.receive, lambda: _whole(body, options, rate, tts, pieces)
            )
        file = sound_file(audible(pieces), tts.rate, rate, body.format)
        await stack.enter_async_context(aclosing(file))
        # What goes wrong until there is sound is still an answer of its own.
        first = await while_connected(request.receive, lambda: anext(file))
        answer = Streamed(whole_or_cut(first, file), stack.pop_all(), MEDIA_TYPES[body.format])
        answer.headers["X-Sample-Rate"] = str(rate)
        answer.headers["X-Engine"] = in_header(tts.name)
        answer.headers["X-Voice"] = in_header(_voice(options, tts) or "")
        return answer


@router.get("/tts/voices", summary="List the voices")
async def tts_voices(
    service: TheService,
    caller: TheCaller,
    language: str | None = None,
    model: Annotated[str | None, Query(description=MODEL)] = None,
) -> VoicesResponse:
    """List the values of `voice`, optionally for one language."""
    wanted = (language or "").lower()
    with chosen(service, tts=model) as engines:
        tts = engines.tts
        voices = [
            VoiceResponse(
                id=voice.id, name=voice.name, languages=list(voice.languages), gender=voice.gender
            )
            for voice in tts.voices
            if not wanted or any(f"{code}-".startswith(f"{wanted}-") for code in voice.languages)
        ]
        aliases = voice_names(tts, service.settings)
        return VoicesResponse(voices=voices, aliases=aliases, engine=tts.name, sample_rate=tts.rate)


async def voice_options(wishes: VoiceRequest, service: Service, tts: Tts) -> TtsOptions:
    """As engines have it. Raises Problem or BadRequest for a voice or language that is not there.

    A voice speaks its own language, so one that is named counts for more than the configuration's
    language.
    """
    session = sounding(service, tts)
    language = wishes.language or (None if wishes.voice else session.language)
    options = TtsOptions(
        wishes.voice or (None if wishes.language else session.voice),
        language,
        wishes.speed * session.speed,
        wishes.pitch * session.pitch,
    )
    bounded = replace(
        options,
        speed=min(max(options.speed, 0.25), 4.0),
        pitch=min(max(options.pitch, 0.5), 2.0),
    )
    return await known_voice(tts, bounded, service.settings)


def synthesis(
    wishes: SpokenTextRequest,
    options: TtsOptions,
    service: Service,
    tts: Tts,
    *,
    estimate: bool = False,
) -> Synthesis:
    """Speech as the request wants it. Raises BadRequest for a pronunciation that makes no sense.

    estimate: whether words get times where the engine tells none.
    """
    session = service.config.session
    return Synthesis(
        tts,
        options,
        session.tts_timeout_s,
        estimate=estimate,
        dictionary=dictionary_of(session.pronunciations, wishes.pronunciations),
    )


async def encoded(audio: Audio, form: SpeechForm, rate: int) -> str:
    """The whole sound file in base64."""

    def encode() -> str:
        sound = audio.resampled(rate)
        if form == "pcm":
            return base64.b64encode(to_pcm16(sound.samples)).decode()
        file = io.BytesIO()
        write_audio(sound, file, format=form)
        return base64.b64encode(file.getvalue()).decode()

    return await asyncio.to_thread(encode)


async def _whole(
    body: SynthesizeRequest,
    options: TtsOptions,
    rate: int,
    tts: Tts,
    speech: AsyncGenerator[SpokenPiece, None],
) -> Response:
    begun = time.perf_counter()
    sounds: list[Samples] = [np.zeros(0, np.float32)]
    words: list[Word] = []
    estimated = False
    async with aclosing(speech) as pieces:
        async for piece in pieces:
            sounds.append(piece.samples)
            words += piece.timed_words
            estimated = estimated or piece.estimated
    audio = Audio(np.concatenate(sounds), tts.rate)
    if not len(audio.samples):
        raise Problem(
            "the text has nothing to speak; send some words", code="invalid_value", param="text"
        )
    answer = SpeechResponse(
        audio=await encoded(audio, body.format, rate),
        format=body.format,
        sample_rate=rate,
        duration_s=round(audio.seconds, 3),
        processing_s=round(time.perf_counter() - begun, 4),
        engine=tts.name,
        voice=_voice(options, tts),
        words=timed(words),
        words_estimated=estimated,
    )
    return JSONResponse(answer.model_dump())


def _voice(options: TtsOptions, tts: Tts) -> str | None:
    """The voice that speaks, where that is known."""
    voices = tts.voices
    if options.voice is None and options.language is None and voices:
        return voices[0].id
    return options.voice
