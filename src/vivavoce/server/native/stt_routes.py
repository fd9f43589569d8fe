"""`POST /stt/transcribe` and `GET /stt/models`."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, field_validator
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from vivavoce.audio import Samples
from vivavoce.config.server_settings import LimitSettings
from vivavoce.conversation.session import Engines
from vivavoce.engines import HintedStt, SttOptions, capability
from vivavoce.errors import BadRequest
from vivavoce.media.decode import ReadOptions, parse_channels
from vivavoce.server.access.auth import TheCaller, TheService
from vivavoce.server.http.event_stream import while_connected
from vivavoce.server.http.recordings import documented, recording
from vivavoce.server.http.sockets import checked
from vivavoce.server.http.uploads import streamed
from vivavoce.server.selection.aliases import model_names
from vivavoce.server.selection.engine_selection import beside, chosen
from vivavoce.server.speech.transcript_warnings import in_header, warning_header
from vivavoce.transcripts.recording_transcript import RecordingTranscript
from vivavoce.transcripts.recordings import RecordingTranscription
from vivavoce.transcripts.subtitles import Format, render, segment_dict, warning_dict

from .api_types import (
    SttModelResponse,
    SttModelsResponse,
    TranscriptResponse,
    timed,
)

router = APIRouter(tags=["Transcripts"])

_TEXT = {"schema": {"type": "string"}}
_MEDIA_TYPES = {"text": "text/plain", "srt": "application/x-subrip", "vtt": "text/vtt"}


class SttRequest(BaseModel):
    """How to transcribe speech. Engines ignore what they do not support, except `language` and
    `translate`.
    """

    model_config = ConfigDict(extra="forbid")

    language: str | None = Field(
        None, description="Language of the speech, such as `en`.", max_length=35
    )
    prompt: str = Field("", description="Preceding text, or words in the spelling you want.")
    hotwords: list[str] = Field(
        [], description="Words to expect: repeat the field or separate them with commas."
    )
    words: bool = Field(default=False, description="Include word times.")
    translate: bool = Field(default=False, description="Translate into English.")
    model: str = Field(
        "", description="One of `GET /stt/models`. Defaults to the first.", max_length=200
    )

    @field_validator("hotwords", mode="before")
    @classmethod
    def _between_commas(cls, value: object) -> object:
        parts = [value] if isinstance(value, str) else value
        if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
            return value
        return [word.strip() for part in parts for word in part.split(",") if word.strip()]

    def options(self) -> SttOptions:
        """As engines have it."""
        return SttOptions(
            language=self.language or None,
            prompt=self.prompt,
            hotwords=tuple(self.hotwords),
            words=self.words,
            translate=self.translate,
        )


class TranscribeRequest(SttRequest):
    """How to transcribe a recording, and the format of the response."""

    format: Format = Field("json", description="Format of the response.")
    temperature: float = Field(0.0, ge=0.0, le=2.0)
    channels: str = Field(
        "mix",
        description="Of the recording: `mix`, `left`, `right`, a number from 1, or `separate`: "
        "each is heard by itself, and is its segments' `speaker`.",
    )
    track: str | None = Field(
        None, description="Of several in a file: its number, or a part of its title."
    )

    @field_validator("channels", mode="after")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            return str(parse_channels(value))
        except BadRequest as error:
            raise ValueError(str(error)) from None

    def reading(self) -> ReadOptions:
        """What is read of the file."""
        channels = parse_channels(self.channels)
        return ReadOptions(channels=channels, language=self.language or None, track=self.track)

    def options(self) -> SttOptions:
        """As engines have it; subtitles are made of words with their times."""
        timed = self.words or self.format in ("srt", "vtt")
        return replace(super().options(), words=timed, temperature=self.temperature)


_WISHES = TypeAdapter(TranscribeRequest)


@router.post(
    "/stt/transcribe",
    summary="Transcribe a recording",
    response_model=TranscriptResponse,
    openapi_extra=documented(TranscribeRequest),
    responses={200: {"content": dict.fromkeys(_MEDIA_TYPES.values(), _TEXT)}},
)
async def transcribe_recording(
    request: Request,
    service: TheService,
    caller: TheCaller,
    wishes: Annotated[TranscribeRequest, Query()],
) -> Response:
    """Transcribe a recording in any common format.

    Send it as the `file` of a form, with the options as further fields, or as the request body,
    with the options in the query string.
    """
    async with recording(request, service.limits) as (path, fields):
        wishes = checked(_WISHES, {**wishes.model_dump(exclude_unset=True), **fields})
        with chosen(service, stt=wishes.model) as engines:
            async with service.admission.request(caller):
                done = await while_connected(
                    request.receive,
                    lambda: transcribed(
                        path, engines, service.limits, wishes.options(), reading=wishes.reading()
                    ),
                )
    answer = done.answer(words=wishes.words)
    if wishes.format == "json":
        return JSONResponse(answer.model_dump(exclude_none=True))
    headers = {
        "X-Duration-S": f"{answer.duration_s:g}",
        "X-Processing-S": f"{answer.processing_s:g}",
        "X-Engine": in_header(answer.engine),
        **warning_header(done.transcript),
    }
    file = render(done.transcript.segments, wishes.format, words=wishes.words)
    return Response(file, 200, headers, _MEDIA_TYPES[wishes.format])


@router.get("/stt/models", summary="List the engines that transcribe")
async def stt_models(service: TheService, caller: TheCaller) -> SttModelsResponse:
    """List the engines that transcribe: the configured one, then the others that are loaded."""
    names = model_names("stt", service.engines, service.settings, beside(service, "stt"))
    models = []
    for name in dict.fromkeys(["", *beside(service, "stt").values()]):
        with chosen(service, stt=name) as engines:
            stt = engines.stt
            hinted = capability(stt, HintedStt)
            hints = hinted.hints if hinted else frozenset()
            models.append(
                SttModelResponse(
                    id=stt.name,
                    languages=list(stt.languages),
                    sample_rate=stt.rate,
                    streaming=True,
                    prompt="prompt" in hints,
                    hotwords="hotwords" in hints,
                )
            )
    aliases = {name: means for name, means in names.items() if name != means}
    return SttModelsResponse(models=models, aliases=aliases)


@dataclass(frozen=True, slots=True)
class Transcribed:
    """A recording's transcript, and how long it took, in seconds."""

    transcript: RecordingTranscript
    took: float

    def answer(self, *, words: bool) -> TranscriptResponse:
        """As the API answers. words: whether to list all of them."""
        whole = self.transcript
        return TranscriptResponse.model_validate(
            {
                "text": whole.text,
                "language": whole.language,
                "language_confidence": _rounded(whole.language_confidence),
                "confidence": _rounded(whole.confidence),
                "words": timed(whole.words) if words else None,
                "words_estimated": whole.words_estimated if words else None,
                "segments": [segment_dict(it, words=words) for it in whole.segments],
                "warnings": [warning_dict(it) for it in whole.warnings] or None,
                "duration_s": round(whole.seconds, 3),
                "processing_s": round(self.took, 4),
                "engine": whole.engine,
                "sample_rate": whole.rate,
            }
        )


async def transcribed(
    path: Path,
    engines: Engines,
    limits: LimitSettings,
    options: SttOptions,
    *,
    reading: ReadOptions,
    step: Callable[[], Awaitable[None]] | None = None,
) -> Transcribed:
    """All that is said in the file. Raises Problem for one that holds no audio.

    step: waited for before each half second of it, by who has time.
    """
    begun = time.perf_counter()
    faults: list[str] = []

    async def paced() -> AsyncGenerator[Samples, None]:
        chunks = streamed(path, engines.stt.rate, limits, options=reading, faults=faults)
        async with aclosing(chunks):
            async for chunk in chunks:
                if step is not None:
                    await step()
                yield chunk

    stt, vad = engines.stt, engines.vad
    whole = await RecordingTranscription(paced(), stt, vad, options, faults=faults).finish()
    return Transcribed(whole, time.perf_counter() - begun)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
