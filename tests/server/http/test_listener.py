"""The HTTP listener and its bounds."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from vivavoce.config.configuration import load_config
from vivavoce.errors import BadConfig
from vivavoce.server.app import make_app
from vivavoce.server.http.listener import BoundedHttp, bound, make_listener
from vivavoce.server.service import Service

HEAD = b"GET /audio/health?live HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@asynccontextmanager
async def listening() -> AsyncIterator[int]:
    """A listener; its port."""
    service = Service(load_config(environment={}))
    listener = make_listener(make_app(service), service.settings)
    with bound("127.0.0.1", 0) as listens:
        serving = asyncio.ensure_future(listener.serve([listens]))
        yield listens.getsockname()[1]
        listener.should_exit = True
        await serving


async def alive(port: int) -> bool:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        return (await http.get("/audio/health?live")).status_code == 200


async def answered(port: int, *parts: bytes) -> bytes:
    """What the server answers to these bytes until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize(
    "endless", [b"X-A: " + b"a" * 1000 + b"\r\n", b"a" * 1000], ids=["headers", "header"]
)
async def test_endless_headers_are_refused_and_others_go_on(endless: bytes) -> None:
    async with listening() as port:
        told = await answered(port, HEAD, *[endless] * 600)
        assert told == b"" or told.startswith(b"HTTP/1.1 400")
        assert await alive(port)


async def test_a_client_that_never_ends_its_headers_is_let_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(BoundedHttp, "head_s", 0.05)
    async with listening() as port:
        assert await answered(port, HEAD) == b""
        assert await answered(port) == b""
        assert await alive(port)


async def test_many_requests_on_one_connection_are_not_taken_for_long_headers() -> None:
    async with listening() as port:
        one = HEAD + b"X-A: " + b"a" * 40_000 + b"\r\n\r\n"
        last = HEAD + b"Connection: close\r\n\r\n"
        told = await answered(port, one, one, one, last)
        assert told.count(b"HTTP/1.1 200") == 4


async def test_answers_do_not_tell_what_software_gives_them() -> None:
    async with listening() as port:
        told = await answered(port, HEAD + b"Connection: close\r\n\r\n")
    assert b"\r\nserver:" not in told.lower()


def test_names_of_this_machine_can_be_listened_on() -> None:
    with bound("localhost", 0) as listens:
        socket.create_connection(listens.getsockname()[:2]).close()


def test_what_is_no_port_and_no_address_of_this_machine_is_told() -> None:
    for host, port, told in (
        ("127.0.0.1", 70_000, "server.port: 70000 is not a port"),
        ("203.0.113.7", 0, "is not an address of this machine"),
    ):
        with pytest.raises(BadConfig, match=told), bound(host, port):
            pass
