"""Models that are loaded while the server runs, and requests that name them."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.server.selection.loading import (
    Ears,
    Mind,
    Mouth,
    engines,
    load,
    own_store,
    put,
    shelve,
    unload,
)
from vivavoce.audio import Audio
from vivavoce.errors import EngineError, ModelError
from vivavoce.media.decode import write_audio
from vivavoce.settings import SessionSettings
from vivavoce.testing import ScriptedLlm, ScriptedStt, say

if TYPE_CHECKING:
    from tests.server.conftest import Served, Serving

USER = [{"role": "user", "content": "Hi."}]


def encoded(audio: Audio) -> bytes:
    file = io.BytesIO()
    write_audio(audio, file, format="wav")
    return file.getvalue()


QUESTION = encoded(say(1.0))


class Broken(Ears):
    """Cannot be loaded."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    async def load(self) -> None:
        raise self.error


class Deaf(Ears):
    """Is loaded, but does not work."""

    async def open(self, options: object) -> Any:
        raise EngineError("whisper:tiny: deaf")


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    store = own_store(tmp_path, monkeypatch)
    for name in ("whisper-tiny", "whisper-base", "smollm2-360m"):
        put(store, name)
    return store


@pytest.fixture
async def server(serving: Serving) -> AsyncIterator[Served]:
    stt, llm = ScriptedStt(*["the usual one"] * 9), ScriptedLlm(answer=lambda _: "As usual.")
    async with serving(stt=stt, llm=llm) as server:
        yield server


@pytest.fixture
async def client(server: Served) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
        yield client


async def heard(client: httpx.AsyncClient, model: str = "") -> dict[str, Any]:
    answer = await client.post("/stt/transcribe", params={"model": model}, content=QUESTION)
    told: dict[str, Any] = answer.json()
    return told


def chat(model: str, **fields: object) -> dict[str, object]:
    return {"model": model, "messages": USER, **fields}


async def test_a_model_that_is_loaded_serves_those_who_name_it_until_it_is_unloaded(
    server: Served, client: httpx.AsyncClient
) -> None:
    ears = Ears(*["quite another"] * 9)
    shelve(server, ears)
    assert (await heard(client, "whisper:tiny"))["error"]["code"] == "model_not_found"
    told = await load(client, "whisper-tiny")
    assert told == {"model": "whisper-tiny", "loaded": True, "engine": "whisper:tiny"}
    for name in ("whisper:tiny", "whisper-tiny"):
        answer = await heard(client, name)
        assert (answer["text"], answer["engine"]) == ("quite another", "whisper:tiny")
        form = {"model": name}
        files = {"file": ("a.wav", QUESTION)}
        answer = (await client.post("/v1/audio/transcriptions", data=form, files=files)).json()
        assert answer["text"] == "quite another"
    assert (await heard(client))["text"] == (await heard(client, "whisper-1"))["text"]
    assert (await heard(client))["engine"] == "scripted"
    assert await unload(client, "whisper-tiny") == {
        "model": "whisper-tiny", "loaded": False, "engine": "whisper:tiny",
    }  # fmt: skip
    assert ears.closed
    assert ears.open_streams == 0
    missing = await heard(client, "whisper:tiny")
    assert missing["error"]["code"] == "model_not_found"
    assert "/audio/models/load" in missing["error"]["message"]


async def test_what_is_loaded_is_listed_everywhere(
    server: Served, client: httpx.AsyncClient
) -> None:
    async def listed() -> list[bool]:
        models = (await client.get("/audio/models")).json()["models"]
        health = (await client.get("/audio/health")).json()["engines"]
        named = (await client.get("/v1/models")).json()["data"]
        audio = (await client.get("/v1/audio/models")).json()["data"]
        stt = (await client.get("/stt/models")).json()
        up = (await client.get("/metrics")).text
        return [
            next(model["loaded"] for model in models if model["name"] == "whisper-tiny"),
            "whisper:tiny" in await engines(client),
            "whisper:tiny" in [engine["name"] for engine in health],
            {"whisper:tiny", "whisper-tiny"} <= {model["id"] for model in named},
            "whisper:tiny" in [model["root"] for model in audio],
            "whisper:tiny" in [model["id"] for model in stt["models"]],
            stt["aliases"].get("whisper-tiny") == "whisper:tiny",
            'vivavoce_engine_up{engine="whisper:tiny",kind="stt"} 1.0' in up,
        ]

    shelve(server, Ears())
    assert not any(await listed())
    await load(client, "whisper-tiny")
    assert all(await listed())
    told = await engines(client)
    assert told["whisper:tiny"] == {
        "kind": "stt", "name": "whisper:tiny", "state": "ready", "configured": False, "users": 0,
    }  # fmt: skip
    assert told["scripted"]["configured"]
    await unload(client, "whisper:tiny")
    assert not any(await listed())


