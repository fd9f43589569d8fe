"""Batches and measures of recordings with the engines that come out of the box."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import numpy as np
import pytest

from tests.real.conftest import Noise, Recording
from vivavoce.audio import Audio
from vivavoce.config.configuration import load_config
from vivavoce.media.decode import write_audio
from vivavoce.server.run import Life, Notice, Ready, serve
from vivavoce.transcripts.word_errors import word_errors

TEXTS = (
    "The train to the coast leaves at a quarter past nine.",
    "Please bring two umbrellas, because it will rain in the afternoon.",
    "She has written three letters to her brother this week.",
)


@asynccontextmanager
async def served(state: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server with the embedded engines."""
    ready = asyncio.get_running_loop().create_future()

    def tell(notice: Notice) -> None:
        if isinstance(notice, Ready):
            ready.set_result(notice.url)

    server = {"port": 0, "state": str(state), "drain_s": 0.1}
    life = Life(load_config(overrides={"server": server}, environment={}), tell, self_test=False)
    serving = asyncio.create_task(serve(life))
    try:
        await asyncio.wait({serving, ready}, return_when=asyncio.FIRST_COMPLETED)
        async with httpx.AsyncClient(base_url=ready.result(), timeout=60) as client:
            yield client
    finally:
        life.stop.set()
        await serving


async def ended(client: httpx.AsyncClient, job: str) -> None:
    async with client.stream("GET", f"{job}/events") as events:
        async for _ in events.aiter_lines():
            pass


@pytest.mark.slow
async def test_texts_are_spoken_and_understood_over_a_restart(tmp_path: Path) -> None:
    async with served(tmp_path) as client:
        items = [{"text": text} for text in TEXTS]
        job = (await client.post("/tts/batch", json={"items": items})).headers["location"]
        await ended(client, job)
        files = [
            ("files", (f"{number}.wav", (await client.get(f"{job}/items/{number}/audio")).content))
            for number in range(len(TEXTS))
        ]
        heard = (await client.post("/stt/batch", files=files * 4)).headers["location"]
    async with served(tmp_path) as client:
        await ended(client, heard)
        told = (await client.get(heard)).json()
    assert told["counts"] == {"done": 4 * len(TEXTS)}
    said = " ".join(item["result"]["text"] for item in told["items"])
    wanted = " ".join(TEXTS * 4)
    assert word_errors(wanted, said).rate < 0.35, said


@pytest.mark.parametrize("snr_db", [10.0, 20.0])
async def test_a_noisy_recording_is_told_from_a_clean_one(
    recording: Recording, noise: Noise, tmp_path: Path, snr_db: float
) -> None:
    voice = recording("faster-whisper/jfk.wav")
    spoken_dbfs = voice.dbfs + 1.6
    """jfk.wav is speech for 70 % of its time."""
    noisy = Audio(voice.samples + noise(voice.seconds, spoken_dbfs - snr_db), voice.rate)
    file = io.BytesIO()
    write_audio(Audio(np.clip(noisy.samples, -1, 1), noisy.rate), file, format="wav")
    async with served(tmp_path) as client:
        told = (await client.post("/audio/quality", content=file.getvalue())).json()
    assert told["snr_db"] == pytest.approx(snr_db, abs=3.0)
    assert told["problems"] == (["noisy"] if snr_db < 15 else [])
