"""Spectra become the same waveform, however they are cut."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from vivavoce.audio import Samples
from vivavoce.engine.hibari.vocoder import Spectra, Vocoder

BINS, HOP, RATE = 601, 300, 24_000
QUIET = -30.0


def spectra(frames: int, *, harmonics: float = QUIET, noise: float = QUIET) -> Spectra:
    def flat(level: float) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        return np.full((BINS, frames), level, np.float32)

    return Spectra(flat(harmonics), flat(0), flat(noise), flat(QUIET), flat(0))


def part(whole: Spectra, begin: int, end: int) -> Spectra:
    return Spectra(
        whole.harmonics[:, begin:end],
        whole.rotation[:, begin:end],
        whole.noise[:, begin:end],
        whole.free[:, begin:end],
        whole.phase[:, begin:end],
    )


def spoken(whole: Spectra, pitch: Samples, *cuts: int) -> Samples:
    vocoder = Vocoder(pitch)
    edges = [0, *cuts, whole.frames]
    pieces = [vocoder.feed(part(whole, *edge)) for edge in itertools.pairwise(edges)]
    return np.concatenate(pieces)


@pytest.mark.parametrize("cuts", [(1,), (2, 3), (7, 8, 30), tuple(range(1, 40))])
def test_pieces_are_the_samples_of_the_whole(cuts: tuple[int, ...]) -> None:
    pitch = np.linspace(100, 300, 40, dtype=np.float32)
    whole = spectra(40, harmonics=-3.0)
    together = spoken(whole, pitch)
    assert len(together) == 40 * HOP
    np.testing.assert_allclose(spoken(whole, pitch, *cuts), together, atol=1e-5)


def test_a_voiced_sound_has_the_pitch_that_is_asked_for() -> None:
    pitch = np.full(80, 200.0, np.float32)
    samples = spoken(spectra(80, harmonics=-3.0), pitch)
    magnitudes = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    strongest = np.argsort(magnitudes)[-40:] * RATE / len(samples)
    off = np.abs(strongest - 200 * np.round(strongest / 200))
    assert off.max() < 5


def test_where_there_is_no_pitch_harmonics_are_silent() -> None:
    samples = spoken(spectra(40, harmonics=0.0), np.zeros(40, np.float32))
    assert np.abs(samples).max() < 1e-6


def test_noise_is_as_loud_as_it_is_asked_to_be() -> None:
    loud = spoken(spectra(80, noise=1.0), np.zeros(80, np.float32))
    soft = spoken(spectra(80, noise=0.0), np.zeros(80, np.float32))
    assert np.std(loud) / np.std(soft) == pytest.approx(np.e, rel=0.01)


def test_an_utterance_of_one_frame_is_300_samples() -> None:
    assert len(spoken(spectra(1, harmonics=0.0), np.full(1, 150.0, np.float32))) == 300


def test_a_spectrum_that_is_far_too_loud_stays_finite() -> None:
    samples = spoken(spectra(10, harmonics=1e6, noise=1e6), np.full(10, 150.0, np.float32))
    assert np.isfinite(samples).all()