async def test_a_voice_that_is_loaded_speaks_with_its_own_voices(serving: Serving) -> None:
    settings = {"voices": {"grandma": "other"}}
    async with (
        serving(settings) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        await load(client, "espeak-ng:de")
        speech = {"model": "espeak-ng:de", "text": "Guten Tag."}
        answer = await client.post("/tts/synthesize", json=speech)
        assert (answer.status_code, answer.headers["x-engine"]) == (200, "espeak-ng:de")
        assert answer.headers["x-sample-rate"] == "22050"
        assert answer.headers["x-voice"] == "de"
        body = {"model": "espeak-ng:de", "voice": "nova", "input": "Hi.", "response_format": "pcm"}
        assert (await client.post("/v1/audio/speech", json=body)).status_code == 200
        voices = (await client.get("/tts/voices?model=espeak-ng:de")).json()
        assert (voices["engine"], voices["voices"][0]["id"]) == ("espeak-ng:de", "de")
        assert "grandma" not in voices["aliases"]
        assert "nova" in voices["aliases"]
        names = (await client.get("/v1/audio/voices?model=espeak-ng:de")).json()["voices"]
        assert "de+f1" in [voice["id"] for voice in names]
        refused = await client.post("/tts/synthesize", json={**speech, "voice": "grandma"})
        assert refused.json()["error"]["param"] == "voice"
        usual = (await client.get("/tts/voices")).json()
        assert (usual["engine"], usual["aliases"]["grandma"]) == ("scripted", "other")
        await unload(client, "espeak-ng:de")
        answer = await client.post("/tts/synthesize", json={"text": "Still here."})
        assert answer.headers["x-engine"] == "scripted"


async def test_the_configured_voice_and_language_are_the_configured_engine_s_alone(
    serving: Serving,
) -> None:
    async with serving() as server, httpx.AsyncClient(base_url=server.url) as client:
        usual = SessionSettings(voice="other", language="en")
        server.service.config = replace(server.service.config, session=usual)
        await load(client, "espeak-ng:de")
        for model, voice in (("espeak-ng:de", "de"), ("", "other")):
            answer = await client.post("/tts/synthesize", json={"text": "Hi.", "model": model})
            assert (answer.status_code, answer.headers["x-voice"]) == (200, voice)
            body = {"input": "Hi.", "model": model or "tts-1"}
            assert (await client.post("/v1/audio/speech", json=body)).status_code == 200


async def test_a_mind_that_is_loaded_answers_those_who_name_it(
    server: Served, client: httpx.AsyncClient
) -> None:
    shelve(server, Mind("I am larger."))
    await load(client, "smollm2-360m")
    for stream in (False, True):
        body = chat("smollm2-360m", stream=stream)
        answer = await client.post("/v1/chat/completions", json=body)
        assert "larger." in answer.text
        assert '"model":"llama-cpp:smollm2-360m"' in answer.text
    usual = (await client.post("/v1/chat/completions", json=chat("gpt-4o"))).json()
    assert usual["choices"][0]["message"]["content"] == "As usual."
    await unload(client, "smollm2-360m")
    gone = await client.post("/v1/chat/completions", json=chat("smollm2-360m"))
    assert (gone.status_code, gone.json()["error"]["param"]) == (404, "model")


async def test_a_spoken_question_may_name_all_three(
    server: Served, client: httpx.AsyncClient
) -> None:
    shelve(server, Ears("a trial", "what time is it"), Mind("It is noon."), Mouth())
    for name in ("whisper:tiny", "llama-cpp:smollm2-360m", "espeak-ng:de"):
        await load(client, name)
    names = {"stt": "whisper:tiny", "llm": "smollm2-360m", "tts": "espeak-ng:de"}
    recording = encoded(say(1.2))
    answer = (await client.post("/voice-chat", params=names, content=recording)).json()
    assert (answer["heard"], answer["reply"]) == ("what time is it", "It is noon.")
    assert answer["engines"] == {**names, "llm": "llama-cpp:smollm2-360m"}
    refused = await client.post("/voice-chat", params={"tts": "piper"}, content=recording)
    assert (refused.status_code, refused.json()["error"]["param"]) == (404, "tts")


async def test_batches_may_name_a_model(server: Served, client: httpx.AsyncClient) -> None:
    responder = Mouth()
    shelve(server, Ears("quite another"), responder)
    await load(client, "whisper:tiny")
    await load(client, "espeak-ng:de")
    spoken = await client.post(
        "/tts/batch", json={"items": [{"text": "One."}], "model": "espeak-ng:de"}
    )
    sent = {"files": ("a.wav", QUESTION)}
    written = await client.post("/stt/batch", files=sent, data={"model": "whisper-tiny"})
    for job in (spoken, written):
        events = await client.get(f"{job.headers['location']}/events")
        assert events.status_code == 200
        (item,) = (await client.get(job.headers["location"])).json()["items"]
        assert item["state"] == "done"
        assert item["result"]["engine"] in ("espeak-ng:de", "whisper:tiny")
    assert responder.spoken[-1] == "One."
    for refused in (
        await client.post("/tts/batch", json={"items": [{"text": "One."}], "model": "piper"}),
        await client.post("/stt/batch", files=sent, data={"model": "whisper:base"}),
    ):
        assert (refused.status_code, refused.json()["error"]["code"]) == (404, "model_not_found")


async def test_a_request_under_way_ends_before_its_model_goes(
    server: Served, client: httpx.AsyncClient
) -> None:
    mind = Mind("Take your time.")
    shelve(server, mind)
    await load(client, "smollm2-360m")
    mind.hold = asyncio.Event()
    body = chat("smollm2-360m", stream=True)
    asked = asyncio.create_task(client.post("/v1/chat/completions", json=body))
    await until(lambda: mind.running == 1)
    going = asyncio.create_task(unload(client, "smollm2-360m"))
    await until(lambda: "unloading" in [extra.state for extra in server.service.loaded_engines])
    told = (await engines(client))["llama-cpp:smollm2-360m"]
    assert (told["state"], told["users"]) == ("unloading", 1)
    refused = await client.post("/v1/chat/completions", json=body)
    assert refused.status_code == 404, "no new request is begun with it"
    busy = await client.post("/audio/models/load", json={"model": "smollm2-360m"})
    assert (busy.status_code, busy.json()["error"]["code"]) == (503, "busy")
    assert not mind.closed
    mind.hold.set()
    assert '"content":" time."' in (await asked).text
    assert not (await going)["loaded"]
    assert mind.closed


async def test_a_client_that_leaves_while_its_model_is_freed_changes_nothing(
    server: Served, client: httpx.AsyncClient
) -> None:
    mind = Mind("Take your time.")
    shelve(server, mind)
    await load(client, "smollm2-360m")
    mind.hold = asyncio.Event()
    asked = asyncio.create_task(client.post("/v1/chat/completions", json=chat("smollm2-360m")))
    await until(lambda: mind.running == 1)
    with pytest.raises(httpx.ReadTimeout):
        await client.post("/audio/models/unload", json={"model": "smollm2-360m"}, timeout=0.1)
    mind.hold.set()
    assert (await asked).status_code == 200
    await until(lambda: mind.closed)
    assert list(server.service.loaded_engines) == []


async def until(true: Any) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.002)


