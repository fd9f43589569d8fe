"""Batches on a disk that is full."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from vivavoce.server.jobs.jobs import Jobs

if TYPE_CHECKING:
    from tests.server.conftest import Serving
    from tests.server.jobs.conftest import Batches, Encoded

LONG = "One two three four. " * 60
"""A minute of speech: 1.9 MB."""


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Writing past so many bytes of a file fails, as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def files_in(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


async def test_what_finds_no_room_fails_alone_and_leaves_nothing_half_written(
    serving: Serving, batches: Batches, tmp_path: Path
) -> None:
    async with (
        serving({"state": str(tmp_path)}) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        with files_of_at_most(1_500_000):
            job = await batches.speak(client, "One.", LONG, "Three.")
            told = await batches.ended(client, job)
        assert [item["state"] for item in told["items"]] == ["done", "failed", "done"]
        assert told["items"][1]["error"]["code"] == "disk_full"
        found = {name for name in files_in(tmp_path) if "jobs.sqlite" not in name}
        assert found == {"lock", "0.out", "2.out"}
        assert (await batches.ended(client, await batches.speak(client, LONG)))["counts"] == {
            "done": 1
        }


async def test_batches_take_no_more_of_the_disk_than_they_may(
    serving: Serving, batches: Batches, encoded: Encoded, tmp_path: Path
) -> None:
    async with (
        serving({"state": str(tmp_path), "limits": {"jobs_mb": 1.0}}) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        job = await batches.speak(client, "One.", LONG, "Three.")
        told = await batches.ended(client, job)
        assert [item["state"] for item in told["items"]] == ["done", "failed", "done"]
        assert told["items"][1]["error"]["code"] == "disk_full"
        answer = await client.post("/stt/batch", files={"files": ("a.wav", bytes(990_000))})
        assert (answer.status_code, answer.json()["error"]["code"]) == (507, "disk_full")
        await client.delete(job)
        job = await batches.transcribe(client, ("a.wav", encoded()))
        assert (await batches.ended(client, job))["counts"] == {"done": 1}


async def test_a_job_that_finds_no_room_is_not_taken(
    serving: Serving, batches: Batches, encoded: Encoded, tmp_path: Path
) -> None:
    async with (
        serving({"state": str(tmp_path)}) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        await batches.ended(client, await batches.speak(client, "One."))
        jobs: Jobs = server.app.state.jobs
        assert jobs._kept is not None
        database = jobs._kept.store._database._db
        before = files_in(tmp_path)
        database.execute(
            f"PRAGMA max_page_count = {database.execute('PRAGMA page_count').fetchone()[0]}"
        )
        for _ in range(3):
            items = [{"text": "x" * 20_000}]
            answer = await client.post("/tts/batch", json={"items": items})
            assert (answer.status_code, answer.json()["error"]["code"]) == (507, "disk_full")
        assert files_in(tmp_path) == before
        assert len((await client.get("/jobs")).json()["jobs"]) == 1
        database.execute("PRAGMA max_page_count = 1000000")
        job = await batches.transcribe(client, ("a.wav", encoded()))
        assert (await batches.ended(client, job))["counts"] == {"done": 1}
