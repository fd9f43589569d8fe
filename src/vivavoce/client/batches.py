"""Many texts or recordings at once, done by the server in the background."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeVar

import httpx
from pydantic import TypeAdapter, ValidationError

from vivavoce.audio import Audio
from vivavoce.errors import EngineError, EngineUnavailable

from . import decode
from .http import Http, HttpCall
from .refusals import refusal_of
from .results import FileTranscript, Job, JobItem

T = TypeVar("T")

JOB = TypeAdapter(Job)
_ITEM = TypeAdapter(JobItem)
_MOST_LINE = 1 << 20


@dataclass(frozen=True, slots=True)
class _Jobs:
    jobs: tuple[Job, ...]


_JOBS = TypeAdapter(_Jobs)


class AsyncBatch:
    """A batch on a server, which goes on whether or not you wait for it.

    id: to come back to it later, by `client.batch(id)`.
    """

    def __init__(self, http: Http, job: str) -> None:
        self.id = job
        self._http = http

    @classmethod
    async def all(cls, http: Http) -> tuple[Job, ...]:
        """All that the server has of yours."""
        return (await http.answer(HttpCall("GET", "/jobs"), _JOBS)).jobs

    async def job(self) -> Job:
        """How far it is, with each item."""
        return await self._http.answer(HttpCall("GET", f"/jobs/{self.id}"), JOB)

    async def progress(self) -> AsyncGenerator[Job | JobItem, None]:
        """The batch and its items as they change, until it is over; consume under `aclosing`.

        A lost connection is taken up where it broke. Raises Refused when the batch is deleted.
        """
        last, failures = "", 0
        while True:
            before = last
            try:
                async with aclosing(self._told(last)) as told:
                    async for number, change in told:
                        last = number or last
                        yield change
                        if isinstance(change, Job) and change.over:
                            return
                lost = EngineUnavailable(
                    f"batch {self.id}: the server stopped sending its progress; follow it again"
                )
            except EngineUnavailable as error:
                lost = error
            failures = 0 if last != before else failures + 1
            pause = self._http.place.retries.pause(failures, None)
            if pause is None:
                raise lost
            await asyncio.sleep(pause)

    async def wait(self, on_progress: Callable[[Job | JobItem], None] = lambda _: None) -> Job:
        """Wait until it is over; what came of each item.

        on_progress: called with each change. Items that failed have an `error`; nothing is raised.
        """
        async with aclosing(self.progress()) as changes:
            async for change in changes:
                on_progress(change)
        return await self.job()

    async def cancel(self) -> Job:
        """End it; what is done stays."""
        return await self._http.answer(HttpCall("POST", f"/jobs/{self.id}/cancel"), JOB)

    async def delete(self) -> None:
        """End it, and let the server forget all of it."""
        await self._http.body(HttpCall("DELETE", f"/jobs/{self.id}"))

    async def audio(self, number: int) -> Audio:
        """The speech that was made of an item. Raises Refused for one that is not done."""
        data = await self._http.body(HttpCall("GET", f"/jobs/{self.id}/items/{number}/audio"))
        from vivavoce.media.decode import read_audio  # only here, for it loads all of libav

        return await asyncio.to_thread(read_audio, io.BytesIO(data))

    async def transcript(self, number: int) -> FileTranscript:
        """What is said in an item. Raises Refused for one that is not done."""
        path = f"/jobs/{self.id}/items/{number}/transcript"
        call = HttpCall("GET", path, params={"format": "json"})
        return (await self._http.answer(call, decode.TRANSCRIPT)).transcript()

    async def _told(self, last: str) -> AsyncGenerator[tuple[str, Job | JobItem], None]:
        """Changes with their numbers, those after the last one."""
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last} if last else {})}
        call = HttpCall("GET", f"/jobs/{self.id}/events", headers=headers)
        async with self._http.stream(call) as response:
            if response.status_code == 204:
                yield "", await self.job()
            async with aclosing(_events(response)) as events:
                async for fields in events:
                    data = fields.get("data", "")
                    match fields.get("event"):
                        case "job":
                            yield "", _read(JOB, data)
                        case "item":
                            yield fields.get("id", ""), _read(_ITEM, data)
                        case "error":
                            raise refusal_of(404, {}, data.encode(), f"batch {self.id}")


async def _events(response: httpx.Response) -> AsyncGenerator[dict[str, str], None]:
    """Server-sent events, each with its fields, of which each has one line."""
    fields: dict[str, str] = {}
    async for line in _lines(response.aiter_text()):
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        elif fields:
            yield fields
            fields = {}


async def _lines(texts: AsyncIterator[str]) -> AsyncGenerator[str, None]:
    """Whole lines, of a bounded length."""
    rest = ""
    async for text in texts:
        *whole, rest = (rest + text).split("\n")
        for line in whole:
            yield line.removesuffix("\r")
        if len(rest) > _MOST_LINE:
            raise EngineError("the server sent an event that never ends; check base_url")


def _read(shape: TypeAdapter[T], data: str) -> T:
    try:
        return shape.validate_json(data)
    except ValidationError as error:
        raise EngineError("the server sent invalid batch progress; check base_url") from error
