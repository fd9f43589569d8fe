"""Whatever clients send, the answer is the protocol's own error, and the connection goes on."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from websockets.asyncio.client import connect

from tests.server.realtime.wire import open_wire
from vivavoce.server.wyoming.server import wyoming_server

if TYPE_CHECKING:
    from tests.server.conftest import Served, Serving

ODD: list[Any] = [
    None, True, -1, 0, 1e308, 10**400, "", "\ud800", "a\udfffb", "\x00", "x" * 5_000, [], {},
    ["message"], {"type": "message"}, [[[[]]]], "auto", "inf", "none", "$", "../..", 2**63, -0.0,
]  # fmt: skip
DEEP = "[" * 5_000 + "]" * 5_000
REALTIME: list[dict[str, Any]] = [
    {"type": "session.update", "session": {
        "type": "realtime", "instructions": "Be brief.", "tools": [
            {"type": "function", "name": "f", "parameters": {"type": "object"}}],
        "tool_choice": "auto", "output_modalities": ["text"], "max_output_tokens": 10,
        "audio": {"input": {"format": {"type": "audio/pcm", "rate": 24000},
                            "turn_detection": {"type": "server_vad", "threshold": 0.5},
                            "transcription": {"model": "whisper-1", "language": "en"}},
                  "output": {"voice": "alloy", "speed": 1.0}}}},
    {"type": "conversation.item.create", "item": {
        "id": "i", "type": "message", "role": "user",
        "content": [{"type": "input_text", "text": "hello"}]}, "previous_item_id": "root"},
    {"type": "conversation.item.create", "item": {
        "type": "function_call_output", "call_id": "c", "output": "{}"}},
    {"type": "conversation.item.create", "item": {
        "type": "message", "role": "user",
        "content": [{"type": "input_audio", "audio": "AAAA"}]}},
    {"type": "conversation.item.truncate", "item_id": "i", "content_index": 0, "audio_end_ms": 1},
    {"type": "conversation.item.delete", "item_id": "i"},
    {"type": "conversation.item.retrieve", "item_id": "i"},
    {"type": "input_audio_buffer.append", "audio": "AAAA"},
    {"type": "input_audio_buffer.commit"},
    {"type": "response.create", "response": {
        "conversation": "none", "metadata": {"a": "b"}, "input": [
            {"type": "item_reference", "id": "i"},
            {"type": "message", "role": "user", "content": [{"text": "x"}]}]}},
    {"type": "response.cancel", "response_id": "r"},
]  # fmt: skip
REQUESTS: list[tuple[str, dict[str, Any]]] = [
    ("/v1/chat/completions", {
        "model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}],
        "tool_choice": "auto", "stop": ["x"], "stream": False, "max_tokens": 5, "temperature": 1}),
    ("/v1/audio/speech", {
        "model": "tts-1", "input": "Hello.", "voice": "alloy", "response_format": "wav"}),
    ("/tts/synthesize", {"text": "Hello.", "voice": "tone", "speed": 1.0, "format": "wav"}),
    ("/tts/batch", {"items": [{"text": "Hello."}], "format": "wav"}),
    ("/v1/realtime/client_secrets", {
        "expires_after": {"anchor": "created_at", "seconds": 60},
        "session": {"type": "realtime", "instructions": "x", "tools": []}}),
]  # fmt: skip
VOICE: list[dict[str, Any]] = [
    {"type": "user_text", "text": "hello"},
    {"type": "say", "text": "hello"},
    {"type": "configure", "session": {"speed": 1.0, "turns": {"barge_in": True}}},
    {"type": "mute", "muted": True},
    {"type": "ping", "id": 1},
    {"type": "commit"},
]


def paths(data: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in the data but the whole of it."""
    inner = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in inner:
        yield (*at, key)
        if isinstance(value, dict | list):
            yield from paths(value, (*at, key))


def with_value(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy that has this value there."""
    copy = json.loads(json.dumps(data))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return copy


def mutations(samples: list[dict[str, Any]], seed: int, each: int) -> Iterator[str]:
    """The samples as JSON, with odd values here and there."""
    chance = random.Random(seed)
    for sample in samples:
        for path in paths(sample):
            for value in chance.sample(ODD, each):
                yield json.dumps(with_value(sample, path, value))
        path = chance.choice(list(paths(sample)))
        yield json.dumps(with_value(sample, path, "DEEP")).replace('"DEEP"', DEEP)
        yield json.dumps(sample)[:-2]


@pytest.fixture
def no_errors(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing went wrong that nobody foresaw."""
    yield
    assert not [record.getMessage() for record in caplog.records if record.exc_info]


async def test_realtime_events_never_end_the_session(server: Served, no_errors: None) -> None:
    async with open_wire(server) as wire:
        for number, message in enumerate(mutations(REALTIME, 1, 3)):
            await wire.socket.send(message)
            if number % 25 == 0:
                await wire.tell("conversation.item.retrieve", item_id="-", event_id=f"n{number}")
                async with asyncio.timeout(20):
                    while (await wire.error())["event_id"] != f"n{number}":
                        pass
        codes = {event["error"]["code"] for event in wire.of("error")}
        assert "internal_error" not in codes
        assert {"invalid_type", "invalid_value", "invalid_json"} <= codes


@pytest.mark.parametrize(("path", "body"), REQUESTS)
async def test_bodies_are_answered_or_refused(
    server: Served, no_errors: None, path: str, body: dict[str, Any]
) -> None:
    headers = {"Content-Type": "application/json"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=20) as client:
        for message in mutations([body], 2, 4):
            answer = await client.post(path, content=message.encode())
            assert answer.status_code < 500 or answer.status_code in {501, 503}, (
                message[:300],
                answer.text,
            )
            if answer.status_code >= 400:
                assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


async def test_messages_of_a_voice_socket_never_end_it(server: Served, no_errors: None) -> None:
    async with connect(f"{server.ws_url}/voice") as socket:
        await socket.send(json.dumps({"type": "start"}))
        for message in mutations(VOICE, 3, 4):
            if '"end"' not in message:
                await socket.send(message)
        await socket.send(bytes(3))
        await socket.send(json.dumps({"type": "ping", "id": "last"}))
        async with asyncio.timeout(20):
            async for told in socket:
                if isinstance(told, str) and json.loads(told) == {"event": "Pong", "id": "last"}:
                    break
        assert socket.close_code is None


async def test_wyoming_events_are_answered_or_refused(serving: Serving, no_errors: None) -> None:
    samples: list[dict[str, Any]] = [
        {"type": "transcribe", "data": {"language": "en", "context": {"a": 1}}},
        {"type": "audio-start", "data": {"rate": 16000, "width": 2, "channels": 1}},
        {"type": "audio-chunk", "data": {"rate": 16000, "width": 2, "channels": 1}},
        {"type": "synthesize", "data": {"text": "hi", "voice": {"name": "tone"}}},
        {"type": "transcript", "data": {"text": "hi", "context": {"conversation_id": "c"}}},
        {"type": "ping", "data": {"text": "x"}},
    ]
    async with (
        serving({"wyoming": "tcp://127.0.0.1:0"}) as server,
        wyoming_server(server.service) as address,
    ):
        host, _, port = address.removeprefix("tcp://").rpartition(":")
        for message in mutations(samples, 4, 2):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(message.encode() + b"\n")
            writer.write_eof()
            async with asyncio.timeout(20):
                assert b"internal error" not in await reader.read()
            writer.close()
