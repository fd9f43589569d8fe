"""Servers for clients: real ones with scripted engines, and sources of audio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.server.conftest import Served, Serving, open_server
from vivavoce.client import AsyncClient, Retries, Timeouts

Joining: TypeAlias = Callable[..., AsyncClient]
"""`joining(url, **client's arguments)`."""

QUICK = Retries(times=2, first_s=0.01, longest_s=3.0)


@pytest.fixture
def serving(tmp_path: Path) -> Serving:
    """Servers as the test wants them, whose jobs lie in the test's folder."""

    def opened(settings: dict[str, object] | None = None, **engines: object) -> object:
        return open_server({"state": str(tmp_path), **(settings or {})}, **engines)  # type: ignore[arg-type]

    return opened  # type: ignore[return-value]


@pytest.fixture
async def server(serving: Serving) -> AsyncIterator[Served]:
    """A server with scripted engines and the default settings."""
    async with serving() as served:
        yield served


@pytest.fixture
def joining() -> Joining:
    """Clients that are quick to try again, and to give up."""

    def client(url: str, **given: object) -> AsyncClient:
        patience = Timeouts(connect_s=5.0, read_s=20.0, total_s=30.0)
        return AsyncClient(url, **{"retries": QUICK, "timeouts": patience, **given})  # type: ignore[arg-type]

    return client
