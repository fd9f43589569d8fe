"""Plain requests: the first byte of speech, and a recording's transcript."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

import httpx
import numpy as np

from vivavoce.audio import Audio
from vivavoce.bench.report import Figure, Report, quantile
from vivavoce.bench.speech import QUESTIONS, RATE, synthesized
from vivavoce.config.configuration import Config
from vivavoce.conversation.session import Engines
from vivavoce.loading.open_engines import open_engines
from vivavoce.media.decode import stream_audio, write_audio
from vivavoce.transcripts.recordings import transcribe

from .plan import MeasurementPlan
from .process import MeasuredServer
from .realtime_client import ServerFailed

_CLIP_S = 10.0
_WAV_HEAD = 44
_ID3_HEAD = 10

FORMATS = ("wav", "pcm", "mp3", "opus")


async def bench_server_speech(server: MeasuredServer, plan: MeasurementPlan) -> Report:
    """`POST /v1/audio/speech`, in every format in turn: until the first audio comes."""
    took: dict[str, list[float]] = {name: [] for name in FORMATS}
    for name in FORMATS:
        await _first_audio(server, QUESTIONS[0], name)
    for number in range(plan.calls):
        text = QUESTIONS[number % len(QUESTIONS)]
        for name in FORMATS:
            took[name].append(await _first_audio(server, text, name))
    rows: list[dict[str, Figure]] = [
        {
            "format": name,
            "n": len(seconds),
            "median": _ms(quantile(seconds, 0.5)),
            "95 %": _ms(quantile(seconds, 0.95)),
            "worst": _ms(max(seconds, default=None)),
        }
        for name, seconds in took.items()
    ]
    notes = [
        (
            "From the request to the first byte of audio, past the container's header; in ms. "
            "One connection, kept open; the first call of each format does not count."
        )
    ]
    return Report("server: speech", rows, notes, {"seconds": took})


async def bench_server_transcribe(
    config: Config, server: MeasuredServer, plan: MeasurementPlan
) -> Report:
    """`POST /stt/transcribe` of ten seconds, beside the same in this process, in turns."""
    async with open_engines(config) as engines:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "speech.wav"
            write_audio(await _ten_seconds(engines), path)
            recording = await asyncio.to_thread(path.read_bytes)
            ways: dict[str, Callable[[], Awaitable[str]]] = {
                "in process": lambda: _here(engines, path),
                "server": lambda: _there(server, recording),
            }
            took: dict[str, list[float]] = {name: [] for name in ways}
            texts = {name: await way() for name, way in ways.items()}
            for number in range(plan.calls):
                for name in list(ways)[:: 1 if number % 2 else -1]:
                    begun = time.perf_counter()
                    await ways[name]()
                    took[name].append(time.perf_counter() - begun)
    ratios = np.divide(took["server"], took["in process"]).tolist()
    row: dict[str, Figure] = {
        "calls": plan.calls,
        "in process, median": _ms(quantile(took["in process"], 0.5)),
        "server, median": _ms(quantile(took["server"], 0.5)),
        "ratio, median of pairs": _ratio(quantile(ratios, 0.5)),
        "95 %": _ratio(quantile(ratios, 0.95)),
        "same text": texts["server"] == texts["in process"],
    }
    notes = [f"A WAV file of {_CLIP_S:g} s, decoded and transcribed; in ms."]
    return Report("server: transcribe", [row], notes, {"seconds": took, "texts": texts})


async def _first_audio(server: MeasuredServer, text: str, form: str) -> float:
    """Seconds to the first byte of audio; the rest is read too. Raises ServerFailed."""
    wanted = {"model": "tts-1", "voice": "alloy", "input": text, "response_format": form}
    begun, first, head = time.perf_counter(), None, b""
    try:
        async with server.http.stream("POST", "/v1/audio/speech", json=wanted) as response:
            if response.is_error:
                said = (await response.aread())[:200].decode(errors="replace")
                raise ServerFailed(f"/v1/audio/speech: HTTP {response.status_code} {said}")
            async for piece in response.aiter_raw():
                if first is None:
                    head += piece
                    first = time.perf_counter() - begun if has_audio(head, form) else None
    except httpx.HTTPError as error:
        raise ServerFailed(f"/v1/audio/speech broke off: {error!r}") from error
    if first is None:
        raise ServerFailed(f"/v1/audio/speech sent no audio as {form}")
    return first


def has_audio(data: bytes, form: str) -> bool:
    """Whether a stream that begins so is past its header. form: one of FORMATS."""
    match form:
        case "wav":
            return len(data) > _WAV_HEAD
        case "opus":
            return data.count(b"OggS") > 2  # pages: what it is, its tags, sound
        case "mp3" if data.startswith(b"ID3"):
            sizes = data[6:_ID3_HEAD]
            size = sum(size << 7 * place for place, size in enumerate(reversed(sizes)))
            return len(data) > _ID3_HEAD + size
        case _:
            return bool(data)


async def _ten_seconds(engines: Engines) -> Audio:
    clips = await synthesized(engines.tts, QUESTIONS[:8])
    samples = np.concatenate([clip.audio.samples for clip in clips])
    return Audio(np.resize(samples, round(_CLIP_S * RATE)), RATE)


async def _here(engines: Engines, path: Path) -> str:
    async with (
        aclosing(stream_audio(path, engines.stt.rate)) as audio,
        aclosing(transcribe(audio, engines.stt, engines.vad)) as segments,
    ):
        return " ".join([segment.transcript.text async for segment in segments])


async def _there(server: MeasuredServer, recording: bytes) -> str:
    files = {"file": ("speech.wav", recording, "audio/wav")}
    try:
        response = await server.http.post("/stt/transcribe", files=files)
    except httpx.HTTPError as error:
        raise ServerFailed(f"/stt/transcribe broke off: {error!r}") from error
    if response.is_error:
        said = response.text[:200]
        raise ServerFailed(f"/stt/transcribe: HTTP {response.status_code} {said}")
    return str(response.json()["text"])


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(1000 * seconds, 1)


def _ratio(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
