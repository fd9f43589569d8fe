"""Whole recordings through Whisper: the real code on a real, tiny model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from vivavoce.audio import Samples
from vivavoce.engine.whisper.files import SpeechSpan, clips
from vivavoce.engine.whisper.stt import FasterWhisper, WhisperOptions
from vivavoce.engines import FileStt, SttOptions
from vivavoce.options import build
from vivavoce.testing.scripted import ScriptedVad
from vivavoce.transcripts.recordings import transcribe

RATE = 16_000
HUSH = np.zeros(RATE, np.float32)
LOOP = {"<|startoftranscript|>": "<|en|>", "<|transcribe|>": "<|0.00|>", "<|0.00|>": "Ġla",
        "<|notimestamps|>": "Ġla", "Ġla": "Ġla"}  # fmt: skip


def voice(seconds: float) -> Samples:
    """A buzz through two moving formants, which Silero takes for speech."""
    time = np.arange(round(seconds * RATE)) / RATE
    pitch = 120 * (1 + 0.08 * np.sin(2 * np.pi * 1.3 * time))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    first = 500 + 250 * np.sin(2 * np.pi * 2.1 * time)
    second = 1500 + 600 * np.sin(2 * np.pi * 1.7 * time + 1)
    sound = np.zeros_like(time)
    for harmonic in range(1, 30):
        height = harmonic * pitch
        loudness = 1 / (1 + ((height - first) / 90) ** 2)
        loudness += 0.6 / (1 + ((height - second) / 120) ** 2)
        sound += loudness * np.sin(harmonic * phase)
    syllables = 0.55 + 0.45 * np.sin(2 * np.pi * 3.5 * time)
    return np.asarray(0.2 * syllables * sound / np.abs(sound).max(), np.float32)


@asynccontextmanager
async def loaded(folder: Path, **options: int | str | bool) -> AsyncGenerator[FasterWhisper, None]:
    # Not 8-bit: processors without VNNI saturate at such a model's large weights.
    whisper = FasterWhisper(
        build(WhisperOptions, {"model": str(folder), "compute_type": "float32", **options})
    )
    await whisper.load()
    try:
        yield whisper
    finally:
        await whisper.aclose()


async def chunks(*parts: Samples, size: int = 4_000) -> AsyncGenerator[Samples, None]:
    samples = np.concatenate(parts)
    for first in range(0, len(samples), size):
        yield samples[first : first + size]


async def test_a_recording_is_read_in_batches_with_its_own_pauses(
    whisper_model: Callable[..., Path],
) -> None:
    spoken = np.concatenate([HUSH, voice(4), *[HUSH] * 30])
    async with loaded(whisper_model(), batch_size=2) as whisper:
        assert isinstance(whisper, FileStt)
        audio = chunks(*[spoken] * 4)
        found = [it async for it in whisper.transcribe(audio, SttOptions())]
    assert [it.text for it in found] == ["so was?"] * 4
    starts = [it.words[0].start for it in found]
    assert np.diff(starts) == pytest.approx([35.0] * 3, abs=2)
    assert all(0.5 + 35 * at < start < 4.5 + 35 * at for at, start in enumerate(starts))
    assert {it.language for it in found} == {"de"}
    assert found[0].language_confidence == pytest.approx(1.0, abs=1e-3)


async def test_segments_of_a_recording_have_its_times(whisper_model: Callable[..., Path]) -> None:
    async with loaded(whisper_model()) as whisper:
        audio = chunks(HUSH, HUSH, voice(4), HUSH)
        options = SttOptions(language="de", words=True)
        [segment] = [it async for it in transcribe(audio, whisper, ScriptedVad(), options)]
    first, last = segment.transcript.words
    assert (segment.start, segment.end) == (first.start, last.end)
    assert 1.5 < segment.start < segment.end < 7.0
    assert segment.transcript.language_confidence is None


async def test_speech_without_a_pause_goes_on_from_block_to_block(
    whisper_model: Callable[..., Path],
) -> None:
    async with loaded(whisper_model(), batch_size=1, fallback=False) as whisper:
        found = [it async for it in whisper.transcribe(chunks(voice(70)), SttOptions())]
    assert len(found) >= 3
    starts = [it.words[0].start for it in found]
    assert starts == sorted(starts)
    assert starts[-1] > 50


async def test_a_bad_window_of_a_recording_is_tried_again_and_then_left_out(
    whisper_model: Callable[..., Path],
) -> None:
    async with loaded(whisper_model(LOOP), beam_size=1) as whisper:
        audio = chunks(HUSH, voice(4), HUSH)
        found = [it async for it in whisper.transcribe(audio, SttOptions(language="en"))]
    assert not any("la la" in it.text for it in found)


async def test_silence_and_an_empty_recording_give_nothing(
    whisper_model: Callable[..., Path],
) -> None:
    async with loaded(whisper_model()) as whisper:
        for audio in (chunks(*[HUSH] * 3), chunks(HUSH[:0])):
            assert [it async for it in whisper.transcribe(audio, SttOptions())] == []


async def test_a_recording_may_be_left_in_the_middle(whisper_model: Callable[..., Path]) -> None:
    async with loaded(whisper_model(), batch_size=1) as whisper:
        segments = whisper.transcribe(chunks(*[voice(4), *[HUSH] * 26] * 3), SttOptions())
        await anext(segments)
        await segments.aclose()
        waiting = asyncio.ensure_future(anext(whisper.transcribe(chunks(voice(9)), SttOptions())))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})
        assert waiting.cancelled()


def test_stretches_of_speech_are_joined_as_far_as_a_window_holds() -> None:
    second = RATE
    spans = [
        SpeechSpan(0, 10 * second),
        SpeechSpan(12 * second, 27 * second),
        SpeechSpan(28 * second, 50 * second),
    ]
    assert clips(spans) == [SpeechSpan(0, 27 * second), SpeechSpan(28 * second, 50 * second)]
    assert spans[0] == SpeechSpan(0, 10 * second)
    assert clips([]) == []
