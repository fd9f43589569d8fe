"""One measure of level, however the audio is cut, and the quietest place in it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.audio import Samples
from vivavoce.audio.levels import LevelMeter, quietest, quietest_window

RATE = 16_000


def noise(seconds: float, level: float, seed: int = 0) -> Samples:
    samples = np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    return np.asarray(level * samples, np.float32)


@given(st.lists(st.integers(0, 900), max_size=12), st.integers(0, 9))
@settings(deadline=None)
def test_powers_are_the_same_however_the_audio_is_cut(cuts: list[int], seed: int) -> None:
    samples = noise(sum(cuts) / RATE, 0.1, seed)
    whole, pieces = LevelMeter(RATE, 2.0), LevelMeter(RATE, 2.0)
    found, at = [], 0
    for cut in cuts:
        found += pieces.feed(samples[at : at + cut]).tolist()
        at += cut
    expected = whole.feed(samples[:at])
    assert len(expected) == at // 160
    assert found == pytest.approx(expected.tolist())


def test_a_frame_has_the_mean_square_of_its_samples() -> None:
    meter = LevelMeter(RATE, 1.0)
    samples = np.concatenate([np.full(160, 0.5, np.float32), np.zeros(170, np.float32)])
    assert meter.feed(samples).tolist() == pytest.approx([0.25, 0.0])


def test_what_was_measured_can_be_read_from_any_moment_that_is_kept() -> None:
    meter = LevelMeter(RATE, 0.5)
    for level in range(100):
        meter.feed(np.full(160, level / 100, np.float32))
    assert np.sqrt(meter.since(98 * 160)).tolist() == pytest.approx([0.98, 0.99])
    assert np.sqrt(meter.since(97 * 160 + 1)).tolist() == pytest.approx([0.98, 0.99])
    assert len(meter.since(0)) == 50


def test_the_mean_before_a_moment_leaves_out_what_comes_after() -> None:
    meter = LevelMeter(RATE, 1.0)
    assert meter.mean_before(0, 0.2) == 0.0
    meter.feed(np.full(1600, 0.1, np.float32))
    meter.feed(np.full(1600, 0.5, np.float32))
    assert meter.mean_before(1600, 0.05) == pytest.approx(0.01)
    assert meter.mean_before(3200, 0.05) == pytest.approx(0.25)
    assert meter.mean_before(3200, 0.2) == pytest.approx(0.13)
    assert meter.mean_before(1600, 0.2) == pytest.approx(0.01)


@pytest.mark.parametrize("at_s", [0.3, 1.0, 1.7])
def test_the_quietest_place_is_found_to_a_frame(at_s: float) -> None:
    samples = noise(2.0, 0.1)
    at = round(at_s * RATE)
    samples[at - 800 : at + 800] *= 0.01
    assert quietest(samples, RATE, 0.1) == pytest.approx(at, abs=160)
    assert quietest(samples, RATE, 0.04) == pytest.approx(at, abs=640)


def test_audio_shorter_than_the_window_has_its_middle() -> None:
    assert quietest(noise(0.02, 0.1), RATE, 0.1) == 160
    assert quietest(noise(0.0, 0.1), RATE, 0.1) == 0


def test_the_first_of_the_quietest_frames_in_a_row_is_given() -> None:
    powers = np.array([3.0, 0.1, 5.0, 1.0, 1.0, 1.0, 4.0])
    assert quietest_window(powers) == 1
    assert quietest_window(powers, 3) == 3
