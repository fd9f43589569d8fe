"""How keys come to a real server, and what those who have none are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from fastapi import FastAPI, WebSocket
from openai import AsyncOpenAI, AuthenticationError, PermissionDeniedError, RateLimitError
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from vivavoce.server.access.auth import TheCaller, TheService, caller_of, realtime_caller_of
from vivavoce.server.access.keys import hash_of, name_of, new_key

if TYPE_CHECKING:
    from tests.server.conftest import Served, Serving

KEY = new_key()
KEYS = {"keys": [hash_of(new_key()), hash_of(KEY)]}


def routes(app: FastAPI) -> None:
    @app.get("/who")
    async def who(caller: TheCaller) -> str:
        return caller.id

    @app.get("/work/models")
    async def work(service: TheService, caller: TheCaller) -> dict[str, object]:
        async with service.admission.request(caller):
            return {"object": "list", "data": []}

    @app.websocket("/ws")
    async def ws(websocket: WebSocket) -> None:
        caller = caller_of(websocket)
        await websocket.accept(websocket.scope["subprotocols"][0])
        await websocket.send_text(caller.id)

    @app.websocket("/realtime")
    async def realtime(websocket: WebSocket) -> None:
        caller = realtime_caller_of(websocket)
        await websocket.accept()
        assert caller.secret is not None
        await websocket.send_text(f"{caller.id} {caller.secret.payload}")


async def ask(server: Served, path: str = "/who", **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=server.url) as client:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return await client.get(path, headers=given)


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": f"Bearer {KEY}"},
        {"authorization": f"bearer  {KEY}"},
        {"x_api_key": KEY},
        {"authorization": "Basic bm9uZTo=", "x_api_key": KEY},
    ],
)
async def test_a_key_opens_by_either_header(serving: Serving, headers: dict[str, str]) -> None:
    async with serving(KEYS, routes=routes) as server:
        answer = await ask(server, **headers)
        assert (answer.status_code, answer.json()) == (200, name_of(KEY))


@pytest.mark.parametrize(
    ("path", "headers", "code"),
    [
        ("/who", {}, "missing_api_key"),
        ("/who", {"authorization": "Bearer"}, "missing_api_key"),
        ("/who", {"authorization": f"Basic {KEY}"}, "missing_api_key"),
        (f"/who?token={KEY}&api_key={KEY}", {}, "missing_api_key"),
        ("/who", {"authorization": "Bearer nonsense"}, "invalid_api_key"),
        ("/who", {"authorization": f"Bearer {KEYS['keys'][1]}"}, "invalid_api_key"),
        ("/who", {"x_api_key": ""}, "invalid_api_key"),
    ],
)
async def test_nothing_else_does(
    serving: Serving, path: str, headers: dict[str, str], code: str
) -> None:
    async with serving(KEYS, routes=routes) as server:
        answer = await ask(server, path, **headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, code)
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_browser_s_websocket_brings_the_key_as_a_subprotocol(serving: Serving) -> None:
    async with serving(KEYS, routes=routes) as server:
        offered = [Subprotocol("realtime"), Subprotocol(f"openai-insecure-api-key.{KEY}")]
        async with connect(f"{server.ws_url}/ws", subprotocols=offered) as websocket:
            assert websocket.subprotocol == "realtime"
            assert await websocket.recv() == name_of(KEY)
        offered[1] = Subprotocol("openai-insecure-api-key.nonsense")
        with pytest.raises(InvalidStatus) as refused:
            async with connect(f"{server.ws_url}/ws", subprotocols=offered):
                pass
    assert refused.value.response.status_code == 401


async def test_a_client_secret_opens_realtime_sessions_only(serving: Serving) -> None:
    async with serving(KEYS, routes=routes) as server:
        secret = server.service.admission.secrets.issue(name_of(KEY), 60, "payload")
        headers = {"Authorization": f"Bearer {secret.value}"}
        async with connect(f"{server.ws_url}/realtime", additional_headers=headers) as websocket:
            assert await websocket.recv() == f"{name_of(KEY)} payload"
        answer = await ask(server, **headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "client_secret")


async def test_the_openai_package_raises_its_own_errors(serving: Serving) -> None:
    settings = {**KEYS, "limits": {"requests_per_minute": 1}}
    async with serving(settings, routes=routes) as server:
        secret = server.service.admission.secrets.issue(name_of(KEY), 60, None)

        def client(key: str) -> AsyncOpenAI:
            return AsyncOpenAI(api_key=key, base_url=f"{server.url}/work", max_retries=0)

        async with client("nonsense") as stranger:
            with pytest.raises(AuthenticationError, match="the API key is wrong"):
                await stranger.models.list()
        async with client(secret.value) as guest:
            with pytest.raises(PermissionDeniedError, match="only opens realtime sessions"):
                await guest.models.list()
        async with client(KEY) as friend:
            await friend.models.list()
            with pytest.raises(RateLimitError, match="limited to 1 requests a minute") as refused:
                await friend.models.list()
    assert 55 <= int(refused.value.response.headers["retry-after"]) <= 60


async def test_keys_are_in_no_log_and_no_answer(
    serving: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "vivavoce")
    async with serving({"keys": [KEY]}, routes=routes) as server:
        answers = [await ask(server, authorization=f"Bearer {key}") for key in (KEY, KEY + "x")]
        assert KEY not in str(server.service.config.as_dict())
    assert not any(KEY in answer.text + str(answer.headers) for answer in answers)
    assert KEY not in caplog.text
