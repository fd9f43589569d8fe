"""DNSMOS, with its real models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import vivavoce
from vivavoce import models
from vivavoce.audio import Audio
from vivavoce.errors import BadAudio, ModelError
from vivavoce.lab.quality import MODEL, SpeechQuality, dnsmos
from vivavoce.media.decode import read_audio

SPEECH, NOISE = (3.2222, 3.7709, 2.8760, 3.6693), (1.1740, 1.1011, 1.1032, 2.0861)
"""Signal, background, overall and P.808, by speechmos 0.0.1.1 with librosa."""
QUESTION = Path(vivavoce.__file__).parent / "data" / "question.wav"


@pytest.fixture(autouse=True)
def weights() -> None:
    try:
        models.fetch(MODEL)
    except ModelError as error:
        pytest.skip(f"the weights of DNSMOS cannot be had: {error}")


def noise() -> Audio:
    samples = np.random.default_rng(1).standard_normal(180_000) * 0.05
    return Audio(samples.astype(np.float32), 16_000)


def figures(found: SpeechQuality) -> tuple[float, float, float, float]:
    return found.signal, found.background, found.overall, found.p808


@pytest.mark.slow
def test_the_figures_are_those_of_speechmos() -> None:
    speech = dnsmos(read_audio(QUESTION))
    assert figures(speech) == pytest.approx(SPEECH, abs=0.01)
    assert figures(dnsmos(noise())) == pytest.approx(NOISE, abs=0.01)


@pytest.mark.slow
def test_any_rate_will_do_and_noise_makes_it_worse() -> None:
    question = read_audio(QUESTION)
    clean = dnsmos(question)
    assert dnsmos(question.resampled(24_000)).overall == pytest.approx(clean.overall, abs=0.1)
    loud = np.random.default_rng(2).standard_normal(len(question.samples)).astype(np.float32) * 0.05
    worse = dnsmos(Audio(question.samples + loud, question.rate))
    assert worse.background < clean.background - 0.5
    assert worse.overall < clean.overall - 0.3


@pytest.mark.slow
def test_audio_without_a_sample_is_refused() -> None:
    with pytest.raises(BadAudio, match="no audio to rate"):
        dnsmos(Audio(np.zeros(0, np.float32), 16_000))
