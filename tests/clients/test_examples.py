"""The examples of how to point clients at Vivavoce run."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from tests.clients.conftest import ROOT, Serving
from vivavoce.testing import ScriptedLlm

pytestmark = pytest.mark.slow

EXAMPLES = ROOT / "examples" / "clients"
CLIENTS = {
    "openai_realtime": (None, "http", "/v1"),
    "openai_agents": ("agents", "ws", "/v1/realtime?model=gpt-realtime"),
    "livekit_agents": ("livekit", "http", "/v1"),
    "pipecat_pipeline": ("pipecat", "ws", "/v1/realtime"),
}


def test_all_examples_are_run() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(CLIENTS)


@pytest.mark.parametrize("example", CLIENTS)
async def test_an_example_prints_the_reply(serving: Serving, example: str) -> None:
    client, scheme, path = CLIENTS[example]
    python = ROOT / ".venv-clients" / client / "bin" / "python" if client else Path(sys.executable)
    if not python.exists():
        pytest.skip(f"{client} is not installed; `make test-clients` does that")
    async with serving(llm=ScriptedLlm("It is noon now.")) as server:
        process = await asyncio.create_subprocess_exec(
            python,
            EXAMPLES / f"{example}.py",
            server.url.replace("http", scheme, 1) + path,
            "What time is it?",
            env=os.environ | {"OPENAI_AGENTS_DISABLE_TRACING": "1"},
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(30):
                out, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    assert process.returncode == 0
    assert "It is noon now." in out.decode()


def test_what_the_page_shows_is_part_of_what_runs() -> None:
    page = (ROOT / "docs" / "clients.md").read_text()
    parts = re.findall(r"<!-- part of (\S+) -->\n```\w+\n(.*?)```", page, re.DOTALL)
    assert len(parts) == 5
    for path, code in parts:
        lines = set((ROOT / path).read_text().splitlines())
        assert not set(code.splitlines()) - lines, path
