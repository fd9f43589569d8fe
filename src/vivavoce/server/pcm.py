"""Audio without a container, as the own protocols send it."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import numpy as np
from pydantic import Field

from vivavoce.audio import Audio, Samples, clean, from_pcm16, to_pcm16
from vivavoce.errors import BadAudio

Encoding: TypeAlias = Literal["pcm16", "float32"]
"""pcm16: signed 16-bit; float32: full scale ±1. Both little-endian, mono."""

Rate: TypeAlias = Annotated[int, Field(ge=8_000, le=192_000)]
"""Hz of what clients send and get."""


def from_bytes(data: bytes, encoding: Encoding, rate: int) -> Audio:
    """One message's audio. Raises BadAudio when it is not a whole number of samples."""
    if encoding == "pcm16":
        return Audio(from_pcm16(data), rate)
    if len(data) % 4:
        raise BadAudio(f"{len(data)} bytes of float32: the count must be a multiple of 4")
    return Audio(clean(np.frombuffer(data, "<f4").astype(np.float32)), rate)


def to_bytes(samples: Samples, encoding: Encoding) -> bytes:
    """The samples as a message."""
    return to_pcm16(samples) if encoding == "pcm16" else samples.astype("<f4").tobytes()
