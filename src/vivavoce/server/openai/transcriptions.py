"""`POST /v1/audio/transcriptions` and `/v1/audio/translations`."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from vivavoce.audio import Samples
from vivavoce.config.server_settings import LimitSettings
from vivavoce.conversation.session import Engines
from vivavoce.errors import BadRequest, describe
from vivavoce.server.access.admission import Caller
from vivavoce.server.access.auth import TheCaller, TheService
from vivavoce.server.errors import Problem, problem_of
from vivavoce.server.http.event_stream import EventStream, while_connected
from vivavoce.server.http.recordings import recording
from vivavoce.server.http.uploads import streamed
from vivavoce.server.selection.engine_selection import chosen
from vivavoce.server.service import Service
from vivavoce.transcripts.recordings import Segment, transcribe
from vivavoce.transcripts.subtitles import srt, vtt

from .transcript_forms import Recording, logprobs_of, plain
from .transcription_form import TranscriptionForm, TranslationForm, form_of

log = logging.getLogger(__name__)
router = APIRouter(tags=["OpenAI"])


def _documented(kind: type[TranslationForm]) -> dict[str, Any]:
    """The form as OpenAPI has it."""
    schema = kind.model_json_schema()
    schema["properties"]["file"] = {"type": "string", "format": "binary"}
    schema["required"] = ["file", *schema["required"]]
    schema.pop("$defs", None)
    return {
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    }


@router.post(
    "/v1/audio/transcriptions",
    response_model=None,
    openapi_extra=_documented(TranscriptionForm),
)
async def transcriptions(request: Request, service: TheService, caller: TheCaller) -> Response:
    """What is said in a recording, of any format and length.

    With `stream` its text comes as server-sent events, segment by segment, while it is made.
    """
    return await _answer(request, service, caller, TranscriptionForm)


@router.post(
    "/v1/audio/translations",
    response_model=None,
    openapi_extra=_documented(TranslationForm),
)
async def translations(request: Request, service: TheService, caller: TheCaller) -> Response:
    """What is said in a recording, in English. Not every engine can: Whisper does."""
    return await _answer(request, service, caller, TranslationForm)


async def _answer(
    request: Request, service: Service, caller: Caller, kind: type[TranslationForm]
) -> Response:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        message = "the body must be multipart/form-data, with the recording as `file`"
        raise Problem(message, code="missing_required_parameter", param="file")
    async with AsyncExitStack() as stack:
        path, fields = await stack.enter_async_context(recording(request, service.limits))
        form = form_of(kind, fields)
        engines = stack.enter_context(chosen(service, stt=form.model))
        await stack.enter_async_context(service.admission.request(caller))
        hearing = _Transcription(path, engines, service.limits, form)
        segments = await stack.enter_async_context(aclosing(hearing.segments()))
        if form.streams:
            # What goes wrong until there is text is still an answer of its own.
            first = await while_connected(request.receive, lambda: anext(segments, None))
            return EventStream(_events(hearing, first, segments), stack.pop_all())
        return await while_connected(request.receive, lambda: _whole(hearing, segments))


class _Transcription:
    """One recording on its way through the engine. seconds: of it that were read so far."""

    def __init__(
        self, path: Path, engines: Engines, limits: LimitSettings, form: TranslationForm
    ) -> None:
        self.form = form
        self.seconds = 0.0
        self._path = path
        self._limits = limits
        self._engines = engines

    async def segments(self) -> AsyncGenerator[Segment, None]:
        """What is said, segment by segment; consume under `aclosing`."""
        stt, vad, options = self._engines.stt, self._engines.vad, self.form.options()
        try:
            async with (
                aclosing(self._audio()) as audio,
                aclosing(transcribe(audio, stt, vad, options, self.form.cuts)) as segments,
            ):
                async for segment in segments:
                    yield segment
        except BadRequest as error:
            param = "model" if options.translate else "language" if options.language else None
            raise Problem(str(error), code="invalid_value", param=param) from error
        if not self.seconds:
            raise Problem("the file holds no sound", code="invalid_audio", param="file")

    def recording(self, segments: list[Segment]) -> Recording:
        """All of it."""
        known = self._engines.stt.languages
        language = self.form.options().language or (known[0] if len(known) == 1 else "")
        return Recording(segments, self.seconds, language)

    async def _audio(self) -> AsyncGenerator[Samples, None]:
        rate = self._engines.stt.rate
        async with aclosing(streamed(self._path, rate, self._limits)) as chunks:
            async for chunk in chunks:
                self.seconds += len(chunk) / rate
                yield chunk


async def _whole(hearing: _Transcription, segments: AsyncGenerator[Segment, None]) -> Response:
    form = hearing.form
    heard = hearing.recording([segment async for segment in segments])
    match form.response_format:
        case "text":
            return PlainTextResponse(f"{heard.text}\n")
        case "srt":
            return Response(srt(heard.segments), media_type="application/x-subrip")
        case "vtt":
            return Response(vtt(heard.segments), media_type="text/vtt")
        case "verbose_json":
            return JSONResponse(
                heard.verbose(
                    translated=form.options().translate,
                    temperature=form.temperature,
                    segments=form.segments,
                    words=form.words,
                )
            )
    return JSONResponse(heard.json(logprobs=form.logprobs))


async def _events(
    hearing: _Transcription, first: Segment | None, rest: AsyncGenerator[Segment, None]
) -> AsyncGenerator[str, None]:
    """The text as server-sent events; so is an error in its midst."""
    heard: list[Segment] = []
    wanted = hearing.form.logprobs
    try:
        segment = first
        while segment is not None:
            delta = f" {plain(segment)}" if heard else plain(segment)
            sure = {"logprobs": logprobs_of(segment)} if wanted else {}
            heard.append(segment)
            yield _event({"type": "transcript.text.delta", "delta": delta, **sure})
            segment = await anext(rest, None)
        done = hearing.recording(heard).json(logprobs=wanted)
        yield _event({"type": "transcript.text.done", **done})
        yield "data: [DONE]\n\n"
    except Exception as error:  # noqa: BLE001 - told to the client, and logged
        log.warning("a transcription broke off: %s", describe(error))
        yield _event(problem_of(error).body())


def _event(data: object) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n"
