"""What the tests of released clients share: their virtual environments, servers, recordings."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

from tests.server.conftest import Served, open_server
from vivavoce.audio import Audio, to_pcm16
from vivavoce.config.configuration import load_config
from vivavoce.loading.open_engines import open_engines
from vivavoce.media.decode import read_audio
from vivavoce.testing import say

ROOT = Path(__file__).parents[2]
QUESTION = ROOT / "src/vivavoce/data/question.wav"
"""What is the capital of France?"""
RATE = 24_000
LONGEST_S = 60.0

Seen: TypeAlias = dict[str, Any]
Program: TypeAlias = Callable[..., Awaitable[Seen]]
Serving: TypeAlias = Callable[..., AbstractAsyncContextManager[Served]]


async def _run(client: str, program: str, *arguments: str | Path) -> Seen:
    python = ROOT / ".venv-clients" / client / "bin" / "python"
    if not python.exists():
        pytest.skip(f"{client} is not installed; `make test-clients` does that")
    process = await asyncio.create_subprocess_exec(
        python,
        "-m",
        f"tests.clients.programs.{program}",
        *map(str, arguments),
        cwd=ROOT,
        env=os.environ | {"OPENAI_AGENTS_DISABLE_TRACING": "1"},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(LONGEST_S):
            out, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, out.decode()
    seen: Seen = json.loads(out.decode().splitlines()[-1])
    return seen


@pytest.fixture
def run() -> Program:
    """`await run("livekit", "livekit_talk", …)`: what that program saw, in its client's venv."""
    return _run


@pytest.fixture
def serving() -> Serving:
    """Servers with scripted engines, or any: `async with serving(llm=…) as server`."""
    return open_server


@asynccontextmanager
async def _open_real(settings: Mapping[str, object] | None = None) -> AsyncIterator[Served]:
    async with (
        open_engines(load_config(environment={})) as engines,
        open_server(settings, engines) as server,
    ):
        yield server


@pytest.fixture
def real() -> Serving:
    """Servers with the embedded engines: `async with real() as server`."""
    return _open_real


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    """A second of what scripted engines take for speech, as raw PCM at 24 kHz."""
    return _pcm(tmp_path / "tone.pcm", say(1.0))


@pytest.fixture
def question(tmp_path: Path) -> Path:
    """A spoken question, as raw PCM at 24 kHz. Recorded: no two synthesized ones are the same."""
    return _pcm(tmp_path / "question.pcm", read_audio(QUESTION))


def _pcm(path: Path, audio: Audio) -> Path:
    samples = np.pad(audio.resampled(RATE).samples, (RATE // 2, 0))
    path.write_bytes(to_pcm16(samples))
    return path
