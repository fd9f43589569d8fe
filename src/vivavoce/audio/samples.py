"""Sound as numbers: float32 mono with its rate, and the plain encodings at the edges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import soxr
from numpy.typing import NDArray

from vivavoce.errors import BadAudio

from .polyphase import Polyphase, supported

Samples: TypeAlias = NDArray[np.float32]
"""(n,), mono, full scale ±1.0."""

MIN_RATE = 1_000
MAX_RATE = 768_000


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """A stretch of mono sound.

    samples: (n,) float32, full scale ±1.0.
    rate: in Hz; never defaulted.
    """

    samples: Samples
    rate: int

    def __post_init__(self) -> None:
        if not MIN_RATE <= self.rate <= MAX_RATE:
            raise BadAudio(f"the rate is {self.rate} Hz; it must be {MIN_RATE} to {MAX_RATE} Hz")
        assert self.samples.ndim == 1, self.samples.shape
        assert self.samples.dtype == np.float32, self.samples.dtype

    @classmethod
    def silence(cls, seconds: float, rate: int) -> Audio:
        """Digital silence of this length."""
        return cls(np.zeros(round(seconds * rate), np.float32), rate)

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / self.rate

    @property
    def dbfs(self) -> float:
        """Its RMS level in dB relative to full scale; -inf for silence and for nothing."""
        return dbfs(self.samples)

    def resampled(self, rate: int) -> Audio:
        """The same sound at another rate; itself when the rate is the same already."""
        if rate == self.rate:
            return self
        return Audio(soxr.resample(self.samples, self.rate, rate).astype(np.float32), rate)

    def cut(self, start: float, end: float) -> Audio:
        """The part from `start` to `end`, in seconds, clamped to what is there."""
        first, last = max(0, round(start * self.rate)), max(0, round(end * self.rate))
        return Audio(self.samples[first:last], self.rate)

    def slices(self, seconds: float) -> Iterator[Audio]:
        """All of it in order, in parts of this length; the last may be shorter. Not copied."""
        for part in slices(self.samples, round(seconds * self.rate)):
            yield Audio(part, self.rate)


@dataclass(frozen=True, slots=True)
class Lapse:
    """Time that passed, and the audio that came meanwhile, which may be longer or shorter.

    What a source that is no steady stream tells of time: a network client may send nothing for
    a while, or much at once.
    """

    seconds: float
    audio: Audio | None = None


class Resampler:
    """One stream's change of rate, chunk by chunk, without clicks at the seams.

    The output lags the input until `flush`: by 20 to 120 ms, or, `live`, by 2 ms at most (but for
    rates with hardly a common factor) at several times the work.
    """

    def __init__(self, source_rate: int, target_rate: int, *, live: bool = False) -> None:
        self.source_rate = source_rate
        self.target_rate = target_rate
        self._stream: Polyphase | _Blocks | None = None
        if source_rate != target_rate:
            kind = Polyphase if live and supported(source_rate, target_rate) else _Blocks
            self._stream = kind(source_rate, target_rate)

    def feed(self, samples: Samples) -> Samples:
        """Take the next samples at the source rate; give those ready at the target rate."""
        return samples if self._stream is None else self._stream.feed(samples)

    def flush(self) -> Samples:
        """Give what is still inside and end the stream."""
        return np.zeros(0, np.float32) if self._stream is None else self._stream.flush()


class _Blocks:
    """soxr's stream."""

    def __init__(self, source_rate: int, target_rate: int) -> None:
        self._stream = soxr.ResampleStream(
            source_rate, target_rate, 1, dtype="float32", quality="MQ"
        )

    def feed(self, samples: Samples) -> Samples:
        return np.asarray(self._stream.resample_chunk(samples), np.float32)

    def flush(self) -> Samples:
        rest = self._stream.resample_chunk(np.zeros(0, np.float32), last=True)
        return np.asarray(rest, np.float32)


def slices(samples: Samples, count: int) -> Iterator[Samples]:
    """All samples in order, `count` at a time, at least 1; the last may be fewer. Not copied."""
    step = max(1, count)
    for first in range(0, len(samples), step):
        yield samples[first : first + step]


def dbfs(samples: Samples) -> float:
    """RMS level in dB relative to full scale; -inf for silence and for no samples."""
    if not len(samples):
        return -np.inf
    power = float(np.dot(samples, samples)) / len(samples)
    return 10 * float(np.log10(power)) if power > 0 else -np.inf


def to_pcm16(samples: Samples) -> bytes:
    """Signed 16-bit little-endian; what is past full scale is clipped."""
    return (np.clip(samples, -1.0, 1.0) * 32767.0).round().astype("<i2").tobytes()


def from_pcm16(data: bytes) -> Samples:
    """Samples of signed 16-bit little-endian bytes; raises BadAudio on an odd count."""
    if len(data) % 2:
        raise BadAudio(f"{len(data)} bytes are not whole 16-bit samples; send an even number")
    return np.frombuffer(data, "<i2").astype(np.float32) / 32768.0


def clean(samples: Samples) -> Samples:
    """The same samples with NaN and infinities replaced by silence, clipped to ±1."""
    if not np.isfinite(samples).all():
        samples = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
    return np.clip(samples, -1.0, 1.0)
