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

_Number = Annotated[int, InPath(ge=0, le=1 << 31, description="Counted from 0.")]


@router.get("", response_model_exclude_none=True)
async def list_jobs(service: TheService, caller: TheCaller, jobs: TheJobs) -> JobList:
    """List your batches (those of the same API key), newest first."""
    kept_s = service.limits.job_kept_s
    return JobList(jobs=[job_answer(job, kept_s) for job in await jobs.of(caller.id)])


@router.get("/{job}", response_model=JobDetails)
async def show_job(job: str, service: TheService, caller: TheCaller, jobs: TheJobs) -> Response:
    """Show a batch with the state and result of each item."""
    return Response(await _details(jobs, job, caller, service), media_type="application/json")


@router.get(
    "/{job}/events",
    response_class=Response,
    responses={
        200: {"content": {"text/event-stream": {}}},
        204: {"description": "The job has ended and you have received every event"},
    },
)
async def follow_job(
    job: str,
    service: TheService,
    caller: TheCaller,
    jobs: TheJobs,
    last_event_id: Annotated[str, Header()] = "",
) -> Response:
    """Follow a batch's progress as server-sent events: `job` for the whole, `item` for each item.

    The stream starts with the current state, or, with `Last-Event-ID`, with what has changed since
    that event. It ends when the job has ended.
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
    """Download the speech of an item."""
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
        Format | None, Query(alias="format", description="Defaults to the job's format.")
    ] = None,
) -> Response:
    """Download the transcript of an item."""
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
    """Download all results so far as a zip file, with the job in `job.json`."""
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
    """Cancel a batch. Finished results stay; all work has stopped when this call returns."""
    await jobs.cancel(job, caller.id)
    return Response(await _details(jobs, job, caller, service), media_type="application/json")


@router.delete("/{job}", status_code=204)
async def delete_job(job: str, caller: TheCaller, jobs: TheJobs) -> Response:
    """Cancel a batch and delete everything it has."""
    await jobs.remove(job, caller.id)
    return Response(status_code=204)


async def _details(jobs: Jobs, job: str, caller: Caller, service: Service) -> str:
    """The job as JSON, built in a thread because a thousand items take a while."""
    found, items = await jobs.changes(job, caller.id)

    def put_together() -> str:
        details = job_details(found, items, service.limits.job_kept_s)
        return details.model_dump_json(exclude_none=True)

    return await asyncio.to_thread(put_together)


async def _done(
    jobs: Jobs, job: str, owner: str, number: int, kind: str
) -> tuple[StoredJob, StoredItem, Path]:
    """A finished item. Raises Problem: 404, or 409 if it is not finished."""
    found, item = await jobs.item(job, owner, number)
    if found.kind != kind:
        other = "transcript" if kind == "tts" else "audio"
        what = f"this job has no such results; try /jobs/{job}/items/{number}/{other}"
        raise Problem(what, status=404, code="not_found", param="job")
    if item.state != "done":
        what = f"item {number} is {item.state}; see /jobs/{job}"
        raise Problem(what, status=409, code="not_done", param="number")
    path = await jobs.path(item)
    if not await asyncio.to_thread(path.is_file):
        raise _gone(item)
    return found, item, path


def _gone(item: StoredItem) -> Problem:
    what = f"the result of item {item.number} no longer exists; send it in a new batch"
    return Problem(what, status=404, code="not_found", param="number")
