"""Recordings converted, measured and enhanced, by a real server."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import numpy as np
import pytest

from vivavoce.audio import Audio, Samples
from vivavoce.media.decode import probe_audio, read_audio, write_audio
from vivavoce.testing import hush, say

if TYPE_CHECKING:
    from tests.server.conftest import Served, Serving

WAYS = ["convert", "analyze", "quality", "enhance"]
SPEECH = Path(__file__).parents[4] / "shared/speech/faster-whisper/jfk.wav"
KEY = "vv-0123456789abcdef0123456789abcdef"


@pytest.fixture
async def client(server: Served) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{server.url}/audio", timeout=30) as client:
        yield client


def encoded(*parts: Audio, form: str = "wav") -> bytes:
    file = io.BytesIO()
    samples = np.concatenate([part.samples for part in parts])
    write_audio(Audio(samples, parts[0].rate), file, format=form)
    return file.getvalue()


def upload(data: bytes) -> dict[str, tuple[str, bytes]]:
    return {"file": ("../../a.wav", data)}


@pytest.mark.parametrize("form", ["wav", "mp3", "ogg", "opus", "aac", "flac"])
async def test_a_recording_becomes_another_format(client: httpx.AsyncClient, form: str) -> None:
    source = encoded(say(1.0, rate=44_100), form="flac")
    fields = {"format": form, "sample_rate": "24000"}
    answer = await client.post("/convert", files=upload(source), data=fields)
    assert answer.status_code == 200, answer.text
    made = io.BytesIO(answer.content)
    assert read_audio(made).seconds == pytest.approx(1.0, abs=0.15)
    made.seek(0)
    info = probe_audio(made)
    assert info.channels == 1
    assert info.rate == {"opus": 48_000, "ogg": 48_000}.get(form, 24_000)


async def test_a_converted_recording_sounds_the_same(client: httpx.AsyncClient) -> None:
    source = say(1.0, rate=16_000)
    answer = await client.post("/convert?format=flac", content=encoded(source))
    made = read_audio(io.BytesIO(answer.content))
    assert made.rate == 16_000
    assert np.abs(made.samples - source.samples).max() < 1e-3


async def test_raw_samples_come_as_16_bits(client: httpx.AsyncClient) -> None:
    answer = await client.post("/convert?format=pcm&sample_rate=8000", content=encoded(say(1.0)))
    assert len(answer.content) == pytest.approx(16_000, abs=20)


async def test_an_analysis_tells_what_is_so(client: httpx.AsyncClient) -> None:
    source = encoded(hush(1.0, rate=24_000), say(2.0, rate=24_000), form="flac")
    told = (await client.post("/analyze", files=upload(source))).json()
    assert (told["sample_rate"], told["channels"], told["codec"]) == (24_000, 1, "flac")
    assert told["duration_s"] == pytest.approx(3.0)
    assert told["peak_dbfs"] == pytest.approx(20 * np.log10(0.3), abs=0.1)
    assert told["clipped"] == 0.0
    assert len(told["speech"]) == 1
    assert told["speech"][0]["start"] == pytest.approx(1.0, abs=0.05)
    assert told["speech_ratio"] == pytest.approx(2 / 3, abs=0.02)
    assert told["vad"] == "scripted"


async def test_digital_silence_has_no_level(client: httpx.AsyncClient) -> None:
    told = (await client.post("/analyze", content=encoded(hush(1.0)))).json()
    assert (told["rms_dbfs"], told["peak_dbfs"], told["speech"]) == (None, None, [])
    told = (await client.post("/quality", content=encoded(hush(1.0)))).json()
    assert (told["snr_db"], told["problems"]) == (None, ["no_speech"])


async def test_quality_names_what_is_wrong(client: httpx.AsyncClient) -> None:
    clipped = Audio(np.clip(5 * say(1.0, rate=8_000).samples, -1, 1), 8_000)
    told = (await client.post("/quality", content=encoded(clipped))).json()
    assert told["problems"] == ["clipped", "narrowband"]
    good = encoded(hush(1.0), say(1.0))
    assert (await client.post("/quality", content=good)).json()["problems"] == []
    some = await client.post("/quality", files=upload(good), data={"measures": "level"})
    assert some.json()["rms_dbfs"] is not None
    assert some.json()["clipped"] is None


async def test_what_no_engine_can_tell_is_said_to_be_so(client: httpx.AsyncClient) -> None:
    for path, fields, param in [
        ("/quality", {"measures": "mos"}, "measures"),
        ("/quality", {"measures": "level,pesq"}, "measures"),
        ("/convert", {"channels": "2"}, "channels"),
    ]:
        answer = await client.post(path, files=upload(encoded(say(1.0))), data=fields)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["param"]) == (
            501, "not_implemented", param,
        )  # fmt: skip


def noisy_speech(rate: int) -> tuple[Audio, Samples]:
    """Two seconds of noise alone, then voice in it; and the voice."""
    noise = 0.02 * np.random.default_rng(3).standard_normal(rate * 6)
    voice = np.concatenate([hush(3.0, rate=rate).samples, say(3.0, rate=rate).samples])
    return Audio((voice + noise).astype(np.float32), rate), voice


@pytest.mark.parametrize("rate", [16_000, 44_100])
async def test_enhancing_takes_noise_away_and_leaves_the_length(
    client: httpx.AsyncClient, rate: int
) -> None:
    pytest.importorskip("livekit.rtc.apm")
    noisy, _ = noisy_speech(rate)
    answer = await client.post("/enhance?format=wav", content=encoded(noisy))
    assert answer.status_code == 200, answer.text
    made = read_audio(io.BytesIO(answer.content))
    assert made.rate == rate
    assert made.seconds == pytest.approx(6.0, abs=0.01)
    assert made.cut(1.0, 2.8).dbfs < noisy.cut(1.0, 2.8).dbfs - 6


async def test_gain_brings_a_quiet_voice_up(client: httpx.AsyncClient) -> None:
    pytest.importorskip("livekit.rtc.apm")
    if not SPEECH.exists():
        pytest.skip("needs recorded speech")
    voice = read_audio(SPEECH, rate=16_000)
    quiet = Audio(voice.samples * np.float32(0.1), 16_000)
    fields = {"noise": "false", "gain": "true"}
    answer = await client.post("/enhance", files=upload(encoded(quiet)), data=fields)
    made = read_audio(io.BytesIO(answer.content))
    assert quiet.dbfs + 6 < made.dbfs < -10


async def test_enhancing_nothing_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/enhance?noise=false", content=encoded(say(1.0)))
    assert answer.json()["error"]["param"] == "noise"


def test_a_missing_package_is_named() -> None:
    code = """
