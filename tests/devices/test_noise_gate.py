"""When noise is worth suppressing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import vivavoce
from vivavoce.audio import Samples
from vivavoce.devices.noise_gate import NoiseGate
from vivavoce.media.decode import read_audio
from vivavoce.testing.signals import (
    at_speech_level,
    babble,
    coloured,
    reverberated,
    room_response,
    unit,
)

BLOCK = 160
QUESTION = Path(vivavoce.__file__).parent / "data/question.wav"


def voice(seconds: float) -> Samples:
    """A question, again and again, as loud as a caller's."""
    said = read_audio(QUESTION, rate=16_000).samples
    return np.resize(at_speech_level(said), round(seconds * 16_000))


def share(samples: Samples, noise: NoiseGate | None = None) -> float:
    """For which part of the sound the noise is loud and steady."""
    noise = noise or NoiseGate()
    told = []
    for block in samples[: len(samples) // BLOCK * BLOCK].reshape(-1, BLOCK):
        noise.hear(float(np.mean(block**2)))
        told.append(noise.loud)
    return sum(told) / len(told)


def hiss(seconds: float, slope: float) -> Samples:
    """Noise without what a microphone's high-pass filter takes."""
    spectrum = np.fft.rfft(coloured(seconds, slope, 1))
    spectrum[: round(100 * seconds)] = 0
    return unit(np.fft.irfft(spectrum))


def at(samples: Samples, db: float) -> Samples:
    return samples * np.float32(10 ** (db / 20))


SLOPES = pytest.mark.parametrize("slope", [0.0, 1.0], ids=["white", "pink"])


@SLOPES
@pytest.mark.parametrize("db", [-26, -31])
def test_steady_noise_counts_before_a_voice_and_throughout(slope: float, db: float) -> None:
    noise = NoiseGate()
    assert share(at(hiss(4, slope), db), noise) > 0.6
    assert share(voice(8) + at(hiss(8, slope), db), noise) == 1
    assert share(at(hiss(4, slope), db), noise) == 1


@SLOPES
@pytest.mark.parametrize("db", [-38, -41, -46])
def test_steady_noise_far_below_a_voice_does_not(slope: float, db: float) -> None:
    noise = NoiseGate()
    assert share(at(hiss(2, slope), db), noise) == 0
    assert share(voice(8) + at(hiss(8, slope), db), noise) == 0


def test_a_soft_voice_is_learnt_in_time() -> None:
    noise = NoiseGate()
    softly = at(voice(60), -12) + at(hiss(60, 0.0), -43)
    for _ in range(5):
        share(softly, noise)
    assert noise.loud


@pytest.mark.parametrize("db", [-100, -60])
def test_faint_noise_is_left_alone(db: float) -> None:
    assert share(np.concatenate([at(hiss(3, 1.0), db), voice(8) + at(hiss(8, 1.0), db)])) == 0


def test_noise_that_has_gone_is_left_alone() -> None:
    noise = NoiseGate()
    share(voice(4) + at(hiss(4, 0.0), -31), noise)
    share(at(hiss(4, 0.0), -31), noise)
    assert noise.loud
    share(at(hiss(4, 0.0), -90), noise)
    assert not noise.loud


def test_noise_that_begins_while_somebody_speaks_waits_for_them_to_pause() -> None:
    noise = NoiseGate()
    said = at_speech_level(read_audio(QUESTION, rate=16_000).samples)
    talk = np.concatenate([np.trim_zeros(said), np.trim_zeros(said)])
    share(np.zeros(16_000, np.float32), noise)
    assert share(talk + at(hiss(len(talk) / 16_000, 0.0), -31), noise) == 0
    assert share(at(hiss(1, 0.0), -31), noise) > 0.3


@pytest.mark.parametrize("rt60_s", [0.3, 0.9])
def test_a_room_is_no_noise(rt60_s: float) -> None:
    assert share(reverberated(voice(8), room_response(rt60_s, 0.0, 1))) == 0


def test_talk_of_several_people_is_no_steady_noise() -> None:
    talk = babble([voice(8), voice(8)[::-1], np.roll(voice(8), 7_000)], 8, 1)
    assert share(voice(8) + at(talk, -31)) < 0.1


def test_silence_is_no_noise() -> None:
    assert share(np.zeros(3 * 16_000, np.float32)) == 0


def test_noise_can_be_learnt_for_a_second_and_more_before_it_counts() -> None:
    noise = NoiseGate()
    share(np.concatenate([voice(4), np.zeros(16_000, np.float32)]), noise)
    assert not noise.audible
    told = []
    for block in (voice(4) + at(hiss(4, 0.0), -31)).reshape(-1, BLOCK):
        noise.hear(float(np.mean(block**2)))
        told.append((noise.audible, noise.loud))
    audible, loud = ([which[i] for which in told].index(True) for i in range(2))
    assert loud - audible > 100
