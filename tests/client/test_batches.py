"""Batches by the clients, with a real server and scripted engines."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest

from vivavoce.client import Client, Job, JobItem, Refused
from vivavoce.engines import Speech, SttOptions, TtsOptions
from vivavoce.errors import BadRequest, EngineError, EngineUnavailable
from vivavoce.testing import ScriptedStt, ScriptedTts, say
from vivavoce.testing.scripted_server import ScriptedResponse, ScriptedServer

if TYPE_CHECKING:
    from tests.client.conftest import Joining
    from tests.server.conftest import Served, Serving


class HeldTts(ScriptedTts):
    """Waits before it says a text with "wait" in it. held: set once it waits."""

    def __init__(self) -> None:
        super().__init__()
        self.held = asyncio.Event()

    async def speak(self, phrase: str, options: TtsOptions) -> AsyncGenerator[Speech, None]:
        if "wait" in phrase:
            self.held.set()
            await asyncio.Event().wait()
        async for piece in super().speak(phrase, options):
            yield piece


async def test_texts_are_spoken_in_the_background(server: Served, joining: Joining) -> None:
    changes: list[Job | JobItem] = []
    async with joining(server.url) as client:
        batch = await client.batch_speak(["One two.", "...", "Three."])
        job = await batch.wait(changes.append)
        assert (await batch.audio(0)).seconds == pytest.approx(0.5, abs=0.05)
        with pytest.raises(BadRequest, match="item 1 is failed"):
            await batch.audio(1)
        assert [it.id for it in await client.batches()] == [batch.id]
        assert (await client.batch(batch.id).job()).counts == {"done": 2, "failed": 1}
        await batch.delete()
        assert await client.batches() == ()
        with pytest.raises(BadRequest):
            await batch.job()
    assert job.over
    assert [item.state for item in job.items] == ["done", "failed", "done"]
    assert job.items[1].error is not None
    assert "nothing to speak" in job.items[1].error.message
    assert job.items[0].result is not None
    assert job.items[0].result.duration_s == pytest.approx(0.5, abs=0.05)
    assert {it.number for it in changes if isinstance(it, JobItem) and it.state == "done"} == {0, 2}
    assert isinstance(changes[-1], Job)
    assert changes[-1].over


async def test_recordings_are_transcribed_in_the_background(
    serving: Serving, joining: Joining
) -> None:
    stt = ScriptedStt("one two three four", "five six seven eight")
    async with serving(stt=stt) as server, joining(server.url) as client:
        batch = await client.batch_transcribe(
            [say(1.0), b"no audio", say(1.0)], options=SttOptions(words=True)
        )
        job = await batch.wait()
        transcript = await batch.transcript(2)
    assert [item.state for item in job.items] == ["done", "failed", "done"]
    assert job.items[0].result is not None
    assert job.items[0].result.text == "one two three four"
    assert transcript.text == "five six seven eight"
    assert [word.text for word in transcript.words] == ["five", "six", "seven", "eight"]


async def test_a_batch_is_cancelled(serving: Serving, joining: Joining) -> None:
    tts = HeldTts()
    async with serving(tts=tts) as server, joining(server.url) as client:
        batch = await client.batch_speak(["One.", "wait", "Three."])
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(batch.wait())
            await tts.held.wait()
            assert (await batch.cancel()).state == "cancelled"
        job = waiting.result()
    assert [item.state for item in job.items] == ["done", "cancelled", "cancelled"]


async def test_batches_work_without_async(serving: Serving) -> None:
    def work(url: str) -> Job:
        with Client(url) as client:
            batch = client.batch_speak(["One two.", "Three."])
            changes: list[Job | JobItem] = []
            batch.wait(changes.append)
            assert changes
            assert client.batch(batch.id).audio(1).seconds == pytest.approx(0.25, abs=0.05)
            other = client.batch_transcribe([say(1.0)])
            assert other.wait().over
            assert other.transcript(0).text == "one two three four"
            assert len(client.batches()) == 2
            batch.delete()
            return other.cancel()

    async with serving(stt=ScriptedStt("one two three four")) as server:
        assert (await asyncio.to_thread(work, server.url)).state == "done"


def told(state: str, ended: bool) -> dict[str, object]:
    when = {"ended": "2026-01-01T00:00:01Z"} if ended else {}
    job = {"id": "j", "kind": "tts", "state": state, "total": 1, "counts": {}, **when}
    return {**job, "created": "2026-01-01T00:00:00Z", "items": []}


def event(name: str, number: int | None, data: object) -> bytes:
    numbered = "" if number is None else f"id: {number}\n"
    return f"event: {name}\n{numbered}data: {json.dumps(data)}\n\n".encode()


def stream(*steps: bytes | str) -> ScriptedResponse:
    return ScriptedResponse(steps, kind="text/event-stream")  # type: ignore[arg-type]


ITEM = {"number": 0, "id": "", "state": "done"}


async def test_progress_goes_on_where_the_connection_broke(joining: Joining) -> None:
    """With a server whose every stream breaks off after an item."""
    asked: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        asked.append(head.partition("last-event-id: ")[2].partition("\r")[0])
        ended = len(asked) == 3
        state = event("job", None, told("done" if ended else "running", ended=ended))
        body = state if ended else event("item", len(asked), ITEM) + b": still here\n\n" + state
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(body), body)
        )
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with (
        server,
        joining(f"http://127.0.0.1:{port}") as client,
        aclosing(client.batch("j").progress()) as changes,
    ):
        states = [it.state async for it in changes]
    assert states == ["done", "running", "done", "running", "done"]
    assert asked == ["", "1", "2"]


async def test_progress_that_is_lost_for_good_is_told(joining: Joining) -> None:
    begun = stream(event("job", None, told("running", ended=False)), "cut")
    with ScriptedServer(always=[("/jobs/j/events", begun)]) as server:
        async with joining(server.url) as client:
            with pytest.raises(EngineUnavailable, match="was lost"):
                await client.batch("j").wait()


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (stream(event("error", None, {"error": {"message": "no job"}})), Refused, "no job"),
        (stream(event("job", None, {"id": 7})), EngineError, "invalid batch progress"),
        (stream(b"x" * (3 << 20)), EngineError, "never ends"),
    ],
)
async def test_progress_that_is_none_is_called_so(
    answer: ScriptedResponse, error: type[Exception], message: str, joining: Joining
) -> None:
    with ScriptedServer(always=[("/jobs/j/events", answer)]) as server:
        async with joining(server.url) as client:
            with pytest.raises(error, match=message):
                await client.batch("j").wait()
