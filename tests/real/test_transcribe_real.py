"""Whole recordings through the engines that come out of the box."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from vivavoce.audio import Samples
from vivavoce.engine.moonshine.stt import Moonshine
from vivavoce.engine.silero import SileroVad
from vivavoce.media.decode import read_audio
from vivavoce.transcripts.recordings import Segment, transcribe
from vivavoce.transcripts.subtitles import cues
from vivavoce.transcripts.word_errors import WordErrors, normalize, word_errors

SPEECH = Path(__file__).parents[3] / "shared" / "speech"
TWO_CITIES = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the "
    "age of foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the "
    "season of light, it was the season of darkness, it was the spring of hope, it was the winter "
    "of despair, we had everything before us, we had nothing before us, we were all going direct "
    "to heaven, we were all going direct the other way. In short, the period was so far like the "
    "present period, that some of its noisiest authorities insisted on its being received, for "
    "good or for evil, in the superlative degree of comparison only."
)


def recording(name: str) -> Samples:
    path = SPEECH / name
    if not path.exists():
        pytest.skip(f"no recording {path}")
    return read_audio(path, rate=16_000).samples


def clean_clips() -> Iterator[tuple[Samples, str]]:
    """The English sentences without noise, as loud as each other."""
    manifest = SPEECH / "manifest.jsonl"
    if not manifest.exists():
        pytest.skip(f"no recordings {manifest}")
    for line in manifest.read_text().splitlines():
        clip = json.loads(line)
        folder = clip["path"].partition("/")[0]
        if clip["lang"] == "en" and folder in {"leopard", "mlzoo", "pocketsphinx-librivox"}:
            samples = recording(clip["path"])
            yield samples * np.float32(0.08 / np.sqrt(np.mean(samples**2))), clip["text"]


async def heard(samples: Samples, chunk: int = 8_000) -> list[Segment]:
    async def chunks() -> AsyncGenerator[Samples, None]:
        for first in range(0, len(samples), chunk):
            yield samples[first : first + chunk]

    stt, vad = Moonshine(), SileroVad()
    await stt.load()
    await vad.load()
    try:
        async with aclosing(transcribe(chunks(), stt, vad)) as segments:
            return [segment async for segment in segments]
    finally:
        await stt.aclose()
        await vad.aclose()


def joined(segments: list[Segment]) -> str:
    return " ".join(segment.transcript.text for segment in segments)


async def test_a_recording_of_44_seconds_loses_no_sentence() -> None:
    segments = await heard(recording("moonshine/two_cities_16k.wav"))
    errors = word_errors(TWO_CITIES, joined(segments))
    assert errors.rate < 0.06
    assert errors.deletions <= 1
    text = " ".join(normalize(joined(segments)))
    for sentence in (
        "best of times",
        "epoch of belief",
        "winter of despair",
        "before us",
        "heaven",
    ):
        assert sentence in text
    assert all(
        0 <= before.start < before.end <= after.start for before, after in pairwise(segments)
    )
    assert segments[-1].end < 44.5


async def test_sentences_in_a_row_are_understood_as_well_as_each_by_itself() -> None:
    clips = list(clean_clips())
    row = np.concatenate([samples for samples, _ in clips])
    together = word_errors(" ".join(text for _, text in clips), joined(await heard(row)))
    alone = WordErrors()
    for samples, text in clips:
        alone += word_errors(text, joined(await heard(samples)))
    assert together.rate < 0.06
    assert alone.rate < 0.06


async def test_where_the_audio_is_cut_into_chunks_makes_no_difference() -> None:
    samples = recording("moonshine/two_cities_16k.wav")[: 20 * 16_000]
    assert await heard(samples, 1_111) == await heard(samples, 100_000)


@pytest.mark.parametrize("level", [0.0, 0.002, 0.05])
async def test_noise_and_silence_are_no_speech(level: float) -> None:
    noise = level * np.random.default_rng(0).standard_normal(10 * 16_000)
    assert await heard(noise.astype(np.float32)) == []


async def test_an_office_without_talkers_is_almost_silent() -> None:
    segments = await heard(recording("noise/office-ambience-24000-mono.mp3"))
    assert len(normalize(joined(segments))) <= 5


async def test_subtitles_lie_on_the_speech() -> None:
    samples = recording("moonshine/beckett.wav")
    shown = list(cues(await heard(samples)))
    assert " ".join(" ".join(cue.lines) for cue in shown).startswith("Ever tried")
    for cue in shown:
        first, last = round(cue.start * 16_000), round(cue.end * 16_000)
        assert np.abs(samples[first:last]).max() > 0.01
