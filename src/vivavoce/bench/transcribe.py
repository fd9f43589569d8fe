"""Transcribing files: word error rate and speed, beside the raw engine fed by hand."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from pathlib import Path
from typing import cast

from vivavoce.audio import Audio, Samples
from vivavoce.config.configuration import Config
from vivavoce.engines import Stt, SttOptions, Vad
from vivavoce.loading.open_engines import make
from vivavoce.media.decode import read_audio
from vivavoce.transcripts.recordings import transcribe
from vivavoce.transcripts.word_errors import WordErrors, word_errors

from .report import Figure, Report
from .speech import manifest


async def bench_transcribe(config: Config, speech: Path) -> Report:
    """The English clips of a folder, each whole to the engine and as `vivavoce transcribe`."""
    stt = cast("Stt", make("stt", config.stt))
    vad = cast("Vad", make("vad", config.vad))
    await asyncio.gather(stt.load(), vad.load())
    clips = [
        (path, text, (await asyncio.to_thread(read_audio, speech / path)).resampled(stt.rate))
        for path, text in manifest(speech, "en")
    ]
    errors: dict[str, dict[str, list[WordErrors]]] = defaultdict(lambda: defaultdict(list))
    cpu = dict.fromkeys(("raw", "vivavoce"), 0.0)
    texts = []
    for path, text, audio in clips:
        for way, work in (("raw", _raw), ("vivavoce", _cut)):
            begun = time.process_time()
            got = await work(stt, vad, audio)
            cpu[way] += time.process_time() - begun
            for group in (path.rpartition("/")[0] or ".", "all"):
                errors[group][way].append(word_errors(text, got))
            texts.append({"path": path, "way": way, "text": got})
    await stt.aclose()
    await vad.aclose()
    seconds = sum(audio.seconds for _, _, audio in clips)
    rows = [_row(group, ways, clips) for group, ways in errors.items() if group != "all"]
    rows.append(_row("all", errors["all"], clips))
    notes = [
        (
            f"{seconds:.0f} s of speech. Times real time per core: "
            f"raw {seconds / cpu['raw']:.1f}, vivavoce {seconds / cpu['vivavoce']:.1f} "
            f"({stt.name})."
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
        "WER % raw": wer_percent(ways["raw"]),
        "WER % vivavoce": wer_percent(ways["vivavoce"]),
    }


def wer_percent(errors: Iterable[WordErrors]) -> float:
    """Of all clips together."""
    return round(100 * sum(errors, WordErrors()).rate, 1)


async def transcribed_whole(stt: Stt, audio: Audio) -> str:
    """A clip at the engine's rate as one utterance."""
    stream = await stt.open(SttOptions(partials=False))
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

    async with aclosing(transcribe(chunks(), stt, vad)) as segments:
        return " ".join([segment.transcript.text async for segment in segments])
