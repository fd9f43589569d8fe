"""Batches over the end of a server, however it ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from vivavoce.testing import ScriptedStt

if TYPE_CHECKING:
    from tests.server.conftest import Serving
    from tests.server.jobs.conftest import Batches, Encoded, HeldTts, Told

SERVER = """
import asyncio, sys
from tests.server.conftest import open_server
from tests.server.jobs.conftest import HeldTts

async def main():
    async with open_server({"state": sys.argv[1]}, tts=HeldTts()) as server:
        print(server.url, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_job_goes_on_where_it_was(
    serving: Serving, batches: Batches, held: HeldTts, tmp_path: Path
) -> None:
    state = {"state": str(tmp_path)}
    async with serving(state, tts=held) as server, httpx.AsyncClient(base_url=server.url) as client:
        job = await batches.speak(client, "One.", "Now wait.", "Three.")
        await held.held.wait()
        seen = await until_second(batches.events(client, job))
    held.may.set()
    async with serving(state, tts=held) as server, httpx.AsyncClient(base_url=server.url) as client:
        told = await batches.ended(client, job)
        assert (told["state"], told["counts"]) == ("done", {"done": 3})
        assert [text for text in held.spoken if text] == ["One.", "Now wait.", "Three."]
        for number in range(3):
            assert (await client.get(f"{job}/items/{number}/audio")).status_code == 200
        since = max(number for _, number, _ in seen if number is not None)
        missed = [data async for name, _, data in batches.events(client, job, since)
                  if name == "item"]  # fmt: skip
        assert {data["number"] for data in missed} == {1, 2}


async def until_second(
    events: AsyncGenerator[tuple[str, int | None, Told], None],
) -> list[tuple[str, int | None, Told]]:
    """The events until the second item is running."""
    seen = []
    async with aclosing(events):
        async for event in events:
            seen.append(event)
            if event[2].get("state") == "running" and event[2].get("number") == 1:
                break
    return seen


async def test_recordings_are_kept_until_they_were_heard(
    serving: Serving, batches: Batches, held: HeldTts, encoded: Encoded, tmp_path: Path
) -> None:
    state = {"state": str(tmp_path)}
    async with serving(state, tts=held) as server, httpx.AsyncClient(base_url=server.url) as client:
        await batches.speak(client, "Now wait.")
        await held.held.wait()
        job = await batches.transcribe(client, ("a.wav", encoded()), ("b.wav", encoded()))
    held.may.set()
    stt = ScriptedStt("one", "two")
    async with (
        serving(state, tts=held, stt=stt) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        told = await batches.ended(client, job)
        assert [item["result"]["text"] for item in told["items"]] == ["one", "two"]


async def test_a_server_that_is_killed_leaves_nothing_half_done(
    serving: Serving, batches: Batches, held: HeldTts, tmp_path: Path
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVER, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        url = (await process.stdout.readline()).decode().strip()
        async with httpx.AsyncClient(base_url=url) as client:
            job = await batches.speak(client, "One.", "Now wait.", "Three.")
            async for name, _, data in batches.events(client, job):
                if name == "item" and (data["number"], data["state"]) == (1, "running"):
                    break
    finally:
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
    part = tmp_path / "jobs" / job.removeprefix("/jobs/") / ".1.out.00.part"
    part.write_bytes(b"half")
    held.may.set()
    async with (
        serving({"state": str(tmp_path)}, tts=held) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        told = await batches.ended(client, job)
        assert told["counts"] == {"done": 3}
        assert [text for text in held.spoken if text] == ["Now wait.", "Three."]
        assert not part.exists()


async def test_an_item_that_takes_the_server_down_is_given_up(
    serving: Serving, batches: Batches, held: HeldTts, tmp_path: Path
) -> None:
    state = {"state": str(tmp_path)}
    async with serving(state, tts=held) as server, httpx.AsyncClient(base_url=server.url) as client:
        job = await batches.speak(client, "Now wait.", "Two.")
        await held.held.wait()
    with sqlite3.connect(tmp_path / "jobs" / "jobs.sqlite") as database:
        database.execute("UPDATE items SET state = 'running', begun = 3 WHERE number = 0")
    database.close()
    async with serving(state) as server, httpx.AsyncClient(base_url=server.url) as client:
        told = await batches.ended(client, job)
        assert [item["state"] for item in told["items"]] == ["failed", "done"]
        assert told["items"][0]["error"]["code"] == "gave_up"


async def test_two_servers_do_not_share_a_folder(
    serving: Serving, batches: Batches, tmp_path: Path
) -> None:
    state = {"state": str(tmp_path)}
    async with serving(state) as server, httpx.AsyncClient(base_url=server.url) as client:
        job = await batches.speak(client, "One.")
        async with serving(state) as other, httpx.AsyncClient(base_url=other.url) as second:
            answer = await second.post("/tts/batch", json={"items": [{"text": "Hi."}]})
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "jobs_unavailable")
            assert "set server.state" in answer.json()["error"]["message"]
            assert (await second.post("/tts/synthesize", json={"text": "Hi."})).is_success
        assert (await batches.ended(client, job))["counts"] == {"done": 1}


async def test_a_database_that_is_none_stops_only_batches(serving: Serving, tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "jobs.sqlite").write_text("no database" * 1000)
    async with (
        serving({"state": str(tmp_path)}) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        answer = await client.post("/tts/batch", json={"items": [{"text": "Hi."}]})
        assert answer.json()["error"]["code"] == "jobs_unavailable"
        assert (await client.post("/tts/synthesize", json={"text": "Hi."})).is_success
    assert json.loads(answer.text)


async def test_what_is_somebody_else_s_stays(
    serving: Serving, batches: Batches, tmp_path: Path
) -> None:
    orphan, other = tmp_path / "jobs" / ("0" * 32), tmp_path / "jobs" / "letters"
    for folder in (orphan, other):
        folder.mkdir(parents=True)
        (folder / "a.txt").write_text("x")
    state = {"state": str(tmp_path)}
    async with serving(state) as server, httpx.AsyncClient(base_url=server.url) as client:
        await batches.ended(client, await batches.speak(client, "One."))
    assert (orphan.exists(), other.exists()) == (False, True)
