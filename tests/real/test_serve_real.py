"""`vivavoce serve` with the engines that come out of the box."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time

import httpx
import pytest

from vivavoce.config.configuration import load_config
from vivavoce.loading.open_engines import open_engines
from vivavoce.server.observe.health import examine, works
from vivavoce.server.observe.self_test import SelfTest, prove, question_in
from vivavoce.server.service import Service


async def test_it_understands_and_answers_the_question_that_it_asks_itself() -> None:
    config = load_config(environment={})
    async with open_engines(config) as engines:
        service = Service(config)
        service.ready(engines)
        await examine(engines)
        self_test = await prove(engines, config.session)
    assert isinstance(self_test, SelfTest)
    assert works(service)
    assert self_test.heard.lower().strip("?. ") == question_in("en").lower().strip("?. ")
    assert self_test.asked == question_in("en-gb") == "What is the capital of France?"
    assert self_test.answer
    assert self_test.gap > 0


def test_a_server_out_of_the_box_becomes_ready_proves_itself_and_stops() -> None:
    began = time.perf_counter()
    command = [sys.executable, "-m", "vivavoce", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            told = [server.stdout.readline()]
            seconds = time.perf_counter() - began
            while "gap" not in told[-1]:
                told.append(server.stdout.readline())
                assert told[-1], told
            url = next(line.split()[1] for line in told if "page" in line)
            health = httpx.get(f"{url}audio/health").json()
            server.send_signal(signal.SIGTERM)
            assert server.wait() == 0
        finally:
            server.kill()
    print(f"ready after {seconds:.1f} s")
    assert health["ready"]
    assert {engine["state"] for engine in health["engines"]} == {"ready"}
    assert any("heard" in line and "capital" in line for line in told)


@pytest.mark.slow
async def test_an_idle_server_hardly_computes() -> None:
    command = [sys.executable, "-m", "vivavoce", "serve", "--port", "0", "--no-proof"]
    server = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert server.stdout
        while b"page" not in (line := await server.stdout.readline()):
            assert line
        url = line.split()[1].decode()
        async with httpx.AsyncClient(base_url=url) as http:
            before = await _cpu_s(http)
            began = time.perf_counter()
            await asyncio.sleep(10)
            cores = (await _cpu_s(http) - before) / (time.perf_counter() - began)
        print(f"idle: {cores * 100:.2f} % of a core")
        assert cores < 0.1
    finally:
        server.terminate()
        await server.communicate()


async def _cpu_s(http: httpx.AsyncClient) -> float:
    metrics = (await http.get("/audio/metrics")).json()["metrics"]
    return float(metrics["process_cpu_seconds_total"][0]["value"])
