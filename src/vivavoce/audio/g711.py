"""G.711, the telephone's 8 bits a sample: μ-law and A-law."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .samples import Samples

_BIAS, _MOST = 33, 8191
"""Of μ-law, which has 14 bits before it is compressed; A-law has 13."""


def mulaw_encode(samples: Samples) -> bytes:
    """One byte for each sample; what is past full scale is clipped."""
    return _ENCODED_MULAW[_index(samples)].tobytes()


def mulaw_decode(data: bytes) -> Samples:
    """One sample for each byte."""
    return _DECODED_MULAW[np.frombuffer(data, np.uint8)]


def alaw_encode(samples: Samples) -> bytes:
    """One byte for each sample; what is past full scale is clipped."""
    return _ENCODED_ALAW[_index(samples)].tobytes()


def alaw_decode(data: bytes) -> Samples:
    """One sample for each byte."""
    return _DECODED_ALAW[np.frombuffer(data, np.uint8)]


def _index(samples: Samples) -> NDArray[np.int32]:
    """Where each sample's 16-bit value stands in the tables of codes."""
    return (np.clip(samples, -1.0, 1.0) * 32767.0).round().astype(np.int32) + 32768


def _mulaw_codes() -> NDArray[np.uint8]:
    """The code of each 16-bit value, from -32768 up (ITU-T G.711, table 2)."""
    values = np.arange(-32768, 32768)
    size = np.minimum((np.where(values < 0, ~values, values) >> 2) + _BIAS, _MOST)
    exponent = np.frexp(size)[1] - 6
    mantissa = (size >> (exponent + 1)) & 0x0F
    sign = np.where(values < 0, 0x80, 0)
    codes: NDArray[np.int_] = ~(sign | (exponent << 4) | mantissa) & 0xFF
    return codes.astype(np.uint8)


def _mulaw_values() -> Samples:
    codes = ~np.arange(256) & 0xFF
    exponent, mantissa = (codes >> 4) & 7, codes & 0x0F
    size = (((mantissa << 1) + _BIAS) << exponent) - _BIAS
    return (np.where(codes & 0x80, -size, size) / 8192.0).astype(np.float32)


def _alaw_codes() -> NDArray[np.uint8]:
    """The code of each 16-bit value, from -32768 up (ITU-T G.711, table 1)."""
    values = np.arange(-32768, 32768)
    size = np.where(values < 0, ~values, values) >> 4
    exponent = np.maximum(np.frexp(size)[1] - 4, 0)
    mantissa = (size >> np.maximum(exponent - 1, 0)) & 0x0F
    sign = np.where(values < 0, 0, 0x80)
    codes: NDArray[np.int_] = (sign | (exponent << 4) | mantissa) ^ 0x55
    return codes.astype(np.uint8)


def _alaw_values() -> Samples:
    codes = np.arange(256) ^ 0x55
    exponent, mantissa = (codes >> 4) & 7, codes & 0x0F
    size = (mantissa << 4) + 8
    size = np.where(exponent > 0, (size + 0x100) << np.maximum(exponent - 1, 0), size)
    return (np.where(codes & 0x80, size, -size) / 32768.0).astype(np.float32)


_ENCODED_MULAW, _DECODED_MULAW = _mulaw_codes(), _mulaw_values()
_ENCODED_ALAW, _DECODED_ALAW = _alaw_codes(), _alaw_values()
