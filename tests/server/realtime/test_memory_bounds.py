"""What a Realtime client sends is bounded in bytes, and dropped when it leaves."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from typing import TYPE_CHECKING

import httpx
import pytest

from vivavoce.testing import ScriptedStt

from .talk import Talk
from .wire import are_left, going_on, open_wire

if TYPE_CHECKING:
    from tests.server.conftest import Serving


def item(text: str, parts: int = 1) -> dict[str, object]:
    content = [{"type": "input_text", "text": text}] * parts
    return {"type": "message", "role": "user", "content": content}


async def test_items_past_the_budget_are_refused_and_the_session_goes_on() -> None:
    async with Talk() as talk:
        for _ in range(20):
            await talk.sends({"type": "conversation.item.create", "item": item("x" * 100_000, 20)})
        errors = [event["error"] for event in talk.events if event["type"] == "error"]
        assert [error["code"] for error in errors] == ["memory_limit"] * 5
        assert "32 MB" in errors[0]["message"]
        assert "server.limits.session_mb" in errors[0]["message"]
        assert len(talk.dialogue.conversation) == 15
        first = next(iter(talk.dialogue.conversation)).id
        await talk.sends(
            {"type": "conversation.item.delete", "item_id": first},
            {"type": "conversation.item.create", "item": item("y" * 100_000, 20)},
        )
        assert len(talk.dialogue.conversation) == 15


async def test_a_setup_past_the_budget_is_refused_and_changes_nothing() -> None:
    tools = [
        {
            "type": "function",
            "name": f"f{number}",
            "parameters": {"x": [[]] * 20_000},
        }
        for number in range(128)
    ]
    async with Talk() as talk:
        await talk.sends(
            {"type": "session.update", "session": {"type": "realtime", "tools": tools}}
        )
        assert talk.events[-1]["error"]["code"] == "memory_limit"
        assert talk.dialogue.config.tools == ()


async def test_audio_that_was_sent_by_a_client_that_left_is_not_heard(serving: Serving) -> None:
    stt = ScriptedStt("hello")
    async with serving(stt=stt) as server:
        async with open_wire(server) as wire:
            await wire.until("session.created")
            for _ in range(6):
                await wire.append(bytes(48_000 * 60))
        async with asyncio.timeout(3):
            await are_left(server, 0)
        assert server.service.admission.budget.held == 0


async def test_a_flood_of_audio_waits_within_the_budget(serving: Serving) -> None:
    async with serving({"limits": {"session_mb": 4.0}}) as server, open_wire(server) as wire:
        await wire.until("session.created")
        budget = server.service.admission.budget
        most = 0
        for _ in range(12):
            await wire.append(bytes(48_000 * 10))
            most = max(most, budget.held)
        await wire.tell("input_audio_buffer.clear")
        await wire.until("input_audio_buffer.cleared")
        assert 0 < most <= 4_000_000
        assert not wire.of("error")


async def test_one_message_past_the_budget_is_refused_alone(serving: Serving) -> None:
    async with serving({"limits": {"session_mb": 0.5}}) as server, open_wire(server) as wire:
        await wire.append(bytes(600_000))
        error = await wire.error()
        assert error["code"] == "memory_limit"
        await wire.tell("input_audio_buffer.clear")
        await wire.until("input_audio_buffer.cleared")


@pytest.mark.parametrize("text", ["[" * 200_000, '{"type":' + "[1," * 150_000 + "1"])
async def test_json_that_is_nothing_but_brackets_is_refused(serving: Serving, text: str) -> None:
    async with serving() as server, going_on(server), open_wire(server) as wire:
        await wire.socket.send(text)
        assert (await wire.error())["code"] == "invalid_json"


async def test_a_client_secret_keeps_nothing_that_nobody_knows(serving: Serving) -> None:
    async with serving() as server, httpx.AsyncClient(base_url=server.url) as http:
        session = {"type": "realtime", "nobody": "x" * 1_000_000, "instructions": "Be brief."}
        answer = await http.post("/v1/realtime/client_secrets", json={"session": session})
        assert answer.json()["session"]["instructions"] == "Be brief."
        assert server.service.admission.budget.held < 2_000
        session = {"type": "realtime", "instructions": "é" * 200_000}
        answer = await http.post("/v1/realtime/client_secrets", json={"session": session})
        assert answer.status_code == 200
        session["instructions"] = "語" * 200_000
        answer = await http.post("/v1/realtime/client_secrets", json={"session": session})
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "session_too_large")


async def test_a_client_secret_opens_what_it_was_made_for_and_nothing_more(
    serving: Serving,
) -> None:
    key = {"Authorization": "Bearer key-of-the-operator"}
    async with (
        serving({"keys": ["key-of-the-operator"]}) as server,
        httpx.AsyncClient(base_url=server.url, headers=key) as http,
    ):
        session = {"type": "realtime", "model": "gpt-realtime"}
        answer = await http.post("/v1/realtime/client_secrets", json={"session": session})
        secret = {"Authorization": f"Bearer {answer.json()['value']}"}
        async with open_wire(server, "?model=another", headers=secret) as wire:
            assert (await wire.until("session.created"))["session"]["model"] == "gpt-realtime"
        async with open_wire(server, "?intent=transcription", headers=secret) as wire:
            await wire.closed()
            assert "realtime sessions only" in wire.of("error")[0]["error"]["message"]


async def test_a_recording_in_an_item_is_no_longer_than_a_turn(serving: Serving) -> None:
    async with serving({"limits": {"turn_s": 2.0}}) as server, open_wire(server) as wire:
        audio = b64encode(bytes(48_000 * 3)).decode()
        content = [{"type": "input_audio", "audio": audio}]
        await wire.tell(
            "conversation.item.create",
            item={"type": "message", "role": "user", "content": content},
        )
        assert "limit of 2 s (server.limits.turn_s)" in (await wire.error())["message"]
