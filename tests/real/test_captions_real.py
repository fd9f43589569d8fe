"""Live captions of real recordings, by the engines that come out of the box."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from vivavoce.audio import Audio
from vivavoce.engine.moonshine.stt import Moonshine
from vivavoce.engine.silero import SileroVad
from vivavoce.engines import SttOptions
from vivavoce.transcripts.live_captions import Caption, CaptionSettings, captions
from vivavoce.transcripts.word_errors import word_errors

if TYPE_CHECKING:
    from tests.real.conftest import Recording

RATE = 16_000
LINES = {
    "leopard/test.wav": "Mr. Quilter is the apostle of the middle classes and we are glad to "
    "welcome his gospel.",
    "riva/en-US_sample.wav": "What is natural language processing?",
    "faster-whisper/jfk.wav": "And so my fellow Americans, ask not what your country can do for "
    "you, ask what you can do for your country.",
}


async def chunks(audio: Audio) -> AsyncIterator[Audio]:
    for first in range(0, len(audio.samples), 500):
        yield Audio(audio.samples[first : first + 500], audio.rate)


async def listen(
    audio: Audio, settings: CaptionSettings | None = None, *, partials: bool = False
) -> list[Caption]:
    vad, stt = SileroVad(), Moonshine()
    await vad.load()
    await stt.load()
    heard = captions(chunks(audio), vad, stt, SttOptions(partials=partials), settings)
    async with aclosing(heard):
        found = [caption async for caption in heard]
    await stt.aclose()
    await vad.aclose()
    return found


def joined(recording: Recording, pause_s: float) -> tuple[Audio, str]:
    pause = np.zeros(round(pause_s * RATE), np.float32)
    parts = [part for name in LINES for part in (recording(name).samples, pause)]
    return Audio(np.concatenate(parts), RATE), " ".join(LINES.values())


async def test_a_stream_of_sentences_is_captioned_in_order(recording: Recording) -> None:
    audio, text = joined(recording, 1.5)
    heard = await listen(audio)
    said = " ".join(caption.transcript.text for caption in heard)
    assert word_errors(text, said).rate < 0.12, said
    for before, after in pairwise(heard):
        assert before.end <= after.start


async def test_speech_that_never_pauses_is_cut_without_losing_words(recording: Recording) -> None:
    audio, text = joined(recording, 0.0)
    settings = CaptionSettings(silence_s=60, pause_s=60, longest_s=8)
    heard = await listen(audio, settings)
    said = " ".join(caption.transcript.text for caption in heard)
    assert len(heard) >= 2
    assert word_errors(text, said).rate < 0.2, said


async def test_partials_lead_to_their_final(recording: Recording) -> None:
    heard = await listen(recording("leopard/test.wav"), partials=True)
    *partials, final = heard
    assert final.final
    assert len(partials) >= 2
    assert not any(caption.final for caption in partials)
    assert len(partials[0].transcript.text) < len(final.transcript.text)
