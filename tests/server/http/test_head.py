"""HEAD on every route that answers GET."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from tests.server.conftest import Served, Serving

PAGES = ["/", "/docs", "/openapi.json", "/audio/health", "/v1/models", "/jobs", "/metrics"]


@pytest.mark.parametrize("path", PAGES)
async def test_head_has_the_headers_of_get_and_no_body(server: Served, path: str) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        got, headed = await client.get(path), await client.head(path)
    assert (headed.status_code, headed.content) == (got.status_code, b"")
    assert headed.headers["content-type"] == got.headers["content-type"]


async def test_head_of_a_stream_ends_at_once(server: Served) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        items = [{"text": "One."}]
        job = (await client.post("/tts/batch", json={"items": items})).headers["location"]
        answer = await client.head(f"{job}/events")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")


async def test_head_of_what_is_no_page_is_refused_as_get_is(serving: Serving) -> None:
    async with (
        serving({"keys": ["a-key-of-length"]}) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        assert (await client.head("/jobs")).status_code == 401
        key = {"Authorization": "Bearer a-key-of-length"}
        answer = await client.head("/tts/synthesize", headers=key)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert (await client.head("/nothing", headers=key)).status_code == 404
