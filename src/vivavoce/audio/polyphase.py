"""A change of rate that lags by about a millisecond: a polyphase filter of windowed sincs. Pure.

General resamplers work in blocks, and a stream lags by a block: soxr's by 22 ms on the way from
24 to 16 kHz and by 60 ms and more from 8 kHz, which every answer would come later by.
(Smith, "Digital Audio Resampling", https://ccrma.stanford.edu/~jos/resample/)
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_CROSSINGS = 16
"""Zero crossings of the sinc on each side; with the window's BETA 75 dB of what would alias go."""
_BETA = 8.0
_CUTOFF = 0.92
"""Of the lower of both Nyquist frequencies; what is above fades out until there."""

_MOST = 1 << 20
"""Weights of a filter at the most; two rates with hardly a common factor need more."""

_AT_ONCE = 1 << 14
"""Samples made at a time, which bounds the memory that a long chunk takes."""

_FEW_PHASES = 6
"""Up to so many, computing what is not needed between two outputs beats gathering what is."""

Array = NDArray[np.float32]


def supported(source_rate: int, target_rate: int) -> bool:
    """Whether the filter for these rates is of a reasonable size."""
    up, down = _reduced(source_rate, target_rate)
    return up * 2 * _half(up, down) <= _MOST


class Polyphase:
    """One stream. The output begins with the input's first sample."""

    def __init__(self, source_rate: int, target_rate: int) -> None:
        self._up, self._down = _reduced(source_rate, target_rate)
        self._half = _half(self._up, self._down)
        self._weights = _filter(self._up, self._down)
        self._kept: Array = np.zeros(self._half - 1, np.float32)
        self._first = 1 - self._half
        self._taken = 0
        self._made = 0

    def feed(self, samples: Array) -> Array:
        """Take the next samples; give those that depend on none to come."""
        self._kept = np.concatenate([self._kept, samples])
        self._taken += len(samples)
        return self._make(self._taken - self._half - 1)

    def flush(self) -> Array:
        """The rest, as if silence followed."""
        self._kept = np.concatenate([self._kept, np.zeros(self._half, np.float32)])
        return self._make(self._taken - 1)

    def _make(self, last: int) -> Array:
        """All output up to the moment of this input sample, and short of the next."""
        end = max(self._made, -(-(last + 1) * self._up // self._down))
        pieces = [
            self._span(start, min(end, start + _AT_ONCE))
            for start in range(self._made, end, _AT_ONCE)
        ]
        self._made = end
        unneeded = end * self._down // self._up - self._half + 1 - self._first
        if unneeded > 0:
            self._kept = self._kept[unneeded:].copy()
            self._first += unneeded
        return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)

    def _span(self, start: int, end: int) -> Array:
        if self._up > _FEW_PHASES:
            windows = np.lib.stride_tricks.sliding_window_view(self._kept, 2 * self._half)
            moments = np.arange(start, end) * self._down
            places = moments // self._up - self._half + 1 - self._first
            taps = self._weights[moments % self._up]
            return np.asarray(np.einsum("ij,ij->i", windows[places], taps), np.float32)
        out = np.empty(end - start, np.float32)
        for at in range(min(self._up, end - start)):
            # Every `up` outputs the same weights come again, `down` samples further on.
            count = -(-(end - start - at) // self._up)
            moment = (start + at) * self._down
            place = moment // self._up - self._half + 1 - self._first
            run = self._kept[place : place + (count - 1) * self._down + 2 * self._half]
            taps = self._weights[moment % self._up]
            out[at :: self._up] = np.correlate(run, taps, "valid")[:: self._down]
        return out


def _reduced(source_rate: int, target_rate: int) -> tuple[int, int]:
    common = math.gcd(source_rate, target_rate)
    return target_rate // common, source_rate // common


def _half(up: int, down: int) -> int:
    """Input samples on each side of a moment that its output is made of."""
    return math.ceil(_CROSSINGS * max(1.0, down / up))


@lru_cache(maxsize=16)
def _filter(up: int, down: int) -> Array:
    """(up, 2 * half): the weights for each place of an output between two input samples."""
    half = _half(up, down)
    cutoff = _CUTOFF * min(1.0, up / down)
    places = np.arange(1 - half, half + 1)[None, :] - np.arange(up)[:, None] / up
    window = np.i0(_BETA * np.sqrt(np.maximum(0.0, 1 - (places / half) ** 2))) / np.i0(_BETA)
    weights = np.sinc(cutoff * places) * window
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)
