"""The places in which noise suppression is measured, and what it does there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import vivavoce
from vivavoce.audio import Audio, Samples
from vivavoce.bench.enhance import LEAD_S, WAYS, cleaned, conditions
from vivavoce.media.decode import read_audio
from vivavoce.testing.signals import at_speech_level

RATE = 16_000
AS_IT_IS, ALWAYS, STEADY = WAYS


@pytest.fixture(scope="module")
def speech() -> Samples:
    question = Path(vivavoce.__file__).parent / "data/question.wav"
    return at_speech_level(np.tile(read_audio(question, rate=RATE).samples, 3))


@pytest.fixture(scope="module")
def heard(speech: Samples) -> dict[str, Samples]:
    return {place.name: place.heard(speech, 1) for place in conditions([speech, speech[::-1]])}


def test_noise_is_as_far_below_the_voice_as_its_name_says(heard: dict[str, Samples]) -> None:
    lead = round(0.9 * LEAD_S * RATE)
    for kind in ("white", "pink"):
        levels = [Audio(heard[f"{kind} noise {db} dB"][:lead], RATE).dbfs for db in (0, 5, 10, 20)]
        assert levels == pytest.approx([-26, -31, -36, -46], abs=1.5)


def test_two_microphones_hear_less_noise_than_one(heard: dict[str, Samples]) -> None:
    lead = round(0.9 * LEAD_S * RATE)
    one, two = heard["pink noise 5 dB"][:lead], heard["stereo, pink noise 5 dB in each"][:lead]
    assert Audio(two, RATE).dbfs == pytest.approx(Audio(one, RATE).dbfs - 3, abs=1.5)


@pytest.mark.parametrize(
    "place", ["quiet", "room, RT60 0.3 s", "room, RT60 0.6 s", "room, RT60 0.9 s"]
)
def test_where_suppression_would_cost_words_the_sound_stays_as_it_is(
    heard: dict[str, Samples], place: str
) -> None:
    left, share = cleaned(heard[place], STEADY)
    assert share == 0
    np.testing.assert_array_equal(left[: len(heard[place])], heard[place])


def test_loud_steady_noise_is_suppressed(heard: dict[str, Samples]) -> None:
    noisy = heard["white noise 5 dB"]
    (left, share), (always, whole) = cleaned(noisy, STEADY), cleaned(noisy, ALWAYS)
    assert 0.3 < share < whole == 1
    end = slice(len(noisy) - RATE // 2, len(noisy))
    np.testing.assert_allclose(left[end], always[end], atol=1e-3)


def test_as_it_is_nothing_is_done(heard: dict[str, Samples]) -> None:
    noisy = heard["pink noise 0 dB"]
    assert cleaned(noisy, AS_IT_IS) == (noisy, 0.0)
