"""`POST /tts/batch` and `POST /stt/batch`: many texts or recordings as one job."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

from vivavoce.server.access.auth import TheCaller, TheService
from vivavoce.server.errors import Problem
from vivavoce.server.http.forms import recording_form
from vivavoce.server.http.outbox import Gone
from vivavoce.server.http.sockets import checked
from vivavoce.server.http.uploads import received
from vivavoce.server.native.stt_routes import TranscribeRequest
from vivavoce.server.native.tts_routes import SpokenTextRequest, SynthesizeRequest
from vivavoce.server.selection.engine_selection import chosen
from vivavoce.server.service import Service
from vivavoce.server.speech.pcm import Rate
from vivavoce.server.speech.sound_files import SpeechForm

from .job import NewItem, StoredJob
from .jobs import TheJobs
from .responses import JobResponse, job_answer

router = APIRouter(tags=["Batches"])

_FIELDS = 32
_NAME_CHARS = 200
_FILES = ("files", "file")
"""Fields that hold recordings."""

_WISHES = TypeAdapter(TranscribeRequest)
_Name = Annotated[str, Field(max_length=_NAME_CHARS)]


class SpeechItem(BaseModel):
    """One text. Anything you leave out comes from the batch."""

    model_config = ConfigDict(extra="forbid")

    id: _Name = Field("", description="Your own name for the item.")
    text: str = Field(min_length=1)
    voice: str | None = Field(None, max_length=200)
    language: str | None = Field(None, max_length=35)
    speed: float | None = Field(None, ge=0.25, le=4.0)
    pitch: float | None = Field(None, ge=0.5, le=2.0)


class SpeechBatch(SpokenTextRequest):
    """Texts, and how to speak them."""

    items: list[SpeechItem] = Field(min_length=1)
    format: SpeechForm = "wav"
    sample_rate: Rate | None = Field(None, description="In Hz. Defaults to the engine's rate.")

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"items": [{"id": "hello", "text": "Hello!"}, {"text": "Bye."}], "format": "mp3"}
            ]
        },
    )

    def wishes(self, item: SpeechItem) -> SynthesizeRequest:
        """What is asked for with one of the items."""
        of_all = self.model_dump(exclude={"items"}, exclude_none=True)
        own = item.model_dump(exclude={"id"}, exclude_none=True)
        return SynthesizeRequest.model_validate({**of_all, **own})


@router.post("/tts/batch", status_code=202, response_model=JobResponse)
async def speak_batch(
    body: SpeechBatch, service: TheService, caller: TheCaller, jobs: TheJobs
) -> JSONResponse:
    """Start a job that speaks many texts, and return it."""
    _check_count(len(body.items), service)
    most = service.limits.text_chars
    for number, item in enumerate(body.items):
        if len(item.text) > most:
            what = (
                f"the text has {len(item.text):,} characters, over the limit of {most:,}; split it"
            )
            param = f"items.{number}.text"
            raise Problem(what, status=413, code="text_too_long", param=param)
    if body.model:
        with chosen(service, tts=body.model):
            pass  # else each item would fail
    async with service.admission.request(caller):
        items = await asyncio.to_thread(_new_items, body)
        wishes = json.dumps({"format": body.format})
        return _accepted(await jobs.accept(caller.id, "tts", wishes, items), service)


def _documented() -> dict[str, Any]:
    """The form of recordings as OpenAPI has it."""
    properties = TranscribeRequest.model_json_schema()["properties"]
    files = {"type": "array", "items": {"type": "string", "format": "binary"}}
    form = {"type": "object", "required": ["files"], "properties": {"files": files, **properties}}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}}}


@router.post("/stt/batch", status_code=202, response_model=JobResponse, openapi_extra=_documented())
async def transcribe_batch(
    request: Request, service: TheService, caller: TheCaller, jobs: TheJobs
) -> JSONResponse:
    """Start a job that transcribes many recordings, sent as `files` of a form, and return it.

    The other fields are those of `/stt/transcribe` and apply to all recordings.
    """
    await jobs.check_room()
    async with _recordings(request, service) as (form, files):
        fields = {
            name.removesuffix("[]"): values[0] if len(values) == 1 else values
            for name in form
            if name not in _FILES and (values := form.getlist(name))
        }
        wishes = checked(_WISHES, fields)
        if wishes.model:
            with chosen(service, stt=wishes.model):
                pass
        items = [NewItem(name, "", path.stat().st_size) for name, path in files]
        paths = {number: path for number, (_, path) in enumerate(files)}
        async with service.admission.request(caller):
            job = await jobs.accept(caller.id, "stt", wishes.model_dump_json(), items, paths)
        return _accepted(job, service)


@asynccontextmanager
async def _recordings(
    request: Request, service: Service
) -> AsyncIterator[tuple[FormData, list[tuple[str, Path]]]]:
    """The form, and its recordings with what the client calls them."""
    limits = service.limits
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        what = "send the recordings as `files` in a multipart/form-data body"
        raise Problem(what, code="missing_required_parameter", param="files")
    # One file more than may be is taken, to be refused in the form of all errors.
    opening = recording_form(
        request,
        _FILES,
        max_files=limits.job_items + 1,
        max_fields=_FIELDS,
    )
    async with AsyncExitStack() as stack:
        try:
            form = await stack.enter_async_context(opening)
        except ClientDisconnect:
            raise Gone("the client disconnected") from None
        except HTTPException as error:
            if "Too many files" in str(error.detail):
                _check_count(limits.job_items + 1, service)
            raise
        uploads = [
            upload
            for name in _FILES
            for upload in form.getlist(name)
            if isinstance(upload, UploadFile)
        ]
        _check_count(len(uploads), service)
        if not uploads:
            what = "the form has no `files`; send each recording as one of them"
            raise Problem(what, code="missing_required_parameter", param="files")
        files = [
            (
                plain_name(upload.filename),
                await stack.enter_async_context(received(upload, limits, param="files")),
            )
            for upload in uploads
        ]
        yield form, files


def plain_name(name: str | None) -> str:
    """The last part of a file's name, without what is no character; for people, not for paths."""
    last = re.split(r"[/\\]", name or "")[-1]
    return "".join(char for char in last if char.isprintable())[:_NAME_CHARS]


def _new_items(body: SpeechBatch) -> list[NewItem]:
    requests = [body.wishes(item).model_dump_json(exclude_none=True) for item in body.items]
    return [
        NewItem(item.id, request, len(request.encode()))
        for item, request in zip(body.items, requests, strict=True)
    ]


def _check_count(count: int, service: Service) -> None:
    most = service.limits.job_items
    if count > most:
        what = f"a batch can have at most {most:,} items; send several batches"
        raise Problem(what, status=413, code="too_many_items", param="items")


def _accepted(job: StoredJob, service: Service) -> JSONResponse:
    answer = job_answer(job, service.limits.job_kept_s).model_dump(mode="json", exclude_none=True)
    return JSONResponse(answer, 202, {"Location": f"/jobs/{job.id}"})
