"""Weights over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.models.conftest import FileServer, serve
from tests.server.selection.loading import own_store, put
from vivavoce.testing import ScriptedStt

if TYPE_CHECKING:
    from tests.server.conftest import Served, Serving

KEY = "vv-0123456789abcdef0123456789abcdef"


class Moonshine(ScriptedStt):
    """Goes by the name of an engine that runs a model of the catalog."""

    name = "moonshine:tiny-en"


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return own_store(tmp_path, monkeypatch)


def nothing_at(path: Path) -> None:
    assert not path.exists()


@pytest.fixture
async def client(serving: Serving) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        serving(stt=Moonshine()) as server,
        httpx.AsyncClient(base_url=f"{server.url}/audio", timeout=60) as client,
    ):
        yield client


async def events(client: httpx.AsyncClient, model: str) -> list[tuple[str, Any]]:
    """What is told of a pull."""
    found, name = [], ""
    async with client.stream("POST", "/models/pull", json={"model": model}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        async for line in answer.aiter_lines():
            field, _, value = line.partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                found.append((name, json.loads(value)))
    return found


async def test_models_are_listed_with_what_is_here_and_what_runs(
    client: httpx.AsyncClient, store: Path
) -> None:
    put(store, "whisper-tiny")
    told = (await client.get("/models")).json()
    models = {model["name"]: model for model in told["models"]}
    assert models["moonshine-tiny-en"]["loaded"]
    assert not models["moonshine-base-en"]["loaded"]
    assert models["whisper-tiny"]["installed"]
    assert models["whisper-tiny"]["size_bytes"] == 7
    assert not models["whisper-base"]["installed"]
    assert models["whisper-base"]["size_bytes"] > 1_000_000
    assert {engine["kind"] for engine in told["engines"]} == {"vad", "turn", "stt", "llm", "tts"}
    assert str(store) not in json.dumps(told)


async def test_a_model_that_is_here_is_pulled_at_once(
    client: httpx.AsyncClient, store: Path
) -> None:
    put(store, "whisper-tiny")
    told = await events(client, "whisper-tiny")
    assert told == [("done", {"model": "whisper-tiny"})]


async def test_a_pull_that_fails_says_why_and_the_next_may_begin(
    client: httpx.AsyncClient, store: Path
) -> None:
    for _ in range(2):
        *_, (name, body) = await events(client, "silero-vad")
        assert name == "error"
        assert body["error"]["code"] == "engine_unavailable"
        assert "silero-vad" in body["error"]["message"]
    assert not (store / "silero-vad").exists()


async def test_one_model_is_pulled_at_a_time(client: httpx.AsyncClient, store: Path) -> None:
    put(store, "whisper-tiny")
    async with client.stream("POST", "/models/pull", json={"model": "silero-vad"}) as first:
        answer = await client.post("/models/pull", json={"model": "whisper-tiny"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "busy")
        assert "event: error" in (await first.aread()).decode()
    async with asyncio.timeout(20):
        while (
            await client.post("/models/pull", json={"model": "whisper-tiny"})
        ).status_code != 200:
            pass


async def test_a_pull_stops_when_its_client_leaves(
    client: httpx.AsyncClient, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, "whisper-tiny")
    name = "silero_vad-6.2.3-py3-none-any.whl"
    index = f'<a href="/{name}">{name}</a>'.encode()
    wheels = FileServer({"/": index, f"/{name}": bytes(4_000_000)}, {"/": "text/html"})
    wheels.stalling = ".whl"
    stop = serve(wheels)
    try:
        monkeypatch.setenv("PIP_FIND_LINKS", f"{wheels.url}/")
        monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
        async with client.stream("POST", "/models/pull", json={"model": "silero-vad"}) as answer:
            lines = answer.aiter_lines()
            assert await anext(lines) == "event: progress"
            told = json.loads((await anext(lines)).removeprefix("data: "))
            assert told["label"].startswith("silero-vad")
            await asyncio.to_thread(wheels.halfway.wait, 60)
            busy = await client.post("/models/pull", json={"model": "whisper-tiny"})
            assert busy.status_code == 503
        async with asyncio.timeout(60):
            while (
                await client.post("/models/pull", json={"model": "whisper-tiny"})
            ).status_code != 200:
                pass
    finally:
        stop()
    assert not any(path.name.endswith(".whl") for path in files_in(store))


def files_in(folder: Path) -> list[Path]:
    return list(folder.rglob("*"))


@pytest.mark.parametrize(
    "name",
    ["nothing", "/etc/passwd", "../store", "hf:org/repo", "http://127.0.0.1:1/x.bin", "~"],
)
@pytest.mark.parametrize("way", ["pull", "load", "unload"])
async def test_only_known_names_are_taken(
    client: httpx.AsyncClient, way: str, name: str, store: Path
) -> None:
    answer = await client.post(f"/models/{way}", json={"model": name})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")
    await asyncio.to_thread(nothing_at, store)


@pytest.mark.parametrize(
    ("way", "name", "status", "code"),
    [
        ("load", "moonshine-tiny-en", 200, None),
        ("load", "moonshine:tiny-en", 200, None),
        ("load", "moonshine", 200, None),
        ("unload", "whisper-tiny", 200, None),
        ("unload", "whisper:tiny", 200, None),
        ("load", "whisper-tiny", 404, "model_not_installed"),
        ("load", "whisper:larg", 404, "model_not_found"),
        ("load", "smart-turn-v3.2", 400, "not_loadable"),
        ("load", "openai:gpt-4o", 400, "not_loadable"),
        ("unload", "moonshine-tiny-en", 409, "configured"),
        ("unload", "moonshine:tiny-en", 409, "configured"),
        ("unload", "moonshine", 409, "configured"),
        ("unload", "wisper:tiny", 404, "model_not_found"),
    ],
)
async def test_what_the_configuration_names_stays_and_what_cannot_be_had_is_said(
    client: httpx.AsyncClient, way: str, name: str, status: int, code: str | None
) -> None:
    answer = await client.post(f"/models/{way}", json={"model": name})
    told = answer.json()
    assert (answer.status_code, told.get("error", {}).get("code")) == (status, code)
    if status == 200:
        assert (told["model"], told["loaded"]) == (name, way == "load")
    elif status == 409:
        assert "cannot be unloaded" in told["error"]["message"]
    assert len((await client.get("/models")).json()["engines"]) == 5


@pytest.mark.parametrize("body", [{}, {"model": ""}, {"model": "x" * 201}, {"model": 1}, []])
async def test_a_request_that_makes_no_sense_is_refused(
    client: httpx.AsyncClient, body: object
) -> None:
    for way in ("pull", "load", "unload"):
        assert (await client.post(f"/models/{way}", json=body)).status_code == 400


async def test_a_key_is_needed_where_there_are_keys(serving: Serving) -> None:
    async with (
        serving({"keys": [KEY]}) as server,
        httpx.AsyncClient(base_url=f"{server.url}/audio") as client,
    ):
        assert (await client.get("/models")).status_code == 401
        for way in ("pull", "load", "unload"):
            answer = await client.post(f"/models/{way}", json={"model": "whisper-tiny"})
            assert answer.status_code == 401
        assert (await client.get("/models", headers={"X-API-Key": KEY})).status_code == 200


async def test_models_are_listed_before_the_engines_are_there(server: Served) -> None:
    server.service.loaded = None
    async with httpx.AsyncClient(base_url=server.url) as client:
        told = (await client.get("/audio/models")).json()
        early = await client.post("/audio/models/load", json={"model": "espeak-ng:de"})
    assert (early.status_code, early.json()["error"]["code"]) == (503, "not_ready")
    assert {engine["state"] for engine in told["engines"]} == {"loading"}
    assert not any(model["loaded"] for model in told["models"])
