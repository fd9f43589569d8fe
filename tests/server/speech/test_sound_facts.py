"""Measuring recordings."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.audio import Audio, Samples
from vivavoce.server.speech.sound_facts import SoundFacts, SoundMeter, VoicedStretch, sound_facts
from vivavoce.testing import ScriptedVad, hush, say

RATE = 16_000


def noise(seconds: float, level: float) -> Samples:
    """White noise with this standard deviation, always the same."""
    made = np.random.default_rng(7).standard_normal(round(seconds * RATE))
    return (level * made).astype(np.float32)


async def measured(samples: Samples, rate: int = RATE, step: int = 7_001) -> SoundFacts:
    async def chunks() -> AsyncGenerator[Samples, None]:
        for start in range(0, len(samples), step):
            yield samples[start : start + step]

    async with aclosing(chunks()) as audio:
        return await sound_facts(audio, rate, ScriptedVad())


async def test_speech_is_found_where_it_is() -> None:
    parts = (hush(1.0), say(1.0), hush(0.1), say(0.5), hush(2.0), say(1.0), hush(0.4))
    facts = await measured(np.concatenate([part.samples for part in parts]))
    assert len(facts.speech) == 2
    found = [(stretch.start, stretch.end) for stretch in facts.speech]
    assert found[0] == pytest.approx((1.0, 2.6), abs=0.03)
    assert found[1] == pytest.approx((4.6, 5.6), abs=0.03)
    assert facts.seconds == pytest.approx(6.0)
    assert facts.speech_ratio == pytest.approx(2.6 / 6.0, abs=0.02)


async def test_long_speech_is_one_stretch() -> None:
    facts = await measured(np.concatenate([hush(1.0).samples, say(50.0).samples]))
    assert len(facts.speech) == 1
    assert facts.speech[0].end == pytest.approx(51.0, abs=0.03)


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
async def test_levels_are_those_of_the_samples(rate: int) -> None:
    facts = await measured(say(2.0, rate=rate, level=0.5).samples, rate)
    assert facts.peak == pytest.approx(20 * np.log10(0.5), abs=0.05)
    assert facts.rms == pytest.approx(20 * np.log10(0.5) - 3.01, abs=0.05)
    assert facts.clipped == 0.0


@pytest.mark.parametrize("snr_db", [6.0, 12.0, 20.0, 30.0])
async def test_the_noise_is_told_from_the_speech(snr_db: float) -> None:
    parts = (hush(1.5), say(2.0), hush(1.5))
    clean = np.concatenate([part.samples for part in parts])
    power = 0.3**2 / 2
    level = float(np.sqrt(power / 10 ** (snr_db / 10)))
    noisy = clean + noise(5.0, level)
    meter = SoundMeter(RATE)
    meter.feed(noisy)
    facts = meter.facts([VoicedStretch(1.5, 3.5)])
    assert facts.snr == pytest.approx(snr_db, abs=0.5)
    assert facts.noise_level == pytest.approx(20 * np.log10(level), abs=0.3)


async def test_what_cannot_be_told_is_not_told() -> None:
    silent = await measured(hush(2.0).samples)
    assert (silent.rms, silent.peak, silent.snr, silent.noise_level) == (None,) * 4
    assert silent.speech == ()
    only_speech = await measured(say(2.0).samples)
    assert only_speech.snr is None
    assert only_speech.speech_level is not None
    nothing = await measured(np.zeros(0, np.float32))
    assert (nothing.seconds, nothing.speech_ratio, nothing.clipped) == (0.0, 0.0, 0.0)


async def test_clipping_is_seen_and_a_loud_peak_is_none() -> None:
    loud = say(1.0, level=1.0).samples
    assert (await measured(loud)).clipped < 0.03
    clipped = np.clip(3.0 * loud, -1.0, 1.0).astype(np.float32)
    assert (await measured(clipped)).clipped > 0.5
    peaks = np.zeros(RATE, np.float32)
    peaks[::100] = 1.0
    assert (await measured(peaks)).clipped == 0.0


@settings(deadline=None)
@given(cuts=st.lists(st.integers(0, 4_000), max_size=20))
def test_it_makes_no_difference_how_the_samples_come(cuts: list[int]) -> None:
    samples = np.clip(noise(0.25, 0.8), -1.0, 1.0)
    whole, pieces = SoundMeter(RATE), SoundMeter(RATE)
    whole.feed(samples)
    edges = [0, *sorted(cuts), len(samples)]
    for start, end in pairwise(edges):
        pieces.feed(samples[start:end])
    speech = [VoicedStretch(0.0, 0.1)]
    one, other = whole.facts(speech), pieces.facts(speech)
    assert one.clipped == other.clipped
    assert (one.peak, one.seconds) == (other.peak, other.seconds)
    assert one.rms == pytest.approx(other.rms)
    assert one.noise_level == pytest.approx(other.noise_level)


def test_a_recording_s_own_level_is_what_the_library_says() -> None:
    audio = Audio(noise(1.0, 0.1), RATE)
    meter = SoundMeter(RATE)
    meter.feed(audio.samples)
    assert meter.facts([]).rms == pytest.approx(audio.dbfs, abs=0.01)
