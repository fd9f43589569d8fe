"""Telling a hum from a word by its sound."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.audio import Audio, Samples
from vivavoce.testing import hush, say
from vivavoce.testing.signals import noise_of
from vivavoce.text.language.en import EN
from vivavoce.turn_taking.hum_detector import hums, movement
from vivavoce.turn_taking.interruption import counted

HUM = np.concatenate([hush(0.3).samples, noise_of("mm-hm", 1), hush(0.1).samples])


@pytest.mark.parametrize("seed", range(8))
def test_mm_hm_is_one_sound_at_any_pitch(seed: int) -> None:
    assert hums(noise_of("mm-hm", seed))


def test_silence_around_it_and_its_level_change_nothing() -> None:
    assert movement(HUM) == pytest.approx(movement(noise_of("mm-hm", 1)), abs=0.4)
    assert hums(np.asarray(0.05 * HUM, np.float32))


def test_a_voice_that_moves_through_sounds_says_words() -> None:
    assert not hums(say(0.5).samples)


@pytest.mark.parametrize(
    ("seconds", "hum"), [(0.0, False), (0.05, False), (0.5, True), (1.5, False)]
)
def test_what_is_too_short_or_too_long_is_no_hum(seconds: float, hum: bool) -> None:
    tone = np.sin(2 * np.pi * 150 * np.arange(round(seconds * 16_000)) / 16_000)
    assert hums(np.asarray(0.3 * tone, np.float32)) == hum


def test_of_a_hum_only_what_opens_an_interruption_counts() -> None:
    hum = Audio(HUM, 16_000)
    assert counted("And then they came.", hum, EN.turns) == ""
    assert counted("Stop.", hum, EN.turns) == "Stop."
    assert counted("No, no!", hum, EN.turns) == "No, no!"
    assert counted("And then they came.", say(0.6), EN.turns) == "And then they came."


@given(st.integers(0, 3000), st.integers(0, 99))
def test_any_sound_is_told_without_an_error(length: int, seed: int) -> None:
    noise: Samples = np.random.default_rng(seed).normal(0, 0.1, length).astype(np.float32)
    assert hums(noise) in (True, False)
