"""Audio without a container, as the own protocols send it."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import numpy as np
from pydantic import Field

from vivavoce.audio import Audio, Samples, clean, from_pcm16, to_pcm16
from vivavoce.errors import BadAudio

Encoding: TypeAlias = Literal["pcm16", "float32"]
"""pcm16: signed 16-bit; float32: full scale ±1. Both little-endian, mono."""

Rate: TypeAlias = Annotated[int, Field(ge=8_000, le=48_000)]
"""Hz of what clients send and get."""


MOST_S = 60.0
"""Of audio in one message: a connection that reads nothing while an engine works through more
would look dead."""


def from_bytes(data: bytes, encoding: Encoding, rate: int) -> Audio:
    """One message's audio.

    Raises BadAudio when it is not a whole number of samples, or more than MOST_S.
    """
    width = 2 if encoding == "pcm16" else 4
    if len(data) > MOST_S * rate * width:
        seconds = len(data) / (rate * width)
        raise BadAudio(
            f"the message has {seconds:.0f} s of audio; send at most {MOST_S:g} s at once"
        )
    if encoding == "pcm16":
        return Audio(from_pcm16(data), rate)
    if len(data) % width:
        raise BadAudio(f"{len(data)} bytes are not whole float32 samples; send a multiple of 4")
    return Audio(clean(np.frombuffer(data, "<f4").astype(np.float32)), rate)


def to_bytes(samples: Samples, encoding: Encoding) -> bytes:
    """The samples as a message."""
    return to_pcm16(samples) if encoding == "pcm16" else samples.astype("<f4").tobytes()
