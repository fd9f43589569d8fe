"""Engines with real weights, loaded while the server runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.server.conftest import open_server
from tests.server.selection.loading import load, unload
from vivavoce.transcripts.word_errors import word_errors

SPEECH = Path(__file__).parents[3] / "shared" / "speech"
JFK = (
    "And so my fellow Americans, ask not what your country can do for you, ask what you can do for "
    "your country."
)


@pytest.mark.slow
async def test_ears_mind_and_voice_come_and_go_while_the_server_runs() -> None:
    path = SPEECH / "faster-whisper/jfk.wav"
    if not path.exists():
        pytest.skip(f"no recording {path}")
    recording = await asyncio.to_thread(path.read_bytes)
    async with (
        open_server() as server,
        httpx.AsyncClient(base_url=server.url, timeout=60) as client,
    ):
        for _ in range(2):
            for name in ("moonshine-tiny-en", "smollm2-135m", "espeak-ng:de"):
                await load(client, name)
            heard = await client.post("/stt/transcribe?model=moonshine:tiny-en", content=recording)
            assert word_errors(JFK, heard.json()["text"]).rate < 0.1
            question = {"role": "user", "content": "What is the capital of France?"}
            body = {"model": "smollm2-135m", "messages": [question]}
            said = (await client.post("/v1/chat/completions", json=body)).json()
            assert "Paris" in said["choices"][0]["message"]["content"]
            speech = {"model": "espeak-ng:de", "text": "Guten Tag."}
            spoken = await client.post("/tts/synthesize", json=speech)
            assert (spoken.status_code, spoken.headers["x-voice"]) == (200, "de")
            for name in ("moonshine:tiny-en", "smollm2-135m", "espeak-ng:de"):
                await unload(client, name)
            assert list(server.service.loaded_engines) == []
