"""Decoded frames as numbers."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from vivavoce.audio import clean

ChannelSamples: TypeAlias = NDArray[np.float32]
"""(channels, n), full scale ±1.0."""

_KINDS = {
    "u8": ("u1", 2.0**7),
    "s16": ("i2", 2.0**15),
    "s32": ("i4", 2.0**31),
    "s64": ("i8", 2.0**63),
    "flt": ("f4", None),
    "dbl": ("f8", None),
}
"""libav's sample formats: numpy's type and what full scale is in it."""


def samples_of(frame: AudioFrame) -> ChannelSamples:
    """The frame's channels. NaN and infinities become silence; past full scale is clipped."""
    kind, scale = _KINDS[frame.format.name.removesuffix("p")]
    channels, count = frame.layout.nb_channels, frame.samples
    if frame.format.is_planar:
        values = np.stack([np.frombuffer(memoryview(plane), kind, count) for plane in frame.planes])
    else:
        values = (
            np.frombuffer(memoryview(frame.planes[0]), kind, count * channels)
            .reshape(-1, channels)
            .T
        )
    if scale is None:
        with np.errstate(over="ignore"):
            return clean(values.astype(np.float32))
    samples = values.astype(np.float32) / np.float32(scale)
    if kind == "u1":
        samples -= 1.0
    return samples