import asyncio, sys
sys.modules["livekit"] = None
from vivavoce.server.speech.enhancement import cleaner
try:
    asyncio.run(cleaner(16_000, noise=True, gain=False))
except Exception as error:
    print(error.status, error.code, error)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("501 not_installed")
    assert "vivavoce[mic]" in ran.stdout


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "invalid_audio"), (b"no audio at all", "invalid_audio"), (bytes(999), "invalid_audio")],
)
async def test_what_is_no_recording_is_refused(
    client: httpx.AsyncClient, way: str, content: bytes, code: str
) -> None:
    for answer in (
        await client.post(f"/{way}", content=content),
        await client.post(f"/{way}", files=upload(content)),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
        assert tempfile.gettempdir() not in answer.text


@pytest.mark.parametrize("way", WAYS)
async def test_a_field_that_is_not_known_is_named(client: httpx.AsyncClient, way: str) -> None:
    answer = await client.post(f"/{way}", files=upload(encoded(say(0.5))), data={"nonsense": "1"})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "nonsense")


@pytest.mark.parametrize("way", ["analyze", "quality"])
async def test_a_small_file_with_hours_in_it_is_refused(serving: Serving, way: str) -> None:
    bomb = encoded(hush(600.0, rate=8_000), form="flac")
    limits = {"limits": {"audio_s": 60.0}}
    async with serving(limits) as server, httpx.AsyncClient(base_url=server.url) as client:
        answer = await client.post(f"/audio/{way}", content=bomb)
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "audio_too_long")
        assert server.service.admission.computing == 0


@pytest.mark.parametrize("way", ["convert", "enhance"])
async def test_a_file_that_says_it_is_too_long_is_refused(serving: Serving, way: str) -> None:
    bomb = encoded(say(90.0, rate=8_000), form="flac")
    limits = {"limits": {"audio_s": 60.0}}
    async with serving(limits) as server, httpx.AsyncClient(base_url=server.url) as client:
        answer = await client.post(f"/audio/{way}", content=bomb)
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "audio_too_long")


def without_its_length(flac: bytes) -> bytes:
    """The same file, whose STREAMINFO (RFC 9639) does not state how many samples it has."""
    return flac[:21] + bytes([flac[21] & 0xF0]) + bytes(4) + flac[26:]


@pytest.mark.parametrize("way", ["convert", "enhance"])
async def test_a_file_that_turns_out_too_long_is_cut_and_not_ended(
    serving: Serving, way: str
) -> None:
    bomb = without_its_length(encoded(say(90.0, rate=8_000), form="flac"))
    limits = {"limits": {"audio_s": 60.0}}
    async with serving(limits) as server, httpx.AsyncClient(base_url=server.url) as client:
        with pytest.raises(httpx.TransportError):
            await client.post(f"/audio/{way}", content=bomb)
        assert (await client.post(f"/audio/{way}", content=encoded(say(1.0)))).is_success


async def test_nothing_is_left_of_an_upload(
    serving: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    async with serving() as server, httpx.AsyncClient(base_url=server.url) as client:
        for way in WAYS:
            await client.post(f"/audio/{way}", files=upload(encoded(say(1.0))))
            await client.post(f"/audio/{way}", content=b"no audio")
        for way in WAYS:
            await client.post(f"/audio/{way}", content=encoded(say(1.0)))
    assert [path.name for path in tmp_path.iterdir()] == []  # noqa: ASYNC240 - at the end


@pytest.mark.parametrize("way", WAYS)
async def test_a_key_is_needed_where_there_are_keys(serving: Serving, way: str) -> None:
    async with (
        serving({"keys": [KEY]}) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        assert (await client.post(f"/audio/{way}", content=b"x")).status_code == 401
        headers = {"X-API-Key": KEY}
        content = encoded(say(0.5))
        answer = await client.post(f"/audio/{way}", content=content, headers=headers)
        assert answer.status_code == 200


@pytest.mark.parametrize("way", WAYS)
async def test_a_rate_that_cannot_be_is_refused(client: httpx.AsyncClient, way: str) -> None:
    wrong = bytearray(encoded(say(1.0)))
    wrong[24:28] = (100).to_bytes(4, "little")  # where a WAV file tells its rate
    answer = await client.post(f"/{way}", content=bytes(wrong))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_audio")
    assert "rate" in answer.json()["error"]["message"]
