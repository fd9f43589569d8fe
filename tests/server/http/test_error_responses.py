"""Errors as clients of a real server see them."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import httpx
import pytest
from fastapi import FastAPI, Form, UploadFile, WebSocket
from pydantic import BaseModel
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from vivavoce.errors import BadAudio, EngineBusy
from vivavoce.server.errors import Problem

if TYPE_CHECKING:
    from tests.server.conftest import Served, Serving


class Order(BaseModel):
    speed: float


def routes(app: FastAPI) -> None:
    @app.post("/order")
    async def order(order: Order) -> float:
        return order.speed

    @app.post("/form")
    async def form(file: UploadFile, model: str = Form()) -> str:
        return model

    @app.get("/raise/{what}")
    async def fail(what: str) -> None:
        raise {
            "audio": BadAudio("no sound in it"),
            "busy": EngineBusy("stt has 256 jobs waiting"),
            "bug": ZeroDivisionError("secret detail"),
            "limit": Problem("slowly", status=429, code="rate", param="x", retry_after=2.1),
        }[what]

    @app.websocket("/refuse")
    async def refuse(websocket: WebSocket) -> None:
        raise Problem("no API key was given", status=401, code="invalid_api_key")

    @app.websocket("/break")
    async def break_off(websocket: WebSocket) -> None:
        await websocket.accept()
        raise BadAudio("odd byte count")


async def error_of(answer: httpx.Response) -> dict[str, object]:
    error: dict[str, object] = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return error


async def test_an_unknown_address_is_answered_in_the_one_form(server: Served) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        answer = await client.get("/nonsense")
    assert answer.status_code == 404
    error = await error_of(answer)
    assert (error["type"], error["code"]) == ("invalid_request_error", "not_found")
    assert "/nonsense" in str(error["message"])


@pytest.mark.parametrize("path", ["/nonsense", "/stt/models"])
async def test_so_is_a_websocket_to_an_unknown_address(server: Served, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"{server.ws_url}{path}"):
            pass
    assert refused.value.response.status_code == 404
    error = json.loads(refused.value.response.body or b"")["error"]
    assert (error["code"], path in error["message"]) == ("not_found", True)


async def test_a_wrong_method_names_the_right_one(serving: Serving) -> None:
    async with serving(routes=routes) as server, httpx.AsyncClient(base_url=server.url) as client:
        answer = await client.get("/order")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert (await error_of(answer))["message"] == "method not allowed; use POST for /order"


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        (b'{"speed": "fast"}', "speed", "invalid_value"),
        (b"{}", "speed", "missing_required_parameter"),
        (b"{", None, "invalid_json"),
        (b"", None, "missing_required_parameter"),
    ],
)
async def test_a_wrong_body_names_the_field(
    serving: Serving, body: bytes, param: str | None, code: str
) -> None:
    async with serving(routes=routes) as server, httpx.AsyncClient(base_url=server.url) as client:
        headers = {"Content-Type": "application/json"}
        answer = await client.post("/order", content=body, headers=headers)
    assert answer.status_code == 400
    error = await error_of(answer)
    assert (error["param"], error["code"]) == (param, code)


async def test_a_form_without_its_file_names_it(serving: Serving) -> None:
    async with serving(routes=routes) as server, httpx.AsyncClient(base_url=server.url) as client:
        answer = await client.post("/form", data={"model": "m"})
        assert (await error_of(answer))["param"] == "file"
        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        answer = await client.post("/form", content=b"nonsense", headers=headers)
        assert answer.status_code == 400
        await error_of(answer)


async def test_errors_of_the_library_become_answers(serving: Serving) -> None:
    async with serving(routes=routes) as server, httpx.AsyncClient(base_url=server.url) as client:
        audio, busy, limit = [await client.get(f"/raise/{w}") for w in ("audio", "busy", "limit")]
    assert (audio.status_code, (await error_of(audio))["code"]) == (400, "invalid_audio")
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "1")
    assert (limit.status_code, limit.headers["retry-after"]) == (429, "3")
    assert await error_of(limit) == {
        "message": "slowly",
        "type": "rate_limit_error",
        "param": "x",
        "code": "rate",
    }


async def test_a_bug_is_logged_and_its_details_are_kept_from_the_client(
    serving: Serving,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving(routes=routes) as server, httpx.AsyncClient(base_url=server.url) as client:
        answer = await client.get("/raise/bug")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert (await error_of(answer))["type"] == "server_error"
    assert any(record.levelno == logging.ERROR and record.exc_info for record in caplog.records)


async def test_a_websocket_is_refused_with_the_same_form(serving: Serving) -> None:
    async with serving(routes=routes) as server:
        with pytest.raises(InvalidStatus) as refused:
            async with connect(f"{server.ws_url}/refuse"):
                pass
    answer = refused.value.response
    assert answer.status_code == 401
    assert b'"code":"invalid_api_key"' in (answer.body or b"")


async def test_an_error_in_an_open_websocket_closes_it_with_a_reason(serving: Serving) -> None:
    async with serving(routes=routes) as server, connect(f"{server.ws_url}/break") as websocket:
        with pytest.raises(ConnectionClosedError) as closed:
            await websocket.recv()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "odd byte count")
