"""How often speech is taken for another language, or another language for the engine's own."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import cast

from vivavoce.audio import Audio, Samples
from vivavoce.config.configuration import Config
from vivavoce.engines import Stt, Vad
from vivavoce.errors import BadRequest
from vivavoce.loading.open_engines import make
from vivavoce.media.decode import read_audio
from vivavoce.text.language.codes import language_of
from vivavoce.transcripts.recordings import RecordingTranscription

from .report import Figure, Report

_FEWEST_WORDS = 4
"""Recordings of fewer words are not warned of, and not counted."""


async def bench_languages(config: Config, speech: Path) -> Report:
    """The clips of a folder by their language, and how many of them are doubted."""
    stt = cast("Stt", make("stt", config.stt))
    vad = cast("Vad", make("vad", config.vad))
    await asyncio.gather(stt.load(), vad.load())
    doubted: dict[str, list[bool]] = defaultdict(list)
    clips = []
    for path, language in _manifest(speech):
        audio = (await asyncio.to_thread(read_audio, speech / path)).resampled(stt.rate)
        heard = await RecordingTranscription(_chunks(audio), stt, vad).finish()
        if len(heard.text.split()) < _FEWEST_WORDS:
            continue
        doubt = any(warning.code == "language_doubtful" for warning in heard.warnings)
        doubted[language].append(doubt)
        sure = heard.language_confidence
        clips.append({"path": path, "lang": language, "doubted": doubt, "sure": sure})
    await stt.aclose()
    await vad.aclose()
    rows = [_row(language, found) for language, found in sorted(doubted.items())]
    note = f"{stt.name}, which knows {', '.join(stt.languages) or 'it does not tell which'}."
    return Report("languages", rows, [note], {"clips": clips})


def _row(language: str, doubted: list[bool]) -> dict[str, Figure]:
    return {
        "language": language,
        "clips": len(doubted),
        "doubted": sum(doubted),
        "doubted %": round(100 * sum(doubted) / len(doubted), 1),
    }


def _manifest(speech: Path) -> list[tuple[str, str]]:
    """The path and language of each clip. Raises BadRequest for a manifest that lacks them."""
    try:
        lines = (speech / "manifest.jsonl").read_text("utf-8").splitlines()
        clips = [json.loads(line) for line in lines if line.strip()]
        return [(clip["path"], language_of(clip["lang"])) for clip in clips]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadRequest(
            f"{speech} needs a manifest.jsonl whose lines have path and lang ({error})"
        ) from error


async def _chunks(audio: Audio) -> AsyncGenerator[Samples, None]:
    for part in audio.slices(1.0):
        yield part.samples
