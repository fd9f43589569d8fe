"""Talk behind the caller is no speech of theirs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.audio import Samples
from vivavoce.audio.levels import LevelMeter
from vivavoce.turn_taking.background_speech import BackgroundSpeech

RATE, FRAME = 16_000, 512


def sound(seconds: float, db: float, seed: int = 0) -> Samples:
    """Noise whose level goes up and down by 3 dB, as that of speech does."""
    count = round(seconds * RATE)
    swell = 3 * np.sin(2 * np.pi * 3 * np.arange(count) / RATE)
    samples = np.random.default_rng(seed).standard_normal(count) * 10 ** ((db + swell) / 20)
    return samples.astype(np.float32)


def heard(*parts: Samples, chunk: int = 320) -> list[float]:
    """What is left of a VAD that takes everything for speech; one value a frame."""
    samples = np.concatenate(parts)
    meter = LevelMeter(RATE, 1.0)
    background = BackgroundSpeech(meter, RATE, FRAME / RATE)
    left: list[float] = []
    frames = 0
    for start in range(0, len(samples), chunk):
        piece = samples[start : start + chunk]
        due = (start + len(piece)) // FRAME - frames
        frames += due
        meter.feed(piece)
        left += background.without([1.0] * due)
    return left


def share(values: list[float], first_s: float, last_s: float) -> float:
    """Of speech between two moments."""
    part = values[round(first_s * RATE / FRAME) : round(last_s * RATE / FRAME)]
    return sum(part) / len(part)


def test_talk_that_was_there_all_the_time_ends_no_turn_and_begins_none() -> None:
    left = heard(sound(1.0, -38), sound(2.0, -26, 1), sound(2.0, -38, 2), sound(1.0, -26, 3))
    assert share(left, 1.2, 2.9) > 0.9
    assert share(left, 3.4, 4.9) < 0.1
    assert share(left, 5.2, 5.9) > 0.9


def test_a_soft_voice_in_a_quiet_room_is_speech() -> None:
    left = heard(sound(0.5, -75), sound(1.0, -26, 1), sound(2.0, -40, 2))
    assert share(left, 0.5, 3.4) == 1.0


def test_a_voice_without_pauses_is_speech() -> None:
    assert share(heard(sound(0.3, -75), sound(20.0, -26, 1)), 0.3, 20.0) == 1.0


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 4_000), st.integers(0, 5))
def test_how_the_audio_is_cut_makes_no_difference(chunk: int, seed: int) -> None:
    parts = [sound(0.6, -38, seed), sound(1.0, -26, seed + 1), sound(0.8, -38, seed + 2)]
    assert heard(*parts, chunk=chunk) == pytest.approx(heard(*parts, chunk=FRAME))
