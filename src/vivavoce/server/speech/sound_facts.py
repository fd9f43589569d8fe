"""What can be measured of a recording: its level, where somebody speaks, and how noisy it is."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vivavoce.audio import Resampler, Samples
from vivavoce.engines import Vad
from vivavoce.transcripts.recordings import cut
from vivavoce.transcripts.segmenter import SegmentSettings

_FRAME_S = 0.01
_FULL_SCALE = 0.999
"""From here on a sample counts as one that was cut off; three in a row are no accident."""
_QUIETEST = 1e-10
"""Power of -100 dBFS: less is no noise of any microphone, but digital silence."""
_GUARD_S = 0.1
"""Beside speech, what the VAD may have judged too early or too late."""
_ENOUGH_S = 0.3
"""Of noise, to tell its level."""
_JOIN_S = 0.3
"""Pauses up to this long belong to the speech around them."""


@dataclass(frozen=True, slots=True)
class VoicedStretch:
    """Somebody speaks. Times in seconds."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class SoundFacts:
    """A recording, measured on the mean of its channels. Levels in dB relative to full scale.

    rms, peak: None for digital silence.
    clipped: the share of samples that begin three in a row at full scale.
    speech_level, noise_level: the power inside of speech and outside of it; snr: the ratio of
    speech without the noise to the noise, in dB. None where there is too little to tell.
    """

    seconds: float
    rms: float | None
    peak: float | None
    clipped: float
    speech: tuple[VoicedStretch, ...]
    speech_level: float | None
    noise_level: float | None
    snr: float | None

    @property
    def speech_ratio(self) -> float:
        """How much of the time somebody speaks, 0 to 1."""
        spoken = sum(stretch.end - stretch.start for stretch in self.speech)
        return min(1.0, spoken / self.seconds) if self.seconds else 0.0


async def sound_facts(audio: AsyncIterator[Samples], rate: int, vad: Vad) -> SoundFacts:
    """Measure a recording of any length. audio: at `rate`; the caller closes it.

    Keeps a number for each 10 ms, and no audio.
    """
    meter = SoundMeter(rate)
    resampler = Resampler(rate, vad.rate)

    async def metered() -> AsyncGenerator[Samples, None]:
        async for chunk in audio:
            meter.feed(chunk)
            yield resampler.feed(chunk)
        yield resampler.flush()

    speech: list[VoicedStretch] = []
    cuts = SegmentSettings(join_s=_JOIN_S, pad_s=0.0)
    async with (
        aclosing(metered()) as chunks,
        aclosing(cut(chunks, vad.rate, vad, cuts)) as pieces,
    ):
        async for piece in pieces:
            start = piece.start
            if speech and start - speech[-1].end < _JOIN_S:
                start = speech.pop().start
            speech.append(VoicedStretch(round(start, 3), round(piece.end, 3)))
    return meter.facts(speech)


class SoundMeter:
    """Measures a stream. rate: in Hz."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._frame = max(1, round(rate * _FRAME_S))
        self._count = 0
        self._peak = 0.0
        self._clipped = 0
        self._last_full: NDArray[np.bool_] = np.zeros(0, np.bool_)
        self._rest: Samples = np.zeros(0, np.float32)
        self._powers: list[NDArray[np.float64]] = []

    def feed(self, samples: Samples) -> None:
        """Take the next samples."""
        if not len(samples):
            return
        self._count += len(samples)
        loud = np.abs(samples)
        self._peak = max(self._peak, float(loud.max()))
        full = np.concatenate([self._last_full, loud >= _FULL_SCALE])
        self._clipped += int(np.count_nonzero(full[:-2] & full[1:-1] & full[2:]))
        self._last_full = full[-2:]
        joined = np.concatenate([self._rest, samples])
        whole = len(joined) - len(joined) % self._frame
        frames = joined[:whole].reshape(-1, self._frame)
        self._powers.append(np.mean(np.square(frames, dtype=np.float64), axis=1))
        self._rest = joined[whole:].copy()

    def facts(self, speech: Sequence[VoicedStretch]) -> SoundFacts:
        """All that is known. speech: where somebody speaks."""
        powers = np.concatenate([np.zeros(0), *self._powers])
        energy = float(powers.sum()) * self._frame + float(np.dot(self._rest, self._rest))
        inside = _mask(len(powers), speech, 0.0)
        outside = ~_mask(len(powers), speech, _GUARD_S) & (powers > _QUIETEST)
        spoken = float(powers[inside].mean()) if inside.any() else 0.0
        enough = np.count_nonzero(outside) * _FRAME_S >= _ENOUGH_S
        noise = float(powers[outside].mean()) if enough else 0.0
        return SoundFacts(
            self._count / self._rate,
            _db(energy / self._count if self._count else 0.0),
            _db(self._peak**2),
            self._clipped / self._count if self._count else 0.0,
            tuple(speech),
            _db(spoken),
            _db(noise),
            _db((spoken - noise) / noise) if noise else None,
        )


def _mask(count: int, speech: Sequence[VoicedStretch], guard_s: float) -> NDArray[np.bool_]:
    """Which frames lie in the speech, or closer to it than the guard."""
    mask = np.zeros(count, np.bool_)
    for stretch in speech:
        first = max(0, round((stretch.start - guard_s) / _FRAME_S))
        mask[first : max(first, round((stretch.end + guard_s) / _FRAME_S))] = True
    return mask


def _db(power: float) -> float | None:
    return round(10 * float(np.log10(power)), 2) if power > 0 else None
