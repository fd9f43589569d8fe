"""Which web pages may use the server, and what browsers are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from fastapi import FastAPI, WebSocket
from fastapi.responses import HTMLResponse
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from vivavoce.server.errors import Problem
from vivavoce.server.http.safe_headers import HEADERS

if TYPE_CHECKING:
    from tests.server.conftest import Served, Serving

PAGE = "https://app.example.org"
THEIRS = {"origins": [PAGE]}


def routes(app: FastAPI) -> None:
    @app.get("/thing")
    async def thing() -> str:
        return "a thing"

    @app.get("/own")
    async def own() -> HTMLResponse:
        return HTMLResponse("", headers={"Content-Security-Policy": "default-src 'none'"})

    @app.get("/bug")
    async def bug() -> None:
        raise ZeroDivisionError

    @app.get("/locked")
    async def locked() -> None:
        raise Problem("no", status=401)

    @app.websocket("/ws")
    async def ws(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()


async def ask(server: Served, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=server.url) as client:
        return await client.get("/thing", headers=headers)


async def test_programs_and_the_own_page_are_let_in(serving: Serving) -> None:
    async with serving(routes=routes) as server:
        assert (await ask(server)).status_code == 200
        assert (await ask(server, origin=server.url)).status_code == 200
        localhost = server.url.replace("127.0.0.1", "localhost")
        host = localhost.removeprefix("http://")
        assert (await ask(server, origin=localhost, host=host)).status_code == 200
        async with connect(f"{server.ws_url}/ws", origin=Origin(server.url)):
            pass


@pytest.mark.parametrize(
    "origin",
    [PAGE, "null", "http://127.0.0.1", "http://localhost:1", "nonsense", "http://[", "http://a:b"],
)
async def test_other_pages_are_refused(serving: Serving, origin: str) -> None:
    async with serving(routes=routes) as server:
        answer = await ask(server, origin=origin)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "wrong_origin")
        with pytest.raises(InvalidStatus) as refused:
            async with connect(f"{server.ws_url}/ws", origin=Origin(origin)):
                pass
        assert refused.value.response.status_code == 403


async def test_a_page_behind_a_proxy_that_ends_tls_is_the_own_page(serving: Serving) -> None:
    async with serving({"keys": ["a-good-key"]}, routes=routes) as server:
        answer = await ask(server, origin="https://voice.example.org", host="voice.example.org")
        assert answer.status_code == 200
        answer = await ask(server, origin="https://voice.example.org", host="voice.example.org:80")
        assert answer.status_code == 403


@pytest.mark.parametrize("host", ["evil.example.org", "192.168.1.2:8080", "localhost.example", ""])
async def test_a_foreign_name_for_this_machine_opens_nothing_without_a_key(
    serving: Serving, host: str
) -> None:
    async with serving(routes=routes) as server:
        answer = await ask(server, host=host, origin=f"http://{host}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "wrong_host")
    async with serving({"keys": ["a-good-key"]}, routes=routes) as server:
        assert (await ask(server, host=host)).status_code == 200


async def test_the_name_of_a_configured_origin_is_no_foreign_one(serving: Serving) -> None:
    async with serving(THEIRS, routes=routes) as server:
        assert (await ask(server, host="app.example.org")).status_code == 200


async def test_pages_of_configured_origins_may_read_answers(serving: Serving) -> None:
    async with serving(THEIRS, routes=routes) as server:
        answer = await ask(server, origin=PAGE)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == PAGE
        assert answer.headers["access-control-expose-headers"] == "*"
        assert (await ask(server, origin="https://other.example.org")).status_code == 403
        async with connect(f"{server.ws_url}/ws", origin=Origin(PAGE)):
            pass


@pytest.mark.parametrize("path", ["/bug", "/locked", "/nonsense"])
async def test_they_may_read_errors_too(serving: Serving, path: str) -> None:
    async with (
        serving(THEIRS, routes=routes) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        answer = await client.get(path, headers={"Origin": PAGE})
        assert answer.headers["access-control-allow-origin"] == PAGE
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-request-id"]
        assert "error" in answer.json()


async def test_any_page_may_where_the_configuration_says_so(serving: Serving) -> None:
    async with serving({"origins": ["*"]}, routes=routes) as server:
        answer = await ask(server, origin="https://other.example.org")
        assert answer.headers["access-control-allow-origin"] == "*"


async def test_what_a_browser_asks_beforehand_needs_no_key(serving: Serving) -> None:
    wanted = "authorization, content-type, x-api-key, openai-beta, x-openai-agents-sdk, "
    wanted += "x-stainless-os, x-stainless-retry-count"
    async with (
        serving({**THEIRS, "keys": ["a-good-key"]}, routes=routes) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        headers = {
            "Origin": PAGE,
            "Access-Control-Request-Method": "DELETE",
            "Access-Control-Request-Headers": wanted,
        }
        answer = await client.options("/v1/models", headers=headers)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-headers"] == wanted
        assert "DELETE" in answer.headers["access-control-allow-methods"]
        headers["Origin"] = "https://other.example.org"
        assert (await client.options("/v1/models", headers=headers)).status_code == 403


async def test_answers_carry_headers_that_keep_browsers_careful(serving: Serving) -> None:
    async with serving(routes=routes) as server:
        answer = await ask(server)
        for name, value in HEADERS.items():
            assert answer.headers[name] == value
        assert "strict-transport-security" not in answer.headers
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]


async def test_a_route_may_have_a_policy_of_its_own(serving: Serving) -> None:
    async with (
        serving(routes=routes) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        answer = await client.get("/own")
        assert answer.headers.get_list("content-security-policy") == ["default-src 'none'"]
