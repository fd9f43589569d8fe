"""G.711 against ITU-T values and against libav's decoder."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.audio import Samples
from vivavoce.audio.g711 import alaw_decode, alaw_encode, mulaw_decode, mulaw_encode
from vivavoce.media.decode import read_audio

ALL = bytes(range(256))
LAWS = [(mulaw_encode, mulaw_decode), (alaw_encode, alaw_decode)]


@pytest.mark.parametrize(
    ("decode", "code", "value"),
    [
        (mulaw_decode, 0xFF, 0),
        (mulaw_decode, 0x7F, 0),
        (mulaw_decode, 0x80, 32124),
        (mulaw_decode, 0x00, -32124),
        (mulaw_decode, 0xF0, 120),
        (mulaw_decode, 0xEF, 132),
        (alaw_decode, 0xD5, 8),
        (alaw_decode, 0x55, -8),
        (alaw_decode, 0xAA, 32256),
        (alaw_decode, 0x2A, -32256),
        (alaw_decode, 0x85, 4224),
    ],
)
def test_known_codes_decode_to_known_values(
    decode: Callable[[bytes], Samples], code: int, value: int
) -> None:
    assert decode(bytes([code])).tolist() == [value / 32768]


@pytest.mark.parametrize(
    ("encode", "value", "code"),
    [
        (mulaw_encode, 0, 0xFF),
        (mulaw_encode, 32767, 0x80),
        (mulaw_encode, -32767, 0x00),
        (mulaw_encode, 1000, 0xCE),
        (mulaw_encode, -1000, 0x4E),
        (alaw_encode, 0, 0xD5),
        (alaw_encode, 32767, 0xAA),
        (alaw_encode, -32767, 0x2A),
        (alaw_encode, 1000, 0xFA),
        (alaw_encode, -1000, 0x7A),
    ],
)
def test_known_values_encode_to_known_codes(
    encode: Callable[[Samples], bytes], value: int, code: int
) -> None:
    assert encode(np.array([value / 32767], np.float32)) == bytes([code])


@pytest.mark.parametrize(("format_code", "decode"), [(7, mulaw_decode), (6, alaw_decode)])
def test_every_code_decodes_as_libav_decodes_it(
    format_code: int, decode: Callable[[bytes], Samples]
) -> None:
    data = b"".join(
        [
            struct.pack("<4sI4s", b"RIFF", 36 + 256, b"WAVE"),
            struct.pack("<4sIHHIIHH", b"fmt ", 16, format_code, 1, 8000, 8000, 1, 8),
            struct.pack("<4sI", b"data", 256) + ALL,
        ]
    )
    np.testing.assert_array_equal(decode(ALL), read_audio(io.BytesIO(data)).samples)


@pytest.mark.parametrize(("encode", "decode"), LAWS)
def test_decoded_codes_encode_to_themselves(
    encode: Callable[[Samples], bytes], decode: Callable[[bytes], Samples]
) -> None:
    values = decode(ALL)
    np.testing.assert_array_equal(decode(encode(values)), values)


@pytest.mark.parametrize(("encode", "decode"), LAWS)
@given(value=st.floats(-1.0, 1.0, width=32))
def test_the_error_is_small_beside_the_value(
    encode: Callable[[Samples], bytes], decode: Callable[[bytes], Samples], value: float
) -> None:
    decoded = float(decode(encode(np.array([value], np.float32)))[0])
    assert abs(decoded - value) <= abs(value) / 32 + 2**-11


@pytest.mark.parametrize(("encode", "decode"), LAWS)
def test_what_is_past_full_scale_is_clipped(
    encode: Callable[[Samples], bytes], decode: Callable[[bytes], Samples]
) -> None:
    assert encode(np.array([9.0, -9.0], np.float32)) == encode(np.array([1.0, -1.0], np.float32))
    assert len(encode(np.zeros(0, np.float32))) == len(decode(b"")) == 0
