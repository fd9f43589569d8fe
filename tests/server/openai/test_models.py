"""The lists of names that clients read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import httpx
import pytest
from openai import AsyncOpenAI, NotFoundError

if TYPE_CHECKING:
    from tests.server.conftest import Served, Serving


@pytest.fixture
async def client(server: Served) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:
        yield client


async def test_the_models_are_openai_s_and_the_engines_own(client: AsyncOpenAI) -> None:
    models = [model async for model in client.models.list()]
    names = [model.id for model in models]
    assert len(set(names)) == len(names)
    assert {"scripted", "whisper-1", "tts-1", "gpt-4o", "gpt-realtime", "vivavoce"} <= set(names)
    for model in models:
        assert type(model).model_validate(model.model_dump()) == model
        assert model.object == "model"


async def test_one_model_can_be_looked_at(client: AsyncOpenAI) -> None:
    model = await client.models.retrieve("whisper-1")
    assert model.id == "whisper-1"
    assert model.to_dict()["root"] == "scripted"


async def test_a_model_that_is_not_there_is_not_found(client: AsyncOpenAI) -> None:
    with pytest.raises(NotFoundError, match="did you mean 'whisper-1'") as caught:
        await client.models.retrieve("whisper-2")
    assert caught.value.code == "model_not_found"


async def test_own_names_are_listed(serving: Serving) -> None:
    settings = {"models": {"mine": "stt", "whisper-1": ""}, "voices": {"grandma": "other"}}
    async with serving(settings) as server, httpx.AsyncClient() as client:
        models = (await client.get(f"{server.url}/v1/models")).json()["data"]
        voices = (await client.get(f"{server.url}/v1/audio/voices")).json()["voices"]
    names = {model["id"] for model in models}
    assert "mine" in names
    assert "whisper-1" not in names
    assert {"id": "grandma", "name": "grandma"} in voices
    assert {"id": "tone", "name": "Tone"} in voices
    assert {"id": "alloy", "name": "alloy"} in voices


async def test_open_webui_reads_the_audio_lists_without_a_key(serving: Serving) -> None:
    async with serving({"keys": ["a-secret-key"]}) as server, httpx.AsyncClient() as client:
        models = await client.get(f"{server.url}/v1/audio/models")
        voices = await client.get(f"{server.url}/v1/audio/voices")
        closed = await client.get(f"{server.url}/v1/models")
    assert "tts-1" in [model["id"] for model in models.json()["models"]]
    assert {"id", "name"} == set(voices.json()["voices"][0])
    assert closed.status_code == 401
