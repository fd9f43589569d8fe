"""How good speech sounds, as people would rate it: DNSMOS.

The models and their figures are Microsoft's: Reddy et al., "DNSMOS P.835: A Non-Intrusive
Perceptual Objective Speech Quality Metric to Evaluate Noise Suppressors" (ICASSP 2022), as in the
package speechmos 0.0.1.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from vivavoce import models
from vivavoce.audio import Audio, Samples
from vivavoce.errors import BadAudio, ModelError

MODEL = "dnsmos"
RATE = 16_000
_WINDOW = 144_160
"""Samples that are rated at once: 9.01 s."""
_FFT, _HOP, _BANDS = 321, 160, 120
_SIGNAL = (-0.08397278, 1.22083953, 0.0052439)
_BACKGROUND = (-0.13166888, 1.60915514, -0.39604546)
_OVERALL = (-0.06766283, 1.11546468, 0.04602535)
"""Polynomials that fit what the network gives to people's ratings."""


@dataclass(frozen=True, slots=True)
class SpeechQuality:
    """Mean opinion scores, 1 (bad) to 5 (excellent).

    signal, background, overall: of P.835: the speech, how little else there is, and all.
    p808: one rating of all, as of P.808.
    """

    signal: float
    background: float
    overall: float
    p808: float


class Dnsmos:
    """The loaded models; safe to use from many threads.

    Raises ModelError when the weights cannot be had.
    """

    def __init__(self) -> None:
        folder = models.fetch(MODEL)
        self._p835 = _session(folder / "sig_bak_ovr.onnx")
        self._p808 = _session(folder / "model_v8.onnx")

    def rate(self, audio: Audio) -> SpeechQuality:
        """How the audio sounds. Blocks while it computes.

        Less than 9 s are repeated. Raises BadAudio for audio without any sample.
        """
        if not len(audio.samples):
            raise BadAudio("there is no audio to rate")
        samples = np.clip(audio.resampled(RATE).samples, -1, 1)
        while len(samples) < _WINDOW:
            samples = np.concatenate([samples, samples])
        hops = int(len(samples) // RATE - _WINDOW / RATE) + 1
        found = [self._window(samples[hop * RATE : hop * RATE + _WINDOW]) for hop in range(hops)]
        signal, background, overall, p808 = np.mean(found, axis=0)
        return SpeechQuality(float(signal), float(background), float(overall), float(p808))

    def _window(self, samples: Samples) -> tuple[float, float, float, float]:
        [[raw]] = self._p835.run(None, {"input_1": samples[None]})
        [[[p808]]] = self._p808.run(None, {"input_1": _features(samples[:-_HOP])[None]})
        signal, background, overall = (
            float(np.polyval(fit, value))
            for fit, value in zip((_SIGNAL, _BACKGROUND, _OVERALL), raw, strict=True)
        )
        return signal, background, overall, float(p808)


def dnsmos(audio: Audio) -> SpeechQuality:
    """How the audio sounds; pulls the models (9 MB) when they are not there."""
    return _dnsmos().rate(audio)


def _session(path: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        # ONNX Runtime raises a class of its own per status, most of them straight Exceptions.
        raise ModelError(
            f"ONNX Runtime cannot read {path} ({error}); remove the model and pull it again"
        ) from error


@cache
def _dnsmos() -> Dnsmos:
    return Dnsmos()


def _features(samples: Samples) -> NDArray[np.float32]:
    """Mel bands in dB below the loudest, scaled from -40…0 to 0…1; (frames, bands)."""
    padded = np.pad(samples, _FFT // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FFT)[::_HOP]
    window, bands = _tables()
    power = np.abs(np.fft.rfft(frames * window, axis=-1)) ** 2
    decibels = 10 * np.log10(np.maximum(power @ bands.T, 1e-10))
    decibels -= decibels.max()
    return np.asarray((np.maximum(decibels, -80.0) + 40) / 40, np.float32)


@cache
def _tables() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A Hann window, and Slaney's mel bands as (bands, bins)."""
    window = np.hanning(_FFT + 1)[:-1]
    bins = np.arange(_FFT // 2 + 1) * RATE / _FFT
    edges = _hertz(np.linspace(0.0, _mels(RATE / 2), _BANDS + 2))
    widths = np.diff(edges)
    slopes = edges[:, None] - bins[None, :]
    rising, falling = -slopes[:-2] / widths[:-1, None], slopes[2:] / widths[1:, None]
    bands = np.maximum(0.0, np.minimum(rising, falling))
    return window, bands * (2.0 / (edges[2:] - edges[:-2]))[:, None]


def _mels(hertz: float) -> float:
    """On Slaney's scale: linear to 1 kHz, logarithmic above."""
    return float(3 * hertz / 200 if hertz < 1000 else 15 + np.log(hertz / 1000) * 27 / np.log(6.4))


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mels < 15, 200 * mels / 3, 1000 * np.exp((mels - 15) * np.log(6.4) / 27))
