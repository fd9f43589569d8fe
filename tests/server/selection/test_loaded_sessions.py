"""Sessions that name a model which was loaded while the server runs: they keep it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.server.realtime.wire import are_left, open_wire
from tests.server.selection.loading import Ears, Mind, Mouth, load, own_store, put, shelve, unload
from tests.server.webrtc.peer import open_peer
from vivavoce.audio import to_pcm16
from vivavoce.testing import hush, say

if TYPE_CHECKING:
    from tests.server.conftest import Served

Told: TypeAlias = dict[str, Any]
ALL = {"stt": "whisper:tiny", "llm": "smollm2-360m", "tts": "espeak-ng:de"}


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = own_store(tmp_path, monkeypatch)
    put(store, "whisper-tiny")
    put(store, "smollm2-360m")


@pytest.fixture
async def client(server: Served) -> AsyncIterator[httpx.AsyncClient]:
    """Of a server that has all three."""
    shelve(server, Ears(*["quite another"] * 9), Mind("I am larger."), Mouth())
    async with httpx.AsyncClient(base_url=server.url) as client:
        for name in ALL.values():
            await load(client, name)
        yield client


@asynccontextmanager
async def socket_of(server: Served, path: str, **start: object) -> AsyncIterator[ClientConnection]:
    async with connect(f"{server.ws_url}{path}", compression=None) as socket:
        await socket.send(json.dumps({"type": "start", **start}))
        yield socket


async def until(socket: ClientConnection, name: str) -> Told:
    async with asyncio.timeout(20):
        while True:
            message = await socket.recv()
            told: Told = json.loads(message) if isinstance(message, str) else {"event": ""}
            if told["event"] == name:
                return told


async def test_streams_name_who_hears_and_who_speaks(
    server: Served, client: httpx.AsyncClient
) -> None:
    assert not client.is_closed
    async with socket_of(server, "/stt/stream", model="whisper-tiny") as socket:
        assert (await until(socket, "Started"))["engine"] == "whisper:tiny"
        for audio in (hush(0.3), say(0.5), hush(1.5)):
            await socket.send(to_pcm16(audio.samples))
        assert (await until(socket, "Final"))["text"] == "quite another"
    async with socket_of(server, "/tts/stream", model="espeak-ng:de") as socket:
        assert (await until(socket, "Started"))["engine"] == "espeak-ng:de"
    for path in ("/stt/stream", "/tts/stream"):
        async with socket_of(server, path, model="nobody") as socket:
            refused = await until(socket, "Error")
            assert (refused["code"], refused["param"]) == ("model_not_found", "model")


async def test_a_conversation_keeps_its_engines_until_it_ends(
    server: Served, client: httpx.AsyncClient
) -> None:
    mine = list(server.service.loaded_engines)
    async with socket_of(server, "/voice", **ALL) as socket:
        engines = (await until(socket, "Started"))["engines"]
        assert {kind: engines[kind] for kind in ALL} == {**ALL, "llm": "llama-cpp:smollm2-360m"}
        going = [asyncio.create_task(unload(client, name)) for name in ALL.values()]
        while {extra.state for extra in mine} != {"unloading"}:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0)
        await socket.send(json.dumps({"type": "text", "text": "Hi."}))
        assert (await until(socket, "ReplyEnded"))["heard"] == "I am larger."
        assert not any(task.done() for task in going)
    await asyncio.gather(*going)
    assert list(server.service.loaded_engines) == []
    async with socket_of(server, "/voice", llm="smollm2-360m") as socket:
        assert (await until(socket, "Error"))["param"] == "llm"


async def test_a_realtime_session_thinks_with_the_model_that_it_names(
    server: Served, client: httpx.AsyncClient
) -> None:
    async with open_wire(server, "?model=llama-cpp:smollm2-360m") as wire:
        await wire.write("Who are you?")
        assert await wire.answered() == "I am larger."
        going = asyncio.create_task(unload(client, "smollm2-360m"))
        await wire.write("Still?")
        assert await wire.answered() == "I am larger."
    await going
    async with open_wire(server, "?model=llama-cpp:smollm2-360m") as wire:
        await wire.write("And now?")
        assert await wire.answered() == "You said: And now?."
    await are_left(server, 0)


async def test_so_does_a_call(server: Served, client: httpx.AsyncClient) -> None:
    assert not client.is_closed
    async with open_peer() as peer:
        session = '{"type": "realtime", "model": "smollm2-360m"}'
        await peer.call(f"{server.url}/v1/realtime/calls", session=session)
        async with asyncio.timeout(20):
            await peer.opened.wait()
            assert [extra.leases for extra in server.service.loaded_engines] == [0, 1, 0]
    await are_left(server, 0)
    assert [extra.leases for extra in server.service.loaded_engines] == [0, 0, 0]
