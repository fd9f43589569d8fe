"""The server that is measured: started for it, or one that runs."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from .realtime_client import RealtimeEndpoint, ServerFailed

_START_S = 120.0
_STOP_S = 20.0
_LEAVE_S = 15.0
_LOOK_S = 0.01
_SESSIONS = 1000
"""Places that a server started here has: what refuses is the load, not a number."""


@dataclass(frozen=True, slots=True)
class ProcessUsage:
    """What the server has used, at a moment on `time.perf_counter`.

    cpu_s, rss_mb: None where its system does not tell.
    """

    at: float
    sessions: int
    cpu_s: float | None
    rss_mb: float | None

    def cores_since(self, before: ProcessUsage) -> float | None:
        """How many cores were busy on average; None where that is not known."""
        if self.cpu_s is None or before.cpu_s is None:
            return None
        return (self.cpu_s - before.cpu_s) / (self.at - before.at)


@dataclass(frozen=True, slots=True)
class MeasuredServer:
    """A server that is ready. http: for its own routes, at its address and with the key."""

    endpoint: RealtimeEndpoint
    http: httpx.AsyncClient

    async def usage(self) -> ProcessUsage:
        """By its own account, at `/audio/metrics`. Raises ServerFailed when it gives none."""
        try:
            response = await self.http.get("/audio/metrics")
            response.raise_for_status()
            told: dict[str, Any] = response.json()
            return ProcessUsage(
                time.perf_counter(),
                int(told["sessions"]),
                _figure(told, "process_cpu_seconds_total"),
                _megabytes(_figure(told, "process_resident_memory_bytes")),
            )
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise ServerFailed(
                f"{self.endpoint.base}/audio/metrics has no metrics ({error}); check that it is "
                "Vivavoce"
            ) from error

    async def left(self) -> ProcessUsage:
        """Wait until every session has left, for a while, and tell what is in use then."""
        deadline = time.perf_counter() + _LEAVE_S
        while True:
            usage = await self.usage()
            if not usage.sessions or usage.at > deadline:
                return usage
            await asyncio.sleep(_LOOK_S)


@asynccontextmanager
async def using(endpoint: RealtimeEndpoint) -> AsyncIterator[MeasuredServer]:
    """A server that runs already. Raises ServerFailed when it does not, or is not ready."""
    async with _http(endpoint) as http:
        try:
            response = await http.get("/audio/health")
        except httpx.HTTPError as error:
            raise ServerFailed(f"cannot reach {endpoint.base}: {error!r}") from error
        if response.status_code != 200:
            said = response.text[:200]
            raise ServerFailed(f"{endpoint.base} is not ready: {response.status_code} {said}")
        yield MeasuredServer(endpoint, http)


@asynccontextmanager
async def started(
    arguments: Sequence[str], patience_s: float
) -> AsyncIterator[tuple[MeasuredServer, float]]:
    """A new server on a free port of this machine, ready, and after how many seconds it was.

    arguments: of `vivavoce serve`, to choose the engines. Raises ServerFailed, with what it wrote,
    when it does not become ready.
    """
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "log"
        with written.open("wb") as log:
            begun = time.perf_counter()
            process = await asyncio.create_subprocess_exec(
                *_command(arguments),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=log,
                env=_environment(Path(folder)),
            )
        try:
            url = await _url(process, written)
            endpoint = RealtimeEndpoint(url, patience_s=patience_s)
            async with _http(endpoint) as http:
                while not await _is_ready(http, process, written):
                    _check(begun, written)
                    await asyncio.sleep(_LOOK_S)
                yield MeasuredServer(endpoint, http), time.perf_counter() - begun
        finally:
            await _stop(process)


def _command(arguments: Sequence[str]) -> list[str]:
    plain = ("--host", "127.0.0.1", "--port", "0", "--wyoming", "", "--tls-cert", "")
    listen = (*plain, "--tls-key", "", "--log", "text", "--no-proof")
    return [sys.executable, "-m", "vivavoce", "serve", *listen, *arguments]


def _environment(folder: Path) -> dict[str, str]:
    """This process's own, but for a server that asks no key and keeps nothing."""
    settings = {
        "VIVAVOCE_SERVER__KEYS": "[]",
        "VIVAVOCE_SERVER__STATE": str(folder / "state"),
        "VIVAVOCE_SERVER__LIMITS__SESSIONS": str(_SESSIONS),
        "VIVAVOCE_SERVER__LIMITS__SESSIONS_PER_KEY": str(_SESSIONS),
        "VIVAVOCE_SERVER__LIMITS__REQUESTS_PER_MINUTE": "0",
    }
    return {**os.environ, **settings}


async def _url(process: asyncio.subprocess.Process, written: Path) -> str:
    begun = time.perf_counter()
    while True:
        for line in _text(written).splitlines():
            if line.startswith("Listening at "):
                return line.split()[2].rstrip(";")
        if process.returncode is not None:
            raise ServerFailed(f"the server ended before it was ready:\n{_text(written).strip()}")
        _check(begun, written)
        await asyncio.sleep(_LOOK_S)


async def _is_ready(
    http: httpx.AsyncClient, process: asyncio.subprocess.Process, written: Path
) -> bool:
    if process.returncode is not None:
        raise ServerFailed(f"the server ended before it was ready:\n{_text(written).strip()}")
    try:
        response = await http.get("/audio/health")
    except httpx.TransportError:
        return False
    if response.status_code != 200 and response.json().get("state") == "ready":
        raise ServerFailed(f"the server goes without an engine:\n{_text(written).strip()}")
    return response.status_code == 200


def _check(begun: float, written: Path) -> None:
    if time.perf_counter() - begun > _START_S:
        raise ServerFailed(f"the server is not ready after {_START_S:g} s:\n{_text(written)}")


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            async with asyncio.timeout(_STOP_S):
                await process.wait()
        except TimeoutError:
            process.kill()
    await process.wait()


def _text(path: Path) -> str:
    return path.read_text("utf-8", errors="replace")


def _http(endpoint: RealtimeEndpoint) -> httpx.AsyncClient:
    patience = httpx.Timeout(60.0, connect=endpoint.patience_s)
    return httpx.AsyncClient(base_url=endpoint.base, headers=endpoint.headers, timeout=patience)


def _figure(told: dict[str, Any], name: str) -> float | None:
    samples = told["metrics"].get(name)
    return float(samples[0]["value"]) if samples else None


def _megabytes(count: float | None) -> float | None:
    return None if count is None else count / 1e6
