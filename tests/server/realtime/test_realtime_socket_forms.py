"""Client secrets, the beta form and transcription sessions, as their clients use them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from openai import AsyncOpenAI, PermissionDeniedError

from tests.server.realtime.wire import QUESTION, are_left, open_wire, talk
from vivavoce.server.access.client_secrets import ClientSecrets
from vivavoce.testing import ScriptedLlm, ScriptedStt

if TYPE_CHECKING:
    from tests.server.conftest import Served, Serving

KEY = "secret-key-of-some-length"


def client_of(server: Served, key: str = KEY) -> AsyncOpenAI:
    return AsyncOpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0)


async def test_a_browser_gets_in_with_a_secret_and_finds_the_session_set_up(
    serving: Serving,
) -> None:
    async with serving({"keys": [KEY]}) as server, client_of(server) as client:
        secret = await client.realtime.client_secrets.create(
            expires_after={"anchor": "created_at", "seconds": 60},
            session={
                "type": "realtime",
                "instructions": "Be a pirate.",
                "audio": {"output": {"speed": 1.25}},
            },
        )
        assert secret.value.startswith("ek_")
        assert secret.session.type == "realtime"
        assert secret.session.instructions == "Be a pirate."
        protocols = ["realtime", f"openai-insecure-api-key.{secret.value}"]
        async with open_wire(server, protocols=protocols) as wire:
            assert wire.socket.subprotocol == "realtime"
            session = (await wire.until("session.created"))["session"]
            assert session["instructions"] == "Be a pirate."
            assert session["audio"]["output"]["speed"] == 1.25
            assert "All is well." in await talk(wire)


async def test_a_secret_opens_nothing_else(serving: Serving) -> None:
    async with serving({"keys": [KEY]}) as server:
        async with client_of(server) as client:
            secret = await client.realtime.client_secrets.create()
        async with client_of(server, secret.value) as browser:
            with pytest.raises(PermissionDeniedError, match="only opens realtime sessions"):
                await browser.models.list()
            with pytest.raises(PermissionDeniedError):
                await browser.realtime.client_secrets.create()


async def test_a_secret_that_has_expired_is_told(serving: Serving) -> None:
    now = 1000.0
    async with serving({"keys": [KEY]}) as server:
        server.service.admission.secrets = ClientSecrets(clock=lambda: now)
        async with client_of(server) as client:
            secret = await client.realtime.client_secrets.create(
                expires_after={"anchor": "created_at", "seconds": 10}
            )
        assert secret.expires_at == 1010
        now = 1010.5
        bearer = {"Authorization": f"Bearer {secret.value}"}
        async with open_wire(server, headers=bearer) as wire:
            code, reason = await wire.closed()
        assert "expired" in wire.of("error")[0]["error"]["message"]
        assert (code, reason) == (3000, "invalid_request_error.invalid_api_key")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"expires_after": {"seconds": 5}}, "expires_after.seconds"),
        ({"expires_after": {"seconds": 10**9}}, "expires_after.seconds"),
        ({"session": {"type": "dance"}}, "session.type"),
        ({"session": {"audio": {"output": {"speed": 99}}}}, "session.audio.output.speed"),
        ({"session": {"audio": {"output": {"voice": "none"}}}}, "session.audio.output.voice"),
        ({"session": "realtime"}, "session"),
    ],
    ids=str,
)
async def test_a_secret_for_what_makes_no_sense_is_refused(
    server: Served, body: dict[str, object], param: str
) -> None:
    async with httpx.AsyncClient() as http:
        answer = await http.post(f"{server.url}/v1/realtime/client_secrets", json=body)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["param"] == param


@pytest.mark.parametrize("way", ["header", "subprotocol"])
async def test_the_beta_form_is_spoken_to_who_asks_for_it(serving: Serving, way: str) -> None:
    stt, llm = ScriptedStt("what time is it"), ScriptedLlm(answer=lambda _: "It is noon now.")
    headers = {"OpenAI-Beta": "realtime=v1"} if way == "header" else None
    protocols = ["realtime", "openai-beta.realtime-v1"] if way == "subprotocol" else []
    async with serving(stt=stt, llm=llm) as server:
        async with open_wire(server, headers=headers, protocols=protocols) as wire:
            flat = {
                "modalities": ["text", "audio"],
                "instructions": "Be brief.",
                "input_audio_transcription": {"model": "whisper-1"},
                "turn_detection": {"type": "server_vad", "silence_duration_ms": 300},
            }
            await wire.tell("session.update", session=flat)
            session = (await wire.until("session.updated"))["session"]
            assert session["instructions"] == "Be brief."
            assert session["modalities"] == ["text", "audio"]
            assert session["turn_detection"]["silence_duration_ms"] == 300
            await wire.speak(*QUESTION)
            assert await wire.answered("response.audio_transcript.delta") == "It is noon now."
        kinds = {event["type"] for event in wire.events}
        assert {"conversation.item.created", "response.audio.done", "response.done"} <= kinds
        assert not {"conversation.item.added", "response.output_audio.done"} & kinds
        assert wire.sound("response.audio.delta").seconds == pytest.approx(1.0, abs=0.05)
        heard = wire.of("conversation.item.input_audio_transcription.completed")
        assert [event["transcript"] for event in heard] == ["what time is it"]


async def test_a_transcription_session_tells_words_and_never_answers(serving: Serving) -> None:
    stt = ScriptedStt("what time is it", "and what day")
    async with serving(stt=stt) as server, open_wire(server, "?intent=transcription") as wire:
        session = (await wire.until("session.created"))["session"]
        assert session["type"] == "transcription"
        heard = []
        for _ in range(2):
            await wire.speak(*QUESTION)
            done = await wire.until("conversation.item.input_audio_transcription.completed")
            heard.append(done["transcript"])
            assert done["usage"]["type"] == "duration"
            assert done["usage"]["seconds"] == pytest.approx(1.0, abs=0.4)
        assert heard == ["what time is it", "and what day"]
        deltas = wire.of("conversation.item.input_audio_transcription.delta")
        assert "".join(event["delta"] for event in deltas) == "".join(heard)
        await wire.tell("response.create")
        assert "no responses" in (await wire.error())["message"]
        assert not [event for event in wire.events if event["type"].startswith("response.")]
    await are_left(server, 0)
