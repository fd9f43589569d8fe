"""What is too large or too slow, on its way in and out."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING

import httpx
import pytest
from fastapi import FastAPI, Request, UploadFile

from vivavoce.server.http.event_stream import Streamed

if TYPE_CHECKING:
    from tests.server.conftest import Served, Serving

KB = 1000
SMALL = {"limits": {"upload_mb": 0.1}}


def routes(app: FastAPI) -> None:
    @app.post("/body")
    async def body(request: Request) -> int:
        return len(await request.body())

    @app.post("/json")
    async def json(value: list[int]) -> int:
        return len(value)

    @app.post("/form")
    async def form(file: UploadFile) -> int:
        return len(await file.read())


def impatient(app: FastAPI, *, pause_s: float = 30.0, stall_s: float = 30.0) -> None:
    """The routes, with bounds on time that a test does not have to wait for."""
    routes(app)
    for middleware in app.user_middleware:
        if getattr(middleware.cls, "__name__", "") == "Transfers":
            middleware.kwargs.update(pause_s=pause_s, stall_s=stall_s)


async def pieces(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield bytes(10 * KB)


def code_of(answer: httpx.Response) -> object:
    return answer.json()["error"]["code"]


def talk(server: Served, *said: bytes) -> bytes:
    """What a raw connection hears back until the server hangs up."""
    with socket.create_connection(server.address, timeout=30) as connection:
        connection.sendall(b"".join(said))
        heard = b""
        while piece := connection.recv(1 << 16):
            heard += piece
        return heard


async def test_a_body_within_the_bound_comes_whole(serving: Serving) -> None:
    async with (
        serving(SMALL, routes=routes) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        assert (await client.post("/body", content=bytes(100 * KB))).json() == 100 * KB
        assert (await client.post("/body", content=pieces(10))).json() == 100 * KB
        assert (await client.post("/body")).json() == 0


async def test_a_body_that_says_it_is_too_large_is_not_read(serving: Serving) -> None:
    async with serving(SMALL, routes=routes) as server:
        request = "POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n"
        heard = await asyncio.to_thread(talk, server, request.encode())
    assert heard.startswith(b"HTTP/1.1 413 ")
    assert b"99,999,999,999 bytes, over the limit of 100,000" in heard
    assert b"connection: close" in heard.lower()


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/body", ""), ("/json", "application/json"), ("/form", "multipart/form-data; boundary=x")],
)
async def test_a_body_that_grows_too_large_is_stopped(
    serving: Serving, path: str, kind: str
) -> None:
    async with (
        serving(SMALL, routes=routes) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):

        async def content() -> AsyncIterator[bytes]:
            if kind.startswith("multipart"):
                yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
            async for piece in pieces(50):
                yield piece

        answer = await client.post(path, content=content(), headers={"Content-Type": kind})
        assert (answer.status_code, code_of(answer)) == (413, "body_too_large")
        assert answer.headers["connection"] == "close"
        assert (await client.post("/body", content=b"next")).json() == 4


async def test_an_upload_that_pauses_too_long_is_given_up(serving: Serving) -> None:
    async with serving(SMALL, routes=partial(impatient, pause_s=0.05)) as server:
        heard = await asyncio.to_thread(
            talk, server, b"POST /json HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n[1"
        )
    assert heard.startswith(b"HTTP/1.1 408 ")
    assert b"nothing arrived for 0.05 s" in heard
    assert b'"code":"slow_upload"' in heard


async def test_an_upload_in_drips_ends_at_its_deadline(serving: Serving) -> None:
    limits = {"limits": {"upload_s": 0.2}}
    async with (
        serving(limits, routes=routes) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        answered = asyncio.Event()

        async def drips() -> AsyncIterator[bytes]:
            while not answered.is_set():
                yield b" "
                await asyncio.sleep(0.01)

        async def ask() -> httpx.Response:
            try:
                return await client.post("/body", content=drips())
            finally:
                answered.set()

        try:
            answer = await ask()
        except httpx.TransportError:  # the server hung up on a client that still sent
            return
        assert (answer.status_code, code_of(answer)) == (408, "slow_upload")


async def test_an_answer_that_nobody_reads_is_cut_off_and_its_source_closed(
    serving: Serving,
) -> None:
    closed = asyncio.Event()

    def endless(app: FastAPI, prepare: Callable[[FastAPI], None]) -> None:
        prepare(app)

        @app.get("/endless")
        async def endless() -> Streamed:
            async def flood() -> AsyncGenerator[bytes, None]:
                try:
                    while True:
                        yield bytes(100 * KB)
                finally:
                    closed.set()

            return Streamed(flood(), AsyncExitStack(), "audio/pcm")

    prepare = partial(impatient, stall_s=0.1)
    async with serving(routes=partial(endless, prepare=prepare)) as server:
        with socket.create_connection(server.address) as client:
            client.sendall(b"GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await closed.wait()
        dropped = server.service.meters.registry.get_sample_value(
            "vivavoce_readers_dropped_total", {"protocol": "http"}
        )
        assert dropped == 1


async def test_other_callers_go_on_while_one_uploads_slowly(server: Served) -> None:
    with socket.create_connection(server.address) as slow:
        slow.sendall(b"POST /v1/nonsense HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n[")
        async with httpx.AsyncClient(base_url=server.url) as client:
            answers = [await client.get("/nonsense") for _ in range(5)]
    assert {answer.status_code for answer in answers} == {404}


async def test_a_client_that_leaves_in_mid_upload_leaves_nothing(
    serving: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(routes=routes) as server:
        with socket.create_connection(server.address) as client:
            client.sendall(b"POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n[")
        async with httpx.AsyncClient(base_url=server.url) as other:
            assert (await other.post("/body", content=b"next")).json() == 4
    assert not [record for record in caplog.records if record.exc_info]


async def test_a_body_is_not_read_before_the_key_is_known(serving: Serving) -> None:
    """The rest of the body never comes: an answer shows that nobody waited for it."""
    async with serving({"keys": ["the good key"]}, routes=routes) as server:
        request = (
            "POST /json HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            "Content-Length: 5000000\r\n\r\n["
        )
        heard = await asyncio.to_thread(talk, server, request.encode())
        async with httpx.AsyncClient(base_url=server.url) as client:
            bearer = {"Authorization": "Bearer the good key"}
            assert (await client.post("/json", json=[1, 2], headers=bearer)).json() == 2
    assert heard.startswith(b"HTTP/1.1 401 ")
    assert b'"code":"missing_api_key"' in heard


@pytest.mark.parametrize("kind", ["application/json", "application/problem+json; charset=utf-8"])
async def test_json_has_a_bound_of_its_own(serving: Serving, kind: str) -> None:
    async with (
        serving({"limits": {"json_mb": 0.1}}, routes=routes) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        body = b"[" + b"1" * 200_000 + b"]"
        answer = await client.post("/json", content=body, headers={"Content-Type": kind})
        assert (answer.status_code, code_of(answer)) == (413, "body_too_large")
        assert "server.limits.json_mb" in answer.json()["error"]["message"]
        assert (await client.post("/body", content=body)).json() == 200_002


async def test_json_that_is_packed_with_values_is_refused_and_long_texts_are_not(
    serving: Serving,
) -> None:
    def texts(app: FastAPI) -> None:
        @app.post("/texts")
        async def texts(value: list[str]) -> int:
            return len(value)

    async with (
        serving(routes=texts) as server,
        httpx.AsyncClient(base_url=server.url, timeout=60) as client,
    ):
        packed = await client.post("/texts", json=[0] * 150_000)
        assert (packed.status_code, code_of(packed)) == (413, "body_too_large")
        assert "too many values" in packed.json()["error"]["message"]
        sentence = "Well, she said, it is late, and we have a long way to go, as you know. "
        prose = await client.post("/texts", json=[sentence * 1000] * 60)
        assert prose.json() == 60
