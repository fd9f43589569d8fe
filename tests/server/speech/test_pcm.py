"""Audio without a container."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.errors import BadAudio
from vivavoce.server.speech.pcm import Encoding, from_bytes, to_bytes

ENCODINGS: tuple[Encoding, ...] = ("pcm16", "float32")


@given(st.lists(st.floats(-1, 1, width=32)), st.sampled_from(ENCODINGS))
@settings(deadline=None)
def test_what_is_sent_comes_back(values: list[float], encoding: Encoding) -> None:
    samples = np.asarray(values, np.float32)
    back = from_bytes(to_bytes(samples, encoding), encoding, 16_000).samples
    assert back == pytest.approx(samples, abs=1e-4 if encoding == "pcm16" else 0)


@given(st.binary(max_size=64), st.sampled_from(ENCODINGS))
@settings(deadline=None)
def test_any_bytes_are_sound_samples_or_an_error(data: bytes, encoding: Encoding) -> None:
    width = 2 if encoding == "pcm16" else 4
    if len(data) % width:
        with pytest.raises(BadAudio, match="bytes are not"):
            from_bytes(data, encoding, 16_000)
    else:
        samples = from_bytes(data, encoding, 16_000).samples
        assert len(samples) == len(data) // width
        assert np.abs(samples).max(initial=0.0) <= 1.0
