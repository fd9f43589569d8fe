"""Whisper base with its real weights, on real recordings in several languages."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from vivavoce import models
from vivavoce.audio import Samples
from vivavoce.engine.whisper.stt import FasterWhisper, WhisperOptions
from vivavoce.engines import SttOptions, Transcript
from vivavoce.errors import ModelError
from vivavoce.transcripts.word_errors import word_errors

if TYPE_CHECKING:
    from tests.real.conftest import Recording

pytestmark = pytest.mark.slow
RATE = 16_000
ASK_NOT = (
    "And so my fellow Americans ask not what your country can do for you, "
    "ask what you can do for your country."
)


@pytest_asyncio.fixture
async def whisper() -> AsyncIterator[FasterWhisper]:
    try:
        models.fetch("whisper-base")
    except ModelError as error:
        pytest.skip(f"no weights: {error}")
    stt = FasterWhisper(WhisperOptions(model="base"))
    await stt.load()
    yield stt
    await stt.aclose()


async def heard(stt: FasterWhisper, samples: Samples, options: SttOptions) -> Transcript:
    stream = await stt.open(options)
    await stream.feed(samples)
    transcript = await stream.finish()
    await stream.aclose()
    return transcript


async def chunks(samples: Samples) -> AsyncGenerator[Samples, None]:
    for first in range(0, len(samples), RATE):
        yield samples[first : first + RATE]


@pytest.mark.parametrize("language", ["de", "es", "fr", "it", "ja", "ko", "pt"])
async def test_the_language_of_a_sentence_is_found_out(
    whisper: FasterWhisper, recording: Recording, language: str
) -> None:
    samples = recording(f"leopard/test_{language}.wav").samples
    transcript = await heard(whisper, samples, SttOptions(partials=False))
    assert transcript.language == language
    assert transcript.language_confidence is not None
    assert transcript.language_confidence > 0.5
    assert transcript.text


async def test_german_is_translated_into_english(
    whisper: FasterWhisper, recording: Recording
) -> None:
    options = SttOptions(language="de", translate=True, partials=False)
    transcript = await heard(whisper, recording("leopard/test_de.wav").samples, options)
    said = transcript.text.lower()
    assert "portal" in said
    assert " the " in f" {said} "


async def test_words_have_times_in_order(whisper: FasterWhisper, recording: Recording) -> None:
    samples = recording("faster-whisper/jfk.wav").samples
    options = SttOptions(language="en", words=True, partials=False)
    transcript = await heard(whisper, samples, options)
    assert word_errors(ASK_NOT, transcript.text).errors == 0
    times = [(word.start, word.end) for word in transcript.words]
    assert len(times) == 22
    assert all(start < end for start, end in times)
    assert all(end <= start + 0.02 for (_, end), (start, _) in pairwise(times))
    assert 0.0 < times[0][0] < 0.8
    assert 9.8 < times[-1][1] <= 11.0


async def test_a_short_command_is_not_said_over_and_over(
    whisper: FasterWhisper, recording: Recording
) -> None:
    samples = recording("vctk-demand/clean/p287_001.wav").samples
    transcript = await heard(whisper, samples, SttOptions(language="en", partials=False))
    assert word_errors("Please call Stella.", transcript.text).errors == 0


async def test_a_recording_is_read_in_batches(whisper: FasterWhisper, recording: Recording) -> None:
    samples = recording("faster-whisper/jfk.wav").samples
    options = SttOptions(language="en")
    found = [it async for it in whisper.transcribe(chunks(samples), options)]
    assert word_errors(ASK_NOT, " ".join(it.text for it in found)).errors == 0
    starts = [word.start for it in found for word in it.words]
    assert starts == sorted(starts)
