from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from vivavoce.audio import Samples
from vivavoce.audio.features import BANDS, HOP, RATE, WINDOW, log_mel

CLOSE = 2e-5


def noise(count: int, level: float = 0.1, seed: int = 0) -> Samples:
    wave = np.random.default_rng(seed).standard_normal(count)
    return (level * wave).astype(np.float32)


def by_definition(samples: Samples) -> NDArray[np.float64]:
    """The same features written out, in double precision, a frame at a time."""
    mirrored = np.pad(samples.astype(np.float64), WINDOW // 2, mode="reflect")
    time = np.arange(WINDOW)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * time / WINDOW)
    turns = np.exp(-2j * np.pi * np.outer(np.arange(WINDOW // 2 + 1), time) / WINDOW)
    edges = [to_hertz(mel) for mel in np.linspace(0, to_mels(RATE / 2), BANDS + 2)]
    logs = np.zeros((BANDS, len(samples) // HOP))
    for frame in range(logs.shape[1]):
        power = np.abs(turns @ (hann * mirrored[frame * HOP : frame * HOP + WINDOW])) ** 2
        for band in range(BANDS):
            low, middle, high = edges[band : band + 3]
            energy = sum(
                power[at] * triangle(at * RATE / WINDOW, low, middle, high) * 2 / (high - low)
                for at in range(len(power))
                if low < at * RATE / WINDOW < high
            )
            logs[band, frame] = np.log10(max(energy, 1e-10))
    return np.asarray((np.maximum(logs, logs.max() - 8) + 4) / 4)


def triangle(hertz: float, low: float, middle: float, high: float) -> float:
    return (hertz - low) / (middle - low) if hertz < middle else (high - hertz) / (high - middle)


def to_mels(hertz: float) -> float:
    return 3 * hertz / 200 if hertz < 1000 else 15 + 27 * np.log(hertz / 1000) / np.log(6.4)


def to_hertz(mels: float) -> float:
    return 200 * mels / 3 if mels < 15 else 1000 * 6.4 ** ((mels - 15) / 27)


@pytest.mark.parametrize("count", [1_600, 3_333])
def test_features_are_those_of_the_definition(count: int) -> None:
    samples = noise(count) + np.sin(np.arange(count) / 5).astype(np.float32)
    assert np.abs(log_mel(samples) - by_definition(samples)).max() < CLOSE


@settings(deadline=None, max_examples=30)
@given(st.integers(201, 20_000))
def test_there_is_a_column_for_each_whole_hop(count: int) -> None:
    features = log_mel(noise(count))
    assert features.shape == (BANDS, count // HOP)
    assert features.dtype == np.float32


@settings(deadline=None, max_examples=20)
@given(st.floats(0.05, 20.0), st.floats(-0.5, 0.5))
def test_normalized_features_know_neither_level_nor_offset(gain: float, offset: float) -> None:
    samples = noise(8_000)
    other = samples * np.float32(gain) + np.float32(offset)
    assert np.abs(log_mel(other, normalize=True) - log_mel(samples, normalize=True)).max() < 0.01


def test_silence_is_flat_and_finite() -> None:
    features = log_mel(np.zeros(16_000, np.float32), normalize=True)
    assert np.isfinite(features).all()
    assert features.min() == features.max()


def test_the_range_is_eight_decades() -> None:
    samples = np.concatenate([noise(8_000, 0.5), noise(8_000, 1e-9)])
    features = log_mel(samples)
    assert features.max() - features.min() == pytest.approx(2.0)
