"""From the spectra that the network predicts to a waveform, piece by piece.

Each frame is the sum of harmonics (the spectrum of a pulse train at the pitch, filtered), shaped
noise, and a part with a phase of its own; frames overlap by three quarters. The pieces are the
same samples as the whole would be.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vivavoce.audio import Samples

RATE = 24_000
HOP = 300
_SIZE = 1200
_HOPS = _SIZE // HOP
_HALF = _SIZE // 2
_VOICED_HZ = 40.0
_HIGHEST_HZ = 11_000.0
_LOUDEST = 7.0
_NEARLY_ZERO = 2e-3

Spectrum = NDArray[np.float32]
_WINDOW = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_SIZE) / _SIZE)).astype(np.float32)
_OF_PULSES = _WINDOW / np.float32(_SIZE / 4)
"""So that the magnitude of a harmonic is that of the filter."""
_BETWEEN = (((np.arange(HOP) + 0.5) / HOP - 0.5) % 1.0).astype(np.float32)
"""How far each sample of a frame is on the way from one frame's middle to the next one's."""


@dataclass(frozen=True, slots=True, eq=False)
class Spectra:
    """What the network says of some frames, each (601, frames).

    harmonics, noise and free are natural logarithms of magnitudes; rotation and phase are angles,
    the former before it is bounded.
    """

    harmonics: Spectrum
    rotation: Spectrum
    noise: Spectrum
    free: Spectrum
    phase: Spectrum

    @property
    def frames(self) -> int:
        """How many there are, of 12.5 ms."""
        return int(self.phase.shape[1])


class Vocoder:
    """Makes the audio of one utterance.

    pitch: (frames,) in Hz, of all of it; 0 where unvoiced.
    """

    def __init__(self, pitch: Spectrum) -> None:
        self._frames = len(pitch)
        self._pulses = _pulse_train(pitch)
        self._level = _levels(len(pitch))
        self._random = np.random.default_rng(0)
        self._open = np.zeros((_HOPS - 1, HOP), np.float32)
        self._done = 0
        self._given = 0

    def feed(self, spectra: Spectra) -> Samples:
        """The samples at 24 kHz that the next frames complete; 300 times all frames in the end."""
        begin, count = self._done, spectra.frames
        self._done = end = begin + count
        blocks = np.zeros((count + _HOPS - 1, HOP), np.float32)
        blocks[: _HOPS - 1] = self._open
        frames = self._windowed(spectra, begin)
        for k in range(_HOPS):
            blocks[k : k + count] += frames[:, k]
        self._open = blocks[count:]
        ready = len(blocks) if end == self._frames else count
        samples = (blocks[:ready] * self._level[begin : begin + ready]).reshape(-1)
        first = min(max(_HALF - begin * HOP, 0), len(samples))
        samples = samples[first : first + self._frames * HOP - self._given]
        self._given += len(samples)
        return samples

    def _windowed(self, spectra: Spectra, begin: int) -> NDArray[np.float32]:
        """The frames, (frames, 4, 300)."""
        stretch = self._pulses[begin * HOP : (begin + spectra.frames - 1) * HOP + _SIZE]
        seen = np.lib.stride_tricks.sliding_window_view(stretch, _SIZE)[::HOP] * _OF_PULSES
        spectrum = np.fft.rfft(seen, axis=1).astype(np.complex64).T
        turn = np.tanh(spectra.rotation)
        turn *= np.float32(np.pi)
        spectrum *= _polar(spectra.harmonics, turn)
        noise = self._random.standard_normal((2, *spectrum.shape), dtype=np.float32)
        noise *= _magnitude(spectra.noise)
        spectrum.real += noise[0]
        spectrum.imag += noise[1]
        spectrum += _polar(spectra.free, spectra.phase)
        frames = np.fft.irfft(spectrum.T, _SIZE, axis=1).astype(np.float32, copy=False)
        frames *= _WINDOW
        return frames.reshape(-1, _HOPS, HOP)


def _polar(log_magnitude: Spectrum, angle: Spectrum) -> NDArray[np.complex64]:
    found = np.empty(angle.shape, np.complex64)
    np.cos(angle, out=found.real)
    np.sin(angle, out=found.imag)
    found *= _magnitude(log_magnitude)
    return found


def _magnitude(logarithm: Spectrum) -> Spectrum:
    return np.exp(np.minimum(logarithm, _LOUDEST), dtype=np.float32)


def _levels(frames: int) -> NDArray[np.float32]:
    """What each block of samples is to be multiplied by, for the windows that overlap there."""
    squares = (_WINDOW * _WINDOW).reshape(_HOPS, HOP)
    total = np.zeros((frames + _HOPS - 1, HOP), np.float32)
    for k in range(_HOPS):
        total[k : k + frames] += squares[k]
    levels: NDArray[np.float32] = np.reciprocal(np.maximum(total, np.float32(1e-11)))
    return levels


def _pulse_train(pitch: Spectrum) -> Samples:
    """All harmonics of the pitch up to 11 kHz, each of amplitude 1, half a window mirrored at both
    ends; 0 where unvoiced.

    Uses that a sum of cosines is sin((n + 1/2) x) / (2 sin(x/2)) - 1/2.
    """
    around = np.pad(pitch.astype(np.float32), 1, mode="edge")
    hertz = np.empty((len(pitch), HOP), np.float32)
    half = HOP // 2
    rise, fall = _BETWEEN, 1 - _BETWEEN
    hertz[:, :half] = around[:-2, None] * fall[:half] + around[1:-1, None] * rise[:half]
    hertz[:, half:] = around[1:-1, None] * fall[half:] + around[2:, None] * rise[half:]
    flat = hertz.reshape(-1)
    voiced = flat > _VOICED_HZ
    np.maximum(flat, _VOICED_HZ, out=flat)
    cycles = np.cumsum(flat, dtype=np.float64) / RATE
    angle = (2 * np.pi * np.modf(cycles)[0]).astype(np.float32)
    count = np.floor(_HIGHEST_HZ / flat) + np.float32(0.5)
    below = 2 * np.sin(angle / 2)
    at_zero = np.abs(below) <= _NEARLY_ZERO
    below[at_zero] = 1
    train = np.sin(count * angle) / below
    train[at_zero] = count[at_zero]
    train = np.where(voiced, train - np.float32(0.5), np.float32(0))
    filled: Samples = train.astype(np.float32, copy=False)
    if len(filled) <= _HALF:
        return np.pad(filled, _HALF, mode="edge")
    return np.pad(filled, _HALF, mode="reflect")
