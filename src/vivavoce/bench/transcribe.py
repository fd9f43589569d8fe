"""Transcribing files: word error rate and speed, beside the raw engine and, for Whisper, beside
faster-whisper's own way with a recording.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing
from pathlib import Path
from typing import TypeAlias, cast

from vivavoce import models
from vivavoce.audio import Audio, Samples
from vivavoce.config.configuration import Config
from vivavoce.engines import Stt, SttOptions, Vad
from vivavoce.loading.open_engines import make
from vivavoce.media.decode import read_audio
from vivavoce.registry import EngineSpec
from vivavoce.transcripts.recordings import transcribe
from vivavoce.transcripts.word_errors import WordErrors, word_errors

from .report import Figure, Report
from .speech import manifest

_Way: TypeAlias = Callable[[Stt, Vad, Audio], Awaitable[str]]
_ENGLISH = SttOptions(language="en", partials=False)


async def bench_transcribe(config: Config, speech: Path) -> Report:
    """The English clips of a folder, each whole to the engine and as `vivavoce transcribe`; with
    Whisper also by faster-whisper, one window of 30 s after the other.
    """
    stt = cast("Stt", make("stt", config.stt))
    vad = cast("Vad", make("vad", config.vad))
    await asyncio.gather(stt.load(), vad.load())
    clips = [
        (path, text, (await asyncio.to_thread(read_audio, speech / path)).resampled(stt.rate))
        for path, text in manifest(speech, "en")
    ]
    errors: dict[str, dict[str, list[WordErrors]]] = defaultdict(lambda: defaultdict(list))
    ways: dict[str, _Way] = {"raw": _raw, "vivavoce": _cut}
    if config.stt[0].name == "whisper":
        ways["sequential"] = await asyncio.to_thread(_sequential, config.stt[0])
    cpu = dict.fromkeys(ways, 0.0)
    texts = []
    for path, text, audio in clips:
        for way, work in ways.items():
            begun = time.process_time()
            got = await work(stt, vad, audio)
            cpu[way] += time.process_time() - begun
            for group in (path.rpartition("/")[0] or ".", "all"):
                errors[group][way].append(word_errors(text, got))
            texts.append({"path": path, "way": way, "text": got})
    await stt.aclose()
    await vad.aclose()
    seconds = sum(audio.seconds for _, _, audio in clips)
    rows = [_row(group, found, clips) for group, found in errors.items() if group != "all"]
    rows.append(_row("all", errors["all"], clips))
    notes = [
        (
            f"{seconds:.0f} s of speech. Times real time per core: "
            + ", ".join(f"{way} {seconds / spent:.1f}" for way, spent in cpu.items())
            + f" ({stt.name})."
        )
    ]
    speeds: dict[str, object] = {
        f"{way}_x_real_time": seconds / spent for way, spent in cpu.items()
    }
    return Report("transcribe", rows, notes, {"texts": texts, **speeds})


def _row(
    group: str, ways: dict[str, list[WordErrors]], clips: list[tuple[str, str, Audio]]
) -> dict[str, Figure]:
    inside = [audio for path, _, audio in clips if group in {"all", path.rpartition("/")[0] or "."}]
    return {
        "folder": group,
        "clips": len(ways["raw"]),
        "seconds": round(sum(audio.seconds for audio in inside)),
        **{f"WER % {way}": wer_percent(found) for way, found in ways.items()},
    }


def wer_percent(errors: Iterable[WordErrors]) -> float:
    """Of all clips together."""
    return round(100 * sum(errors, WordErrors()).rate, 1)


async def transcribed_whole(stt: Stt, audio: Audio) -> str:
    """A clip at the engine's rate as one utterance."""
    stream = await stt.open(_ENGLISH)
    try:
        await stream.feed(audio.samples)
        return (await stream.finish()).text
    finally:
        await stream.aclose()


async def _raw(stt: Stt, vad: Vad, audio: Audio) -> str:
    return await transcribed_whole(stt, audio)


async def _cut(stt: Stt, vad: Vad, audio: Audio) -> str:
    async def chunks() -> AsyncGenerator[Samples, None]:
        for part in audio.slices(1.0):
            yield part.samples

    async with aclosing(transcribe(chunks(), stt, vad, _ENGLISH)) as segments:
        return " ".join([segment.transcript.text async for segment in segments])


def _sequential(spec: EngineSpec) -> _Way:
    """faster-whisper's way, with the same weights, numbers and one thread, and its own defaults."""
    import faster_whisper

    name = spec.model or "base"
    folder = models.fetch(name if Path(name).exists() else f"whisper-{name}")
    kind = str(spec.options.get("compute_type", "auto"))
    model = faster_whisper.WhisperModel(str(folder), device="cpu", cpu_threads=1, compute_type=kind)

    async def work(stt: Stt, vad: Vad, audio: Audio) -> str:
        def text() -> str:
            segments, _ = model.transcribe(audio.samples, language="en")
            return " ".join(segment.text for segment in segments)

        return await asyncio.to_thread(text)

    return work
