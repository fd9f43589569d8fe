"""Batches, from a real server."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncGenerator
from contextlib import ExitStack, aclosing
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from vivavoce.engines import Speech, TtsOptions
from vivavoce.errors import EngineBusy, EngineError
from vivavoce.media.decode import read_audio
from vivavoce.testing import ScriptedStt, ScriptedTts, hush, say

if TYPE_CHECKING:
    from tests.server.conftest import Served, Serving
    from tests.server.jobs.conftest import Batches, Encoded, HeldTts

KEYS = ["vv-0123456789abcdef0123456789abcdef", "vv-fedcba9876543210fedcba9876543210"]


def files_in(folder: Path, pattern: str = "*") -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob(pattern))


async def test_texts_become_sound_files(server: Served, batches: Batches) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        job = await batches.speak(client, "One two.", "One two three four.", format="flac")
        told = await batches.ended(client, job)
        assert (told["kind"], told["state"], told["counts"]) == ("tts", "done", {"done": 2})
        assert [item["id"] for item in told["items"]] == ["text 0", "text 1"]
        for item, seconds in zip(told["items"], (0.5, 1.0), strict=True):
            answer = await client.get(item["result"]["url"])
            assert answer.headers["content-type"] == item["result"]["media_type"] == "audio/flac"
            assert read_audio(io.BytesIO(answer.content)).seconds == pytest.approx(seconds, abs=0.1)
            assert item["result"]["duration_s"] == pytest.approx(seconds)


async def test_an_item_s_own_wishes_count_for_more(server: Served, batches: Batches) -> None:
    items = [{"text": "One two."}, {"text": "One two.", "speed": 1.0}]
    async with httpx.AsyncClient(base_url=server.url) as client:
        body = {"items": items, "speed": 2.0, "sample_rate": 24_000, "voice": "other"}
        answer = await client.post("/tts/batch", json=body)
        told = await batches.ended(client, answer.headers["location"])
        results = [item["result"] for item in told["items"]]
        assert [it["duration_s"] for it in results] == [0.25, 0.5]
        assert [it["sample_rate"] for it in results] == [24_000, 24_000]


async def test_recordings_become_transcripts_in_every_form(
    serving: Serving, batches: Batches, encoded: Encoded
) -> None:
    stt = ScriptedStt("one two", "three four")
    async with serving(stt=stt) as server, httpx.AsyncClient(base_url=server.url) as client:
        files = [("a.wav", encoded()), ("b.mp3", encoded(form="mp3"))]
        job = await batches.transcribe(client, *files, format="srt")
        told = await batches.ended(client, job)
        assert [item["result"]["text"] for item in told["items"]] == ["one two", "three four"]
        assert [item["id"] for item in told["items"]] == ["a.wav", "b.mp3"]
        url = told["items"][0]["result"]["url"]
        own = await client.get(url)
        assert own.headers["content-type"].startswith("application/x-subrip")
        assert own.text.startswith("1\n00:00:00,000 --> ")
        assert (await client.get(url, params={"format": "vtt"})).text.startswith("WEBVTT")
        assert (await client.get(url, params={"format": "text"})).text == "one two\n"
        answer = (await client.get(url, params={"format": "json"})).json()
        assert answer["segments"][0]["text"] == "one two"
        assert stt.open_streams == 0


async def test_missing_words_are_told_with_their_item(
    serving: Serving, batches: Batches, encoded: Encoded
) -> None:
    async with (
        serving(stt=ScriptedStt("hm")) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        job = await batches.transcribe(client, ("a.wav", encoded(say(6.0))))
        [item] = (await batches.ended(client, job))["items"]
    assert [warning["code"] for warning in item["result"]["warnings"]] == ["words_missing"]


async def test_a_failure_of_one_item_is_that_item_s(
    serving: Serving, batches: Batches, encoded: Encoded
) -> None:
    stt = ScriptedStt("one", EngineError("the ears are gone"), "three")
    async with serving(stt=stt) as server, httpx.AsyncClient(base_url=server.url) as client:
        files = [("1", encoded()), ("2", encoded()), ("3", b"no audio"), ("4", encoded())]
        told = await batches.ended(client, await batches.transcribe(client, *files))
        assert told["counts"] == {"done": 2, "failed": 2}
        errors = [item.get("error", {}).get("code") for item in told["items"]]
        assert errors == [None, "engine_failed", "invalid_audio", None]
        assert told["items"][3]["result"]["text"] == "three"
        failed = f"/jobs/{told['id']}/items/1/transcript"
        assert (await client.get(failed)).json()["error"]["code"] == "not_done"


async def test_what_was_sent_is_deleted_once_it_is_not_needed(
    serving: Serving, batches: Batches, encoded: Encoded, tmp_path: Path
) -> None:
    async with (
        serving({"state": str(tmp_path)}) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        job = await batches.transcribe(client, ("a", encoded()), ("b", b"no audio"))
        await batches.ended(client, job)
        assert files_in(tmp_path, "*.in") == []
        assert len(files_in(tmp_path, "*.out")) == 1
        assert (await client.delete(job)).status_code == 204
        assert (await client.get(job)).status_code == 404
        assert files_in(tmp_path, "*.out") == []
        assert await (await client.get("/jobs")).aread() == b'{"jobs":[]}'


async def test_names_of_files_lead_nowhere(
    serving: Serving, batches: Batches, encoded: Encoded, tmp_path: Path
) -> None:
    names = ["../../../etc/passwd", "/etc/passwd", "C:\\x\\y.wav", "..", "a\x01b.wav", "x" * 999]
    async with (
        serving({"state": str(tmp_path / "state")}) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        job = await batches.transcribe(client, *((name, encoded()) for name in names))
        told = await batches.ended(client, job)
        assert told["counts"] == {"done": len(names)}
        ids = [item["id"] for item in told["items"]]
        assert not any("/" in name or "\\" in name or len(name) > 200 for name in ids)
        archive = await client.get(f"{job}/archive")
        listed = zipfile.ZipFile(io.BytesIO(archive.content)).namelist()
        assert len(set(listed)) == len(names) + 1
        assert not any("/" in name or ".." in name or len(name) > 80 for name in listed)
        assert {path.split("/")[0] for path in files_in(tmp_path)} == {"state"}


async def test_all_results_come_as_one_archive(server: Served, batches: Batches) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        job = await batches.speak(client, "One two.", "Three.", "🙂", format="wav")
        await batches.ended(client, job)
        answer = await client.get(f"{job}/archive")
        assert answer.headers["content-type"] == "application/zip"
        archive = zipfile.ZipFile(io.BytesIO(answer.content))
        assert archive.testzip() is None
        assert archive.namelist() == ["job.json", "0000-text-0.wav", "0001-text-1.wav"]
        assert json.loads(archive.read("job.json"))["counts"] == {"done": 2, "failed": 1}
        audio = read_audio(io.BytesIO(archive.read("0000-text-0.wav")))
        assert audio.seconds == pytest.approx(0.5, abs=0.01)


async def test_progress_is_told_as_it_is_made(
    serving: Serving, batches: Batches, held: HeldTts
) -> None:
    async with serving(tts=held) as server, httpx.AsyncClient(base_url=server.url) as client:
        job = await batches.speak(client, "One.", "Now wait.", "Three.")
        told = []
        async for name, number, data in batches.events(client, job):
            told.append((name, number, data))
            if name == "item" and (data["number"], data["state"]) == (1, "running"):
                held.may.set()
        assert told[0][0] == "job"
        assert told[-1][0] == "job"
        assert told[-1][2]["state"] == "done"
        numbers = [number for name, number, _ in told if name == "item" and number is not None]
        assert numbers == sorted(set(numbers))
        last = {data["number"]: data["state"] for name, _, data in told if name == "item"}
        assert last == {0: "done", 1: "done", 2: "done"}


async def test_who_comes_back_is_told_what_was_missed(server: Served, batches: Batches) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        job = await batches.speak(client, "One.", "Two.", "Three.")
        await batches.ended(client, job)
        all_of_it = [it async for it in batches.events(client, job)]
        items = [(number, data) for name, number, data in all_of_it if name == "item"]
        assert [data["state"] for _, data in items] == ["done"] * 3
        first = items[0][0]
        rest = [it async for it in batches.events(client, job, since=first)]
        assert [data for name, _, data in rest if name == "item"] == [data for _, data in items[1:]]
        headers = {"Last-Event-ID": str(items[-1][0])}
        assert (await client.get(f"{job}/events", headers=headers)).status_code == 204
        for nonsense in ("x", "-1", "9" * 99):
            again = await client.get(f"{job}/events", headers={"Last-Event-ID": nonsense})
            assert again.text.count("event: item") == 3


async def test_a_cancelled_job_ends_at_once_and_keeps_what_is_done(
    serving: Serving, batches: Batches, held: HeldTts, tmp_path: Path
) -> None:
    async with (
        serving({"state": str(tmp_path)}, tts=held) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        job = await batches.speak(client, "One.", "Now wait.", "Three.")
        await held.held.wait()
        told = (await client.post(f"{job}/cancel")).json()
        assert (told["state"], told["counts"]) == ("cancelled", {"done": 1, "cancelled": 2})
        assert held.running == 0
        assert (await client.get(f"{job}/items/0/audio")).status_code == 200
        assert (await client.get(f"{job}/items/1/audio")).status_code == 409
        assert len(files_in(tmp_path, "*.out")) == 1
        assert files_in(tmp_path, "*.part") == []
        again = (await client.post(f"{job}/cancel")).json()
        assert again == told
        assert await batches.ended(client, await batches.speak(client, "Others go on."))
        assert [text for text in held.spoken if text] == ["One.", "Others go on."]


async def test_another_key_s_jobs_are_not_there(serving: Serving, batches: Batches) -> None:
    async with (
        serving({"keys": KEYS}) as server,
        httpx.AsyncClient(base_url=server.url, headers={"X-API-Key": KEYS[0]}) as owner,
        httpx.AsyncClient(base_url=server.url, headers={"X-API-Key": KEYS[1]}) as other,
        httpx.AsyncClient(base_url=server.url) as nobody,
    ):
        job = await batches.speak(owner, "One.")
        await batches.ended(owner, job)
        ways = [
            ("GET", job), ("GET", f"{job}/events"), ("GET", f"{job}/items/0/audio"),
            ("GET", f"{job}/archive"), ("POST", f"{job}/cancel"), ("DELETE", job),
        ]  # fmt: skip
        for method, path in ways:
            assert (await other.request(method, path)).status_code == 404, path
            assert (await nobody.request(method, path)).status_code == 401, path
        assert (await other.get("/jobs")).json() == {"jobs": []}
        assert (await nobody.get("/jobs")).status_code == 401
        assert (await nobody.post("/tts/batch", json={})).status_code == 401
        assert (await nobody.post("/stt/batch")).status_code == 401
        assert len((await owner.get("/jobs")).json()["jobs"]) == 1


async def test_callers_take_turns(serving: Serving, batches: Batches, held: HeldTts) -> None:
    async with (
        serving({"keys": KEYS}, tts=held) as server,
        httpx.AsyncClient(base_url=server.url, headers={"X-API-Key": KEYS[0]}) as many,
        httpx.AsyncClient(base_url=server.url, headers={"X-API-Key": KEYS[1]}) as few,
    ):
        long = await batches.speak(many, "Now wait.", *("Much." for _ in range(20)))
        await held.held.wait()
        short = await batches.speak(few, "Little.")
        held.may.set()
        await batches.ended(few, short)
        await batches.ended(many, long)
        said = [text for text in held.spoken if text]
        assert said.index("Little.") <= 2


async def test_many_clients_at_once_get_each_their_own(serving: Serving, batches: Batches) -> None:
    async with serving() as server, httpx.AsyncClient(base_url=server.url) as client:

        async def one(words: int) -> None:
            job = await batches.speak(client, "Word " * words, "Word.")
            told = await batches.ended(client, job)
            seconds = [item["result"]["duration_s"] for item in told["items"]]
            assert seconds == [words / 4, 0.25]

        await asyncio.gather(*(one(words) for words in range(1, 9)))


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({}, 400, "items"),
        ({"items": []}, 400, "items"),
        ({"items": ["Hi."]}, 400, "items.0"),
        ({"items": [{"text": "Hi."}, {"text": ""}]}, 400, "items.1.text"),
        ({"items": [{"text": "Hi.", "speed": 9}]}, 400, "items.0.speed"),
        ({"items": [{"text": "Hi.", "txet": 1}]}, 400, "items.0.txet"),
        ({"items": [{"text": "Hi."}], "format": "doc"}, 400, "format"),
        ({"items": [{"text": "x" * 1_001}]}, 413, "items.0.text"),
        ({"items": [{"text": "Hi."}] * 4}, 413, "items"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_batch_that_makes_no_sense_is_refused_whole(
    serving: Serving, body: dict[str, object], status: int, param: str
) -> None:
    limits = {"job_items": 3, "text_chars": 1_000}
    async with (
        serving({"limits": limits}) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        answer = await client.post("/tts/batch", json=body)
        error = answer.json()["error"]
        assert (answer.status_code, error["param"]) == (status, param), error
        assert (await client.get("/jobs")).json() == {"jobs": []}


async def test_a_form_that_makes_no_sense_is_refused_whole(
    serving: Serving, batches: Batches, encoded: Encoded, tmp_path: Path
) -> None:
    limits = {"job_items": 3, "upload_mb": 1.0}
    async with (
        serving({"limits": limits, "state": str(tmp_path)}) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        file = ("files", ("a.wav", encoded()))
        for files, data, status, code in [
            ([file] * 4, {}, 413, "too_many_items"),
            ([("files", ("a.wav", b"x"))] * 50, {}, 413, "too_many_items"),
            ([("other", ("a.wav", b"x"))], {}, 400, "missing_required_parameter"),
            ([("files", ("a.wav", b""))], {}, 400, "invalid_audio"),
            ([file], {"format": "doc"}, 400, "invalid_value"),
            ([file], {"nonsense": "1"}, 400, "invalid_value"),
            ([("files", ("a.wav", bytes(1_000_001)))], {}, 413, "body_too_large"),
        ]:
            answer = await client.post("/stt/batch", files=files, data=data)
            error = answer.json()["error"]
            assert (answer.status_code, error["code"]) == (status, code), error
        for content in (b"", b"{}"):
            assert (await client.post("/stt/batch", content=content)).status_code == 400
        assert (await client.get("/jobs")).json() == {"jobs": []}
        assert files_in(tmp_path, "*.in") == []
        assert await batches.ended(client, await batches.transcribe(client, ("a", encoded())))


async def test_a_small_file_with_hours_in_it_fails_alone(
    serving: Serving, batches: Batches, encoded: Encoded
) -> None:
    bomb = encoded(hush(1_800.0, rate=8_000), form="flac")
    assert len(bomb) < 1_000_000
    async with (
        serving({"limits": {"audio_s": 60.0}}, stt=ScriptedStt("fine")) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        job = await batches.transcribe(client, ("bomb.flac", bomb), ("a.wav", encoded()))
        told = await batches.ended(client, job)
        assert told["items"][0]["error"]["code"] == "audio_too_long"
        assert told["items"][1]["result"]["text"] == "fine"


async def test_no_more_jobs_are_kept_than_may_be(serving: Serving, batches: Batches) -> None:
    async with (
        serving({"limits": {"jobs": 2}}) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        first = await batches.speak(client, "One.")
        await batches.speak(client, "Two.")
        answer = await client.post("/tts/batch", json={"items": [{"text": "Three."}]})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "too_many_jobs")
        assert int(answer.headers["retry-after"]) > 0
        assert (await client.post("/stt/batch")).status_code == 503
        await client.delete(first)
        await batches.speak(client, "Three.")


async def test_jobs_go_when_they_were_kept_long_enough(
    serving: Serving, batches: Batches, tmp_path: Path
) -> None:
    async with (
        serving({"state": str(tmp_path)}) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        await batches.ended(client, await batches.speak(client, "One."))
    limits = {"job_kept_s": 0.0}
    async with (
        serving({"state": str(tmp_path), "limits": limits}) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        async with asyncio.timeout(20):
            while (await client.get("/jobs")).json()["jobs"] or files_in(tmp_path, "*.out"):
                await server.app.state.jobs.news.next().within(1.0)


async def test_items_and_jobs_that_are_not_there_are_not_found(
    server: Served, batches: Batches
) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        assert (await client.get("/jobs/nothing")).status_code == 404
        job = await batches.speak(client, "One.")
        await batches.ended(client, job)
        for path in ("items/1/audio", "items/0/transcript", "items/2147483648/audio"):
            answer = await client.get(f"{job}/{path}")
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
        assert (await client.get(f"{job}/items/-1/audio")).status_code == 400
        assert (await client.get(f"{job}/items/{10**30}/audio")).status_code == 400
        assert (await client.get("/jobs/..%2F..%2Fetc/archive")).status_code == 404


async def test_a_server_without_batches_makes_no_folder(serving: Serving, tmp_path: Path) -> None:
    async with (
        serving({"state": str(tmp_path / "state")}) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        assert (await client.get("/jobs")).json() == {"jobs": []}
    assert files_in(tmp_path) == []


async def test_a_server_that_can_keep_nothing_says_so_and_serves_on(
    serving: Serving, tmp_path: Path
) -> None:
    (tmp_path / "state").write_text("no folder")
    async with (
        serving({"state": str(tmp_path / "state")}, tts=ScriptedTts()) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        answer = await client.post("/tts/batch", json={"items": [{"text": "Hi."}]})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "jobs_unavailable")
        assert str(tmp_path) not in answer.text
        assert (await client.post("/tts/synthesize", json={"text": "Hi."})).status_code == 200


async def test_only_so_many_clients_follow_jobs(serving: Serving, batches: Batches) -> None:
    async with serving() as server, httpx.AsyncClient(base_url=server.url) as client:
        job = await batches.speak(client, "One.")
        await batches.ended(client, job)
        with ExitStack() as stack:
            for _ in range(100):
                stack.enter_context(server.app.state.jobs.listener())
            answer = await client.get(f"{job}/events")
            assert (answer.status_code, answer.json()["error"]["code"]) == (
                503,
                "too_many_listeners",
            )
        assert (await client.get(f"{job}/events")).status_code == 200


async def test_a_busy_engine_is_asked_again(serving: Serving, batches: Batches) -> None:
    tts = BusyTts()
    async with serving(tts=tts) as server, httpx.AsyncClient(base_url=server.url) as client:
        told = await batches.ended(client, await batches.speak(client, "One."))
        assert told["counts"] == {"done": 1}
        assert not tts.busy


class BusyTts(ScriptedTts):
    """Has no time for the first phrase."""

    busy = True

    async def speak(self, phrase: str, options: TtsOptions) -> AsyncGenerator[Speech, None]:
        if phrase and self.busy:
            self.busy = False
            raise EngineBusy("too many wait")
        async with aclosing(super().speak(phrase, options)) as pieces:
            async for piece in pieces:
                yield piece
