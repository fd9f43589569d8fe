"""Whisper's log-mel features in numpy, for models that were trained on them.

After transformers' `WhisperFeatureExtractor`: 400-sample Hann windows every 160 samples, 80
Slaney-normalized mel bands of the power spectrum, log10 within 8 decades of the loudest, scaled
to about ±1 (Radford et al. 2022).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from .samples import Samples

RATE = 16_000
WINDOW = 400
HOP = 160
BANDS = 80
BLOCK = 16
"""Frames whose bands are summed at a time: for more, BLAS wakes threads, which then spin."""


def log_mel(samples: Samples, *, normalize: bool = False) -> NDArray[np.float32]:
    """Features of shape (BANDS, len(samples) // HOP).

    samples: (n,) at 16 kHz, n at least 201. normalize: to zero mean and unit variance first.
    """
    if normalize:
        samples = (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)
    padded = np.pad(samples, WINDOW // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][:-1]
    window, bands = _tables()
    spectrum = np.fft.rfft(frames * window, axis=-1)
    count = len(frames)
    power = np.zeros((-(-count // BLOCK), BLOCK, spectrum.shape[1]), np.float32)
    power.reshape(-1, spectrum.shape[1])[:count] = spectrum.real**2 + spectrum.imag**2
    energies = (power @ bands.T).reshape(-1, BANDS)[:count].T
    logs = np.log10(np.maximum(energies, 1e-10))
    return np.asarray((np.maximum(logs, logs.max() - 8.0) + 4.0) / 4.0, np.float32)


@cache
def _tables() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The window, and the mel bands as (BANDS, WINDOW // 2 + 1)."""
    window = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    bins = np.linspace(0, RATE / 2, WINDOW // 2 + 1)
    edges = _hertz(np.linspace(_mels(0.0), _mels(RATE / 2), BANDS + 2))
    widths = np.diff(edges)
    slopes = edges[:, None] - bins[None, :]
    rising, falling = -slopes[:-2] / widths[:-1, None], slopes[2:] / widths[1:, None]
    bands = np.maximum(0.0, np.minimum(rising, falling))
    bands *= (2.0 / (edges[2:] - edges[:-2]))[:, None]
    return window, bands.astype(np.float32)


def _mels(hertz: float) -> float:
    """On Slaney's scale: linear to 1 kHz, logarithmic above."""
    return 3 * hertz / 200 if hertz < 1000 else 15 + np.log(hertz / 1000) * 27 / np.log(6.4)


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mels < 15, 200 * mels / 3, 1000 * np.exp((mels - 15) * np.log(6.4) / 27))
