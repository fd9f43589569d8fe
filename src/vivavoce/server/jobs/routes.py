"""`/jobs`: batches that were taken, what came of them, and their end."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi import Path as InPath
from starlette.responses import FileResponse, Response

from vivavoce.server.access.admission import Caller
from vivavoce.server.access.auth import TheCaller, TheService
from vivavoce.server.errors import Problem
from vivavoce.server.http.event_stream import EventStream, Streamed
from vivavoce.server.service import Service
from vivavoce.transcripts.subtitles import Format

from .archive import zipped
from .events import progress
from .job import StoredItem, StoredJob
from .jobs import Jobs, TheJobs
from .responses import (
    TRANSCRIPT_TYPES,
    JobDetails,
    JobList,
    form_of,
    job_answer,
    job_details,
    media_type_of,
)
from .transcript_files import transcript

router = APIRouter(tags=["Batches"], prefix="/jobs")

_Number = Annotated[int, InPath(ge=0, le=1 << 31, description="From 0.")]


@router.get("", response_model_exclude_none=True)
async def list_jobs(service: TheService, caller: TheCaller, jobs: TheJobs) -> JobList:
    """Your batches, the latest first: those of the same key."""
    kept_s = service.limits.job_kept_s
    return JobList(jobs=[job_answer(job, kept_s) for job in await jobs.of(caller.id)])


@router.get("/{job}", response_model=JobDetails)
async def show_job(job: str, service: TheService, caller: TheCaller, jobs: TheJobs) -> Response:
    """A batch, with the state of each item and what came of it."""
    return Response(await _details(jobs, job, caller, service), media_type="application/json")


@router.get(
    "/{job}/events",
    response_class=Response,
    responses={
        200: {"content": {"text/event-stream": {}}},
        204: {"description": "It has ended, and you were told all of it"},
    },
)
async def follow_job(
    job: str,
    service: TheService,
    caller: TheCaller,
    jobs: TheJobs,
    last_event_id: Annotated[str, Header()] = "",
) -> Response:
    """A batch's progress as server-sent events: `job` for the whole, `item` for each of its items.

    The state so far comes first; with `Last-Event-ID`, only what has changed since. The stream ends
    with the `job` that has ended.
    """
    since = int(last_event_id) if last_event_id.isdecimal() and len(last_event_id) < 16 else 0
    now, news = await jobs.changes(job, caller.id, since)
    if since and now.ended is not None and not news:
        return Response(status_code=204)
    stack = AsyncExitStack()
    stack.enter_context(jobs.listener())
    return EventStream(progress(jobs, service, job, caller.id, since), stack)


@router.get(
    "/{job}/items/{number}/audio",
    response_class=FileResponse,
    responses={200: {"content": {"audio/*": {}}}},
)
async def item_audio(job: str, number: _Number, caller: TheCaller, jobs: TheJobs) -> Response:
    """The speech that was made of an item."""
    found, _, path = await _done(jobs, job, caller.id, number, "tts")
    return FileResponse(path, media_type=media_type_of(found))


@router.get(
    "/{job}/items/{number}/transcript",
    response_class=Response,
    responses={200: {"content": {media: {} for media in TRANSCRIPT_TYPES.values()}}},
)
async def item_transcript(
    job: str,
    number: _Number,
    caller: TheCaller,
    jobs: TheJobs,
    form: Annotated[
        Format | None, Query(alias="format", description="The job's own by default.")
    ] = None,
) -> Response:
    """What is said in an item."""
    found, item, path = await _done(jobs, job, caller.id, number, "stt")
    wanted = form or form_of(found)
    try:
        text = await asyncio.to_thread(transcript, path, wanted)
    except FileNotFoundError:
        raise _gone(item) from None
    return Response(text, media_type=TRANSCRIPT_TYPES[wanted])


@router.get(
    "/{job}/archive",
    response_class=Response,
    responses={200: {"content": {"application/zip": {}}}},
)
async def job_archive(job: str, service: TheService, caller: TheCaller, jobs: TheJobs) -> Response:
    """All results so far as a zip file, with the job itself in `job.json`."""
    found, items = await jobs.changes(job, caller.id)
    details = await _details(jobs, job, caller, service)
    done = sorted((item for item in items if item.state == "done"), key=lambda item: item.number)
    files = [(item, await jobs.path(item)) for item in done]
    pieces = zipped(found, files, details)
    answer = Streamed(pieces, AsyncExitStack(), "application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="{found.id}.zip"'
    return answer


@router.post("/{job}/cancel", response_model=JobDetails)
async def cancel_job(job: str, service: TheService, caller: TheCaller, jobs: TheJobs) -> Response:
    """End a batch: what is done stays, and nothing more is done once this has been answered."""
    await jobs.cancel(job, caller.id)
    return Response(await _details(jobs, job, caller, service), media_type="application/json")


@router.delete("/{job}", status_code=204)
async def delete_job(job: str, caller: TheCaller, jobs: TheJobs) -> Response:
    """End a batch, and forget all of it."""
    await jobs.remove(job, caller.id)
    return Response(status_code=204)


async def _details(jobs: Jobs, job: str, caller: Caller, service: Service) -> str:
    """The job as JSON; a thousand items take long enough to be put together elsewhere."""
    found, items = await jobs.changes(job, caller.id)

    def put_together() -> str:
        details = job_details(found, items, service.limits.job_kept_s)
        return details.model_dump_json(exclude_none=True)

    return await asyncio.to_thread(put_together)


async def _done(
    jobs: Jobs, job: str, owner: str, number: int, kind: str
) -> tuple[StoredJob, StoredItem, Path]:
    """An item that is done. Raises Problem: 404, or 409 for one that is not."""
    found, item = await jobs.item(job, owner, number)
    if found.kind != kind:
        other = "transcript" if kind == "tts" else "audio"
        what = f"the job makes no such thing; try /jobs/{job}/items/{number}/{other}"
        raise Problem(what, status=404, code="not_found", param="job")
    if item.state != "done":
        what = f"item {number} is {item.state}; /jobs/{job} tells more"
        raise Problem(what, status=409, code="not_done", param="number")
    path = await jobs.path(item)
    if not await asyncio.to_thread(path.is_file):
        raise _gone(item)
    return found, item, path


def _gone(item: StoredItem) -> Problem:
    what = f"what came of item {item.number} is not there any more"
    return Problem(what, status=404, code="not_found", param="number")