@pytest.mark.parametrize(
    ("ears", "status", "code"),
    [
        (Broken(ModelError("whisper: its weights are broken; pull it anew")), 503,
         "engine_unavailable"),
        (Broken(OSError("disk on fire")), 500, "internal_error"),
        (Deaf(), 500, "engine_failed"),
    ],
)  # fmt: skip
async def test_a_model_that_cannot_be_loaded_says_why_and_leaves_nothing(
    server: Served, client: httpx.AsyncClient, ears: Ears, status: int, code: str
) -> None:
    shelve(server, ears)
    answer = await client.post("/audio/models/load", json={"model": "whisper:tiny"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert ears.closed
    assert "whisper:tiny" not in await engines(client)
    assert (await heard(client))["text"] == "the usual one", "the others go on"


async def test_past_the_bound_one_has_to_go_first(
    server: Served, client: httpx.AsyncClient
) -> None:
    first, second = Ears(name="whisper:tiny"), Ears(name="whisper:base")
    shelve(server, first, second, most=1)
    await load(client, "whisper:tiny")
    answer = await client.post("/audio/models/load", json={"model": "whisper:base"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "too_many_engines")
    assert "whisper:tiny" in answer.json()["error"]["message"]
    await unload(client, "whisper-tiny")
    await load(client, "whisper:base")


async def test_a_server_that_ends_frees_what_was_loaded(serving: Serving) -> None:
    ears = Ears()
    async with serving() as server, httpx.AsyncClient(base_url=server.url) as client:
        shelve(server, ears)
        await load(client, "whisper:tiny")
    assert ears.closed


async def test_a_client_that_leaves_in_mid_load_leaves_a_loaded_model(
    server: Served, client: httpx.AsyncClient
) -> None:
    class Slow(Ears):
        may = asyncio.Event()

        async def load(self) -> None:
            await self.may.wait()

    ears = Slow()
    shelve(server, ears)
    with pytest.raises(httpx.ReadTimeout):
        await client.post("/audio/models/load", json={"model": "whisper:tiny"}, timeout=0.1)
    assert (await engines(client))["whisper:tiny"]["state"] == "loading"
    busy = await client.post("/audio/models/load", json={"model": "whisper-tiny"})
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "5")
    assert (await heard(client, "whisper:tiny"))["error"]["code"] == "model_not_found"
    ears.may.set()
    await until(lambda: [extra.state for extra in server.service.loaded_engines] == ["ready"])
