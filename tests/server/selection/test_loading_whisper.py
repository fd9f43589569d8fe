"""Whisper, the real engine on a tiny model in its true format, loaded beside another."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import numpy as np
import pytest

from tests.engine.conftest import write_whisper
from tests.engine.whisper.test_files import voice
from tests.server.selection.loading import engines, load, own_store, put, unload
from vivavoce.audio import Audio
from vivavoce.media.decode import write_audio
from vivavoce.models import home
from vivavoce.registry import EngineSpec
from vivavoce.testing import ScriptedStt

if TYPE_CHECKING:
    from tests.server.conftest import Serving


@pytest.fixture
def speech() -> bytes:
    """Four seconds of what whisper's own VAD takes for speech, between silences."""
    hush = np.zeros(16_000, np.float32)
    file = io.BytesIO()
    write_audio(Audio(np.concatenate([hush, voice(4), hush]), 16_000), file, format="wav")
    return file.getvalue()


async def test_whisper_hears_beside_the_configured_engine_and_goes_again(
    serving: Serving, speech: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(own_store(tmp_path, monkeypatch), "whisper-tiny")
    write_whisper(home() / "whisper-tiny")
    async with (
        serving(stt=ScriptedStt(*["the usual one that hears all who call here"] * 9)) as server,
        httpx.AsyncClient(base_url=server.url, timeout=60) as client,
    ):
        # Eight bits are too few for the tiny model's weights on some processors.
        whisper = EngineSpec("whisper", "base", {"compute_type": "float32"})
        server.service.config = replace(server.service.config, stt=(whisper,))
        for _ in range(2):
            await load(client, "whisper-tiny")
            answer = await client.post("/stt/transcribe?model=whisper:tiny", content=speech)
            assert answer.json()["engine"] == "whisper:tiny"
            assert "so was?" in answer.json()["text"]
            form = {"model": "whisper-tiny", "response_format": "verbose_json"}
            files = {"file": ("a.wav", speech)}
            answer = await client.post("/v1/audio/transcriptions", data=form, files=files)
            assert answer.json()["text"] == "so was?"
            usual = (await client.post("/stt/transcribe", content=speech)).json()
            assert usual["engine"] == "scripted"
            assert usual["text"] == "the usual one that hears all who call here"
            assert not (await unload(client, "whisper-tiny"))["loaded"]
            assert "whisper:tiny" not in await engines(client)


async def test_weights_that_are_broken_are_told_and_leave_nothing(
    serving: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(own_store(tmp_path, monkeypatch), "whisper-tiny")
    async with serving() as server, httpx.AsyncClient(base_url=server.url, timeout=60) as client:
        answer = await client.post("/audio/models/load", json={"model": "whisper-tiny"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "engine_unavailable")
        assert "model.bin" in answer.json()["error"]["message"]
        assert str(tmp_path) not in answer.text
        assert "whisper:tiny" not in await engines(client)
