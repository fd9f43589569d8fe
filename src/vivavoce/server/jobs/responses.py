"""What the API answers about jobs, as it is documented."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import BaseModel, Field

from vivavoce.server.native.api_types import TranscriptWarningResponse
from vivavoce.server.speech.sound_files import MEDIA_TYPES

from .job import ItemState, JobKind, JobState, StoredItem, StoredJob


class JobResponse(BaseModel):
    """A batch and its progress."""

    id: str
    kind: JobKind
    state: JobState
    format: str = Field(description="Format of the results.")
    total: int = Field(description="Number of items.")
    counts: dict[ItemState, int] = Field(description="Number of items in each state.")
    created: datetime
    ended: datetime | None = None
    expires: datetime | None = Field(None, description="When a finished job is deleted.")


class ItemErrorResponse(BaseModel):
    """Why an item failed, in the same form as every error."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class ItemResultResponse(BaseModel):
    """The result of an item."""

    url: str = Field(description="Where to download the result.")
    media_type: str
    duration_s: float = Field(description="Length of the audio.")
    processing_s: float
    engine: str
    sample_rate: int | None = Field(None, description="Sample rate of the speech, in Hz.")
    language: str | None = None
    text: str | None = Field(None, description="The first 1,000 characters of a transcript.")
    warnings: list[TranscriptWarningResponse] | None = Field(
        None, description="What to know before you trust the transcript."
    )


class ItemResponse(BaseModel):
    """One item. number: from 0. id: the name that the client gave it, or its file's name."""

    number: int
    id: str
    state: ItemState
    result: ItemResultResponse | None = None
    error: ItemErrorResponse | None = None


class JobDetails(JobResponse):
    """A batch with all its items."""

    items: list[ItemResponse]


class JobList(BaseModel):
    """Your batches, newest first."""

    jobs: list[JobResponse]


TRANSCRIPT_TYPES = {
    "json": "application/json",
    "text": "text/plain; charset=utf-8",
    "srt": "application/x-subrip",
    "vtt": "text/vtt",
}
"""By form."""


def form_of(job: StoredJob) -> str:
    """What its results are: `mp3`, `srt` …"""
    return str(json.loads(job.wishes)["format"])


def media_type_of(job: StoredJob) -> str:
    """The same as a media type."""
    form = form_of(job)
    if job.kind == "stt":
        return TRANSCRIPT_TYPES[form]
    return {str(known): media for known, media in MEDIA_TYPES.items()}[form]


def job_answer(job: StoredJob, kept_s: float) -> JobResponse:
    """As the API answers. kept_s: how long jobs are kept after their end."""
    return JobResponse.model_validate(_facts(job, kept_s))


def job_details(job: StoredJob, items: Sequence[StoredItem], kept_s: float) -> JobDetails:
    """The same with its items."""
    listed = sorted(items, key=lambda item: item.number)
    answers = [item_answer(job, item) for item in listed]
    return JobDetails.model_validate({**_facts(job, kept_s), "items": answers})


def item_answer(job: StoredJob, item: StoredItem) -> ItemResponse:
    """As the API answers."""
    result = error = None
    if item.result is not None:
        what = "audio" if job.kind == "tts" else "transcript"
        url = f"/jobs/{job.id}/items/{item.number}/{what}"
        facts = json.loads(item.result)
        result = ItemResultResponse(url=url, media_type=media_type_of(job), **facts)
    if item.error is not None:
        error = ItemErrorResponse.model_validate_json(item.error)
    return ItemResponse(
        number=item.number, id=item.name, state=item.state, result=result, error=error
    )


def _facts(job: StoredJob, kept_s: float) -> dict[str, object]:
    def when(seconds: float | None) -> datetime | None:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)

    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "format": form_of(job),
        "total": sum(job.counts.values()),
        "counts": job.counts,
        "created": when(job.created),
        "ended": when(job.ended),
        "expires": None if job.ended is None else when(job.ended + kept_s),
    }
