"""Audio in base64, both ways."""

from __future__ import annotations

from base64 import b64encode
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.audio import to_pcm16
from vivavoce.server.realtime.audio import (
    FORMATS,
    MOST_BYTES,
    PCM,
    PCMA,
    PCMU,
    WireDecoder,
    WireEncoder,
    WireFormat,
)
from vivavoce.server.realtime.wire_error import WireError

TONE = (0.5 * np.sin(np.arange(480) * 0.1)).astype(np.float32)


@pytest.mark.parametrize(("form", "error"), [(PCM, 1e-4), (PCMU, 0.02), (PCMA, 0.02)])
def test_what_is_encoded_is_decoded_alike(form: WireFormat, error: float) -> None:
    audio = WireDecoder(form).decode(WireEncoder(form).encode(TONE))
    assert audio.rate == form.rate
    np.testing.assert_allclose(audio.samples, TONE, atol=error)


@settings(deadline=None)
@given(st.lists(st.integers(0, 960), max_size=6))
def test_a_byte_stream_may_be_cut_anywhere(cuts: list[int]) -> None:
    data = to_pcm16(TONE)
    edges = sorted({0, len(data), *cuts})
    decoder = WireDecoder(PCM)
    parts = [
        decoder.decode(b64encode(data[start:end]).decode()).samples
        for start, end in pairwise(edges)
    ]
    np.testing.assert_array_equal(
        np.concatenate(parts), WireDecoder(PCM).decode(b64encode(data).decode()).samples
    )


def test_a_stray_byte_spoils_only_one_utterance() -> None:
    decoder = WireDecoder(PCM)
    decoder.decode(b64encode(b"\x01\x02\x03").decode())
    decoder.reset()
    audio = decoder.decode(WireEncoder(PCM).encode(TONE))
    np.testing.assert_allclose(audio.samples, TONE, atol=1e-4)


@pytest.mark.parametrize("text", ["not base64!", "AAA", "AA=A", "AAAA\n", "ÄÄÄÄ", "=", "😀"])
@pytest.mark.parametrize("name", FORMATS)
def test_text_that_is_no_base64_is_refused(text: str, name: str) -> None:
    decoder = WireDecoder(FORMATS[name])
    with pytest.raises(WireError, match="base64") as told:
        decoder.decode(text)
    assert (told.value.code, told.value.param) == ("invalid_value", "audio")
    assert decoder.decode("AAAA").rate == decoder.format.rate


def test_an_append_of_nothing_is_no_sound() -> None:
    assert len(WireDecoder(PCM).decode("").samples) == 0


def test_an_endless_append_is_refused_unread() -> None:
    with pytest.raises(WireError) as told:
        WireDecoder(PCM).decode("A" * (MOST_BYTES * 2))
    assert told.value.code == "string_above_max_length"
