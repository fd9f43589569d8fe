"""A real server that has more to do than the machine can."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import httpx
from fastapi import FastAPI

from vivavoce.concurrency.model_thread import ModelThread, StopFlag
from vivavoce.server.access.auth import TheCaller, TheService

if TYPE_CHECKING:
    from tests.server.conftest import Serving


def routes(app: FastAPI) -> None:
    @app.post("/session")
    async def session(service: TheService, caller: TheCaller) -> int:
        with service.admission.session(caller):
            return service.admission.sessions


async def test_new_sessions_are_refused_while_work_waits_and_let_in_afterwards(
    serving: Serving,
) -> None:
    worker, free, begun = ModelThread("test"), threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def work(stop: StopFlag) -> None:
        loop.call_soon_threadsafe(begun.set)
        free.wait()

    async with (
        serving({"limits": {"delay_s": 0.02}}, routes=routes) as server,
        httpx.AsyncClient(base_url=server.url) as client,
        asyncio.TaskGroup() as group,
    ):
        door = server.service.admission
        with door.session(door.identify(None)):
            group.create_task(worker.run(work))
            await begun.wait()
            group.create_task(worker.run(work))
            while (answer := await client.post("/session")).status_code == 200:
                pass
            assert answer.status_code == 503
            assert answer.json()["error"]["code"] == "overloaded"
            assert int(answer.headers["retry-after"]) > 0
            assert door.sessions == 1, "the one that is running goes on"
            free.set()
            while (answer := await client.post("/session")).status_code == 503:
                pass
            assert answer.json() == 2
    await worker.aclose()
