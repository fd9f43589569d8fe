"""The reference of the own API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from tests.server.conftest import Served

OWN = {
    "/stt/transcribe": "post", "/stt/models": "get", "/tts/synthesize": "post",
    "/tts/voices": "get", "/voice-chat": "post",
}  # fmt: skip


@pytest.mark.parametrize(("path", "method"), OWN.items(), ids=OWN)
async def test_every_route_says_what_it_does_and_answers(
    server: Served, path: str, method: str
) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        schema = (await client.get("/openapi.json")).json()
    operation = schema["paths"][path][method]
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"]
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    model = schema["components"]["schemas"][answer.rpartition("/")[2]]
    assert model["description"]
    for media, content in operation["responses"]["200"]["content"].items():
        assert content["schema"], media
