"""From the channels of a recording to what is read: one of them, each, or a mix.

A plain mean cancels what two channels carry in opposite phase, and buries a voice that is on one
of six. The mix turns each channel by a phase of its own, the same at all pitches, 90 degrees from
the other of two: then neither what they have in common nor what they have in opposite phase is
lost, whatever sounds beside it. At each pitch a channel counts by its share of the power, so that
the noise of five covers no voice on the sixth, and the sum gets the power of the loudest.

Constant phases: P. Scheiber, "Four Channels and Compatibility", J. Audio Eng. Soc. 19(4), 1971.
Power equalized per band: C. Faller and F. Baumgarte, "Binaural Cue Coding, Part II: Schemes and
Applications", IEEE Trans. Speech and Audio Processing 11(6), 2003.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from vivavoce.audio import clean
from vivavoce.errors import BadAudio, BadRequest

from .frames import ChannelSamples

Channels: TypeAlias = Literal["mix", "left", "right", "separate"] | int
"""`left` is channel 1, `right` channel 2; a number counts from 1."""

_WINDOW_S = 0.032
_FRAMES = 4
"""Windows that powers and phases are averaged over: 64 ms."""
_MOST_GAIN = 4.0
_LEAST, _MOST = 16, 256
"""Windows computed at once: enough to be quick, few enough to bound the memory."""
_TINY = 1e-20

Spectra: TypeAlias = NDArray[np.complex64]


def parse_channels(text: str) -> Channels:
    """What a person wrote. Raises BadRequest."""
    wanted = text.strip().casefold()
    match wanted:
        case "mix" | "left" | "right" | "separate":
            return wanted
    if wanted.isdecimal() and int(wanted) >= 1:
        return int(wanted)
    raise BadRequest(
        f"channels cannot be {text!r}; choose mix, left, right, separate, or a number from 1"
    )


class ChannelReader:
    """What is wanted of a recording: (1, n), or, for `separate`, (count, n).

    count: the channels of the recording, as it begins. Where it goes on with others, what was
    separate stays so: a single channel stays in the first place, and those past the last are
    added to it.
    Raises BadAudio for a channel that the recording does not have.
    """

    def __init__(self, wanted: Channels, count: int, name: str) -> None:
        self._count = count if wanted == "separate" else 1
        self._mixes = wanted == "mix"
        self._index: int | None = None
        if wanted not in ("mix", "separate"):
            self._index = {"left": 1, "right": 2}.get(str(wanted)) or int(wanted)
            if not 1 <= self._index <= count:
                has = "1 channel" if count == 1 else f"{count} channels"
                raise BadAudio(f"{name} has {has}; there is no channel {self._index}")
        self._mixer: Mixer | None = None

    def select(self, samples: ChannelSamples) -> ChannelSamples:
        """The channels that are needed."""
        if self._index is not None:
            chosen = min(self._index, len(samples)) - 1
            return samples[chosen : chosen + 1]
        if self._mixes or len(samples) == self._count:
            return samples
        placed = np.zeros((self._count, samples.shape[1]), np.float32)
        shared = min(len(samples), self._count)
        placed[:shared] = samples[:shared]
        placed[-1] += samples[self._count :].sum(axis=0)
        return clean(placed)

    def mix(self, samples: ChannelSamples, rate: int) -> ChannelSamples:
        """Take selected channels; give what is ready. Their number changes only after `flush`."""
        if not self._mixes or len(samples) == 1:
            return samples
        if self._mixer is None:
            self._mixer = Mixer(len(samples), rate)
        return self._mixer.feed(samples)[None]

    def flush(self) -> ChannelSamples:
        """Give what is still inside."""
        if self._mixer is None:
            return np.zeros((self._count, 0), np.float32)
        mixer, self._mixer = self._mixer, None
        return mixer.flush()[None]


class Mixer:
    """Several channels as one, in which nothing that any of them carries is lost.

    Channels that are the same until then pass as they are. The output lags by a window.
    """

    def __init__(self, channels: int, rate: int) -> None:
        self._size = 1 << max(5, round(np.log2(rate * _WINDOW_S)))
        self._hop = self._size // 2
        self._window = np.sin(np.pi * (np.arange(self._size) + 0.5) / self._size).astype(np.float32)
        self._same = True
        # Half a window of silence before the first sample, so that each is in two windows.
        self._waiting: ChannelSamples = np.zeros((channels, self._hop), np.float32)
        self._tail = np.zeros(self._hop, np.float32)
        bins = self._hop + 1
        turns = np.pi / channels * (np.arange(channels) - (channels - 1) / 2)
        self._turned = np.repeat(np.exp(1j * turns)[:, None], bins, axis=1).astype(np.complex64)
        # The ends of the spectrum have no phase.
        self._turned[:, [0, -1]] = 1.0
        self._powers = np.zeros((_FRAMES - 1, channels, bins), np.float32)
        self._sums = np.zeros((_FRAMES - 1, bins), np.float32)
        self._skip = 0

    def feed(self, samples: ChannelSamples) -> NDArray[np.float32]:
        """Take the next samples of all channels; give the mix as far as it is known."""
        if self._same:
            if bool((samples[1:] == samples[0]).all()):
                self._waiting = np.concatenate([self._waiting, samples], axis=1)[:, -self._hop :]
                first: NDArray[np.float32] = samples[0].copy()
                return first
            self._same = False
            # What is waiting was given already.
            self._skip = self._hop
        self._waiting = np.concatenate([self._waiting, samples], axis=1)
        return self._ready(_LEAST)

    def flush(self) -> NDArray[np.float32]:
        """Give the rest."""
        if self._same:
            return np.zeros(0, np.float32)
        left = self._waiting.shape[1] - self._skip
        padding = np.zeros((len(self._waiting), 2 * self._hop), np.float32)
        self._waiting = np.concatenate([self._waiting, padding], axis=1)
        return self._ready(1)[:left]

    def _ready(self, least: int) -> NDArray[np.float32]:
        """What the waiting samples give, if they are so many windows."""
        pieces = [np.zeros(0, np.float32)]
        while (count := self._waiting.shape[1] // self._hop - 1) >= least:
            count = min(count, _MOST)
            pieces.append(self._mixed(self._waiting[:, : (count + 1) * self._hop]))
            self._waiting = self._waiting[:, count * self._hop :]
        mixed = np.concatenate(pieces)
        skipped = min(self._skip, len(mixed))
        self._skip -= skipped
        return clean(mixed[skipped:])

    def _mixed(self, samples: ChannelSamples) -> NDArray[np.float32]:
        """The mix of whole windows; the second half of the last one waits for its neighbour."""
        windows = np.lib.stride_tricks.sliding_window_view(samples, self._size, axis=1)
        windows = windows[:, :: self._hop] * self._window
        spectra = np.fft.rfft(windows, axis=2).astype(np.complex64).transpose(1, 0, 2)
        mixed = np.fft.irfft(self._sum(spectra), self._size, axis=1).astype(np.float32)
        mixed *= self._window
        out = np.concatenate([self._tail, np.zeros(len(mixed) * self._hop, np.float32)])
        halves = out.reshape(-1, self._hop)
        halves[:-1] += mixed[:, : self._hop]
        halves[1:] += mixed[:, self._hop :]
        self._tail = halves[-1].copy()
        return out[: -self._hop]

    def _sum(self, spectra: Spectra) -> Spectra:
        """(windows, channels, bins) as (windows, bins)."""
        power = np.concatenate([self._powers, _power(spectra)])
        powers = _averaged(power)
        most = powers.max(axis=1) + _TINY
        total = (spectra * (self._turned * (powers / most[:, None]))).sum(axis=1)
        sums = np.concatenate([self._sums, _power(total)])
        gain = np.sqrt(most / (_averaged(sums) + _TINY))
        self._powers, self._sums = power[1 - _FRAMES :], sums[1 - _FRAMES :]
        return np.asarray(total * np.minimum(gain, _MOST_GAIN), np.complex64)


def _power(spectra: Spectra) -> NDArray[np.float32]:
    return np.square(spectra.real) + np.square(spectra.imag)


def _averaged(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Over each window and those before it."""
    total = sum(values[first : len(values) - _FRAMES + 1 + first] for first in range(_FRAMES))
    return np.asarray(total / _FRAMES, np.float32)
