"""Sound that is computed: noises, rooms, and what a network does to packets. All of it seeded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from vivavoce.audio import Samples

Sound: TypeAlias = Literal["cough", "laughter", "knock", "mm-hm"]
"""What a caller may utter that is no word."""

RATE = 16_000
SPEECH_DB = -26.0
"""The level of a caller's speech, in dB of full scale while it sounds; what SNRs refer to."""


def coloured(seconds: float, slope: float, seed: int) -> Samples:
    """Noise with an RMS of 1. slope: 0 is white, 1 pink, 2 brown."""
    count = round(seconds * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    spectrum[1:] /= np.arange(1, len(spectrum)) ** (slope / 2)
    spectrum[0] = 0
    return unit(np.fft.irfft(spectrum, count))


def unit(samples: NDArray[np.floating]) -> Samples:
    """The same with an RMS of 1."""
    rms = float(np.sqrt(np.mean(np.square(samples)))) if len(samples) else 0.0
    return np.asarray(samples / rms if rms else samples, np.float32)


def babble(talks: Sequence[Samples], seconds: float, seed: int) -> Samples:
    """Several talks at once, each going round and round, with an RMS of 1."""
    random = np.random.default_rng(seed)
    count = round(seconds * RATE)
    mixed = np.zeros(count, np.float32)
    for talk in talks:
        mixed += np.resize(np.roll(unit(talk), int(random.integers(len(talk)))), count)
    return unit(mixed)


def at_speech_level(samples: Samples, level_db: float = 0.0) -> Samples:
    """Speech at the level of a caller's. level_db: above that."""
    loud = samples[np.abs(samples) > 0.05 * max(float(np.abs(samples).max(initial=0.0)), 1e-9)]
    rms = float(np.sqrt(np.mean(np.square(loud)))) if len(loud) else 1.0
    scaled = samples * np.float32(10 ** ((SPEECH_DB + level_db) / 20) / rms)
    return np.asarray(np.clip(scaled, -1.0, 1.0), np.float32)


def noise_of(kind: Sound, seed: int) -> Samples:
    """A cough, a laugh, a knock or "mm-hm", as loud as speech."""
    random = np.random.default_rng(seed)
    match kind:
        case "cough":
            bursts = [_burst(random, 0.12, 0.035), _gap(0.09), _burst(random, 0.16, 0.05)]
        case "laughter":
            bursts = []
            for number in range(5):
                pitch = float(random.uniform(210, 260)) * 0.97**number
                bursts += [_ha(random, pitch), _gap(float(random.uniform(0.06, 0.1)))]
        case "knock":
            bursts = []
            for _ in range(3):
                bursts += [_thud(random), _gap(0.16)]
        case "mm-hm":
            pitch = float(random.uniform(100, 220))
            bursts = [_hum(0.16, pitch, 0.9), _gap(0.05), _hum(0.26, 1.1 * pitch, 1.2)]
    return at_speech_level(np.concatenate(bursts).astype(np.float32))


def room_response(rt60_s: float, direct_db: float, seed: int) -> Samples:
    """An impulse response: the direct sound, then noise that falls by 60 dB in `rt60_s`.

    direct_db: the direct sound above the rest. Normalized so that speech keeps its level.
    """
    random = np.random.default_rng(seed)
    time = np.arange(round(rt60_s * RATE)) / RATE
    tail = random.standard_normal(len(time)) * np.exp(-6.908 * time / rt60_s)
    tail[: round(0.003 * RATE)] = 0.0
    tail *= 10 ** (-direct_db / 20) / max(float(np.sqrt(np.sum(tail**2))), 1e-9)
    tail[0] = 1.0
    return np.asarray(tail / np.sqrt(np.sum(tail**2)), np.float32)


def recorded_response(samples: Samples) -> Samples:
    """A recorded impulse response from its direct sound on, which is its loudest moment."""
    response = samples[int(np.argmax(np.abs(samples))) :]
    return np.asarray(response / max(float(np.sqrt(np.sum(response**2))), 1e-9), np.float32)


def reverberated(samples: Samples, response: Samples) -> Samples:
    """The sound in the room, with its tail."""
    count = len(samples) + len(response) - 1
    size = 1 << max(1, (count - 1).bit_length())
    product = np.fft.rfft(samples, size) * np.fft.rfft(response, size)
    return np.fft.irfft(product, size)[:count].astype(np.float32)


class Packets:
    """What becomes of 20 ms packets on their way: some are lost, some come late, none overtakes.

    loss: a share, in runs of two on average. jitter_s: the most that one is late.
    """

    def __init__(self, loss: float, jitter_s: float, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._loss = loss
        self._jitter_s = jitter_s
        self._losing = False
        self._last = 0.0

    def lost(self) -> bool:
        """Whether the next one is lost. Two states, of which one loses all."""
        odds = 0.5 if self._losing else 0.5 * self._loss / max(1e-9, 1 - self._loss)
        if self._random.random() < odds:
            self._losing = not self._losing
        return self._losing

    def arrives(self, sent: float) -> float:
        """When one that is sent then comes."""
        late = float(self._random.exponential(self._jitter_s / 3)) if self._jitter_s else 0.0
        self._last = max(self._last, sent + min(late, self._jitter_s))
        return self._last


def _gap(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.float32)


def _burst(random: np.random.Generator, seconds: float, decay_s: float) -> Samples:
    """A burst of breath: noise around 400 to 3000 Hz with a steep front."""
    count = round(seconds * RATE)
    spectrum = np.fft.rfft(random.standard_normal(count))
    hertz = np.fft.rfftfreq(count, 1 / RATE)
    spectrum *= np.exp(-(((np.log(hertz + 1) - np.log(1100)) / 0.8) ** 2))
    time = np.arange(count) / RATE
    envelope = np.minimum(time / 0.004, 1.0) * np.exp(-time / decay_s)
    return np.asarray(np.fft.irfft(spectrum, count) * envelope, np.float32)


def _ha(random: np.random.Generator, pitch: float) -> Samples:
    """One "ha": breath, then a falling voice."""
    time = np.arange(round(0.11 * RATE)) / RATE
    phase = 2 * np.pi * pitch * (time - 0.4 * time**2)
    harmonics = np.array([np.sin(k * phase) / k for k in range(1, 9)])
    voice = np.asarray(harmonics.sum(axis=0) * np.sin(np.pi * time / 0.11), np.float32)
    breath = 0.5 * unit(_burst(random, 0.11, 0.03))
    return np.asarray(voice + breath, np.float32)


def _hum(seconds: float, pitch: float, glide: float) -> Samples:
    """A voice through the nose: one strong resonance, and what little a shut mouth lets through.

    glide: the last pitch, as a multiple of the first.
    """
    time = np.arange(round(seconds * RATE)) / RATE
    hertz = pitch * (1 + (glide - 1) * time / seconds)
    phase = 2 * np.pi * np.cumsum(hertz) / RATE
    numbers = np.arange(1, int(3000 / (pitch * max(1.0, glide))) + 1)
    strengths = sum(
        strength / (1 + ((numbers * pitch - resonance) / width) ** 2)
        for resonance, width, strength in ((250, 60, 1.0), (1000, 150, 0.1), (2200, 250, 0.04))
    )
    voice = np.sin(numbers[:, None] * phase).T @ np.asarray(strengths)
    return np.asarray(voice * np.minimum(1.0, np.sin(np.pi * time / seconds) * 3), np.float32)


def _thud(random: np.random.Generator) -> Samples:
    time = np.arange(round(0.06 * RATE)) / RATE
    click = random.standard_normal(len(time)) * np.exp(-time / 0.004)
    return np.asarray(
        np.sin(2 * np.pi * 140 * time) * np.exp(-time / 0.015) + 0.4 * click, np.float32
    )
