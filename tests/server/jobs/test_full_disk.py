"""Batches on a disk that is full."""

from __future__ import annotations

import asyncio
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

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


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 12 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root can make a small disk, on Linux")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(disk: Path) -> None:
    """Leave no room, not for a byte."""
    with suppress(OSError), (disk / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


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


@pytest.mark.parametrize("items", [1, 300])
async def test_a_batch_can_be_deleted_when_the_disk_is_full(
    serving: Serving, batches: Batches, small_disk: Path, items: int
) -> None:
    async with (
        serving({"state": str(small_disk)}) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        done = await batches.speak(client, "One.")
        await batches.ended(client, done)
        many = [{"text": "x" * 5_000}] * items
        answer = await client.post("/tts/batch", json={"items": many})
        queued = answer.headers["location"]
        await client.post(f"{queued}/cancel")
        await asyncio.to_thread(fill, small_disk)
        for job in (done, queued):
            assert (await client.delete(job)).status_code == 204
        assert (await client.get("/jobs")).json()["jobs"] == []
        (small_disk / "filler").unlink()
        again = await batches.speak(client, "One.")
        assert (await batches.ended(client, again))["counts"] == {"done": 1}
        await client.delete(again)
        assert not {name for name in files_in(small_disk) if name.endswith(".out")}
        assert "jobs.sqlite-reserve" in files_in(small_disk)
