"""`POST /v1/audio/transcriptions` and `/v1/audio/translations`."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from vivavoce.engines import SttOptions
from vivavoce.errors import BadRequest, describe
from vivavoce.server.access.admission import Caller
from vivavoce.server.access.auth import TheCaller, TheService
from vivavoce.server.errors import Problem, problem_of
from vivavoce.server.http.event_stream import EventStream, while_connected
from vivavoce.server.http.recordings import recording
from vivavoce.server.http.uploads import streamed
from vivavoce.server.selection.engine_selection import chosen
from vivavoce.server.service import Service
from vivavoce.server.speech.transcript_warnings import warning_header
from vivavoce.transcripts.recordings import RecordingTranscription, Segment
from vivavoce.transcripts.subtitles import render

from .transcript_forms import json_answer, logprobs_of, verbose_answer
from .transcription_form import TranscriptionForm, TranslationForm, form_of

log = logging.getLogger(__name__)
router = APIRouter(tags=["OpenAI"])

_MEDIA_TYPES = {"srt": "application/x-subrip", "vtt": "text/vtt"}


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
        message = "send the recording as `file` in a multipart/form-data body"
        raise Problem(message, code="missing_required_parameter", param="file")
    async with AsyncExitStack() as stack:
        path, fields = await stack.enter_async_context(recording(request, service.limits))
        form = form_of(kind, fields)
        engines = stack.enter_context(chosen(service, stt=form.model))
        await stack.enter_async_context(service.admission.request(caller))
        options = form.options()
        faults: list[str] = []
        stt, vad = engines.stt, engines.vad
        audio = streamed(path, stt.rate, service.limits, options=form.reading(), faults=faults)
        transcription = RecordingTranscription(audio, stt, vad, options, form.cuts, faults)
        segments = await stack.enter_async_context(aclosing(_segments(transcription, options)))
        if form.streams:
            # What goes wrong until there is text is still an answer of its own.
            first = await while_connected(request.receive, lambda: anext(segments, None))
            events = _events(transcription, form, first, segments)
            return EventStream(events, stack.pop_all())
        return await while_connected(request.receive, lambda: _whole(transcription, form, segments))


async def _segments(
    transcription: RecordingTranscription, options: SttOptions
) -> AsyncGenerator[Segment, None]:
    """What is said, segment by segment; what goes wrong names the form's field."""
    try:
        async with aclosing(transcription.run()) as segments:
            async for segment in segments:
                yield segment
    except BadRequest as error:
        param = "model" if options.translate else "language" if options.language else None
        raise Problem(str(error), code="invalid_value", param=param) from error
    if not transcription.seconds:
        message = "the file contains no audio; check the recording"
        raise Problem(message, code="invalid_audio", param="file")


async def _whole(
    transcription: RecordingTranscription,
    form: TranslationForm,
    segments: AsyncGenerator[Segment, None],
) -> Response:
    async for _ in segments:
        pass
    heard = transcription.transcript()
    match form.response_format:
        case "text":
            return PlainTextResponse(f"{heard.text}\n", headers=warning_header(heard))
        case "srt" | "vtt" as kind:
            file = render(heard.segments, kind)
            return Response(file, 200, warning_header(heard), _MEDIA_TYPES[kind])
        case "verbose_json":
            return JSONResponse(
                verbose_answer(
                    heard,
                    translated=form.options().translate,
                    temperature=form.temperature,
                    segments=form.segments,
                    words=form.words,
                )
            )
    return JSONResponse(json_answer(heard, logprobs=form.logprobs))


async def _events(
    transcription: RecordingTranscription,
    form: TranslationForm,
    first: Segment | None,
    rest: AsyncGenerator[Segment, None],
) -> AsyncGenerator[str, None]:
    """The text as server-sent events; so is an error in its midst."""
    try:
        segment, glue = first, ""
        while segment is not None:
            delta, glue = f"{glue}{segment.plain}", " "
            sure = {"logprobs": logprobs_of(segment)} if form.logprobs else {}
            yield _event({"type": "transcript.text.delta", "delta": delta, **sure})
            segment = await anext(rest, None)
        done = json_answer(transcription.transcript(), logprobs=form.logprobs)
        yield _event({"type": "transcript.text.done", **done})
        yield "data: [DONE]\n\n"
    except Exception as error:  # noqa: BLE001 - told to the client, and logged
        log.warning("a transcription was cut off: %s", describe(error))
        yield _event(problem_of(error).body())


def _event(data: object) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n"
