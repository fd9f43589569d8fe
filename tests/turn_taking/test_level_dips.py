"""Silences found by level alone."""

from __future__ import annotations

import numpy as np
import pytest

from vivavoce.audio import Samples
from vivavoce.audio.levels import LevelMeter
from vivavoce.turn_taking.level_dips import LevelDips

RATE = 16_000


def noise(seconds: float, db: float, seed: int = 0) -> Samples:
    samples = np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    return (samples * 10 ** (db / 20)).astype(np.float32)


def told(samples: Samples, chunk: int) -> list[float]:
    """When silences are noticed, in seconds, by chunks of so many samples."""
    dips, meter = LevelDips(), LevelMeter(RATE, 1.0)
    times = []
    for start in range(0, len(samples), chunk):
        piece = samples[start : start + chunk]
        if dips.feed(meter.feed(piece)):
            times.append((start + len(piece)) / RATE)
    return times


@pytest.mark.parametrize("chunk", [1, 159, 320, 1_600])
def test_a_silence_is_noticed_once_and_within_40_ms(chunk: int) -> None:
    samples = np.concatenate([noise(1.0, -25), noise(1.0, -75), noise(0.5, -25), noise(0.5, -75)])
    first, second = told(samples, chunk)
    assert 1.03 <= first <= 1.04 + chunk / RATE
    assert 2.53 <= second <= 2.54 + chunk / RATE


def test_a_short_closure_of_a_consonant_is_no_silence() -> None:
    assert told(np.concatenate([noise(0.5, -25), noise(0.02, -75), noise(0.5, -25)]), 320) == []


def test_noise_that_covers_the_silence_hides_it() -> None:
    assert told(np.concatenate([noise(1.0, -25), noise(1.0, -50)]), 320) == []
    assert len(told(np.concatenate([noise(1.0, -25), noise(1.0, -60)]), 320)) == 1


def test_what_was_loud_long_ago_makes_no_quiet_voice_a_silence() -> None:
    samples = np.concatenate([noise(0.3, -10), noise(12.0, -38), noise(0.3, -80)])
    assert max(told(samples, 320)) == pytest.approx(12.34, abs=0.02)
