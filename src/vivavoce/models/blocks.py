"""Weights packed into ggml's 4-bit blocks, in numpy.

The formats are those of ggml (https://github.com/ggml-org/ggml, `src/ggml-common.h`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

BLOCK = 32
SUPERBLOCK = 256

STEPS = tuple(n / 4 for n in (*range(-35, -25), *range(26, 33)))
"""Where a block's largest weight may fall on the scale from -8 to 7; the best of them is kept.

ggml's own choice is -8 alone, whose error is a tenth larger.
"""

AT_ONCE = 1 << 19
"""Weights packed at a time: as many as stay in the processor's cache."""


def q4_0(weights: Floats) -> Bytes:
    """Weights as Q4_0: blocks of 32 with a scale, the one that errs least.

    weights: (..., n), n a multiple of 32. Returns (..., n / 32 * 18).
    """
    return _packed(weights, BLOCK, 18, _pack_q4_0)


def q4_k(weights: Floats) -> Bytes:
    """Weights as Q4_K: blocks of 32 with a scale and an offset, of 6 bits each, in eights.

    weights: (..., n), n a multiple of 256. Returns (..., n / 256 * 144).
    """
    return _packed(weights, SUPERBLOCK, 144, _pack_q4_k)


def _packed(weights: Floats, block: int, size: int, pack: Callable[[Floats], Bytes]) -> Bytes:
    assert weights.shape[-1] % block == 0, weights.shape
    blocks = weights.reshape(-1, block)
    packed = np.empty((len(blocks), size), np.uint8)
    rows = AT_ONCE // block
    for first in range(0, len(blocks), rows):
        packed[first : first + rows] = pack(blocks[first : first + rows])
    return packed.reshape(*weights.shape[:-1], -1)


def _pack_q4_0(blocks: Floats) -> Bytes:
    """(n, 32) to (n, 18): a float16 scale, then bytes that hold weight i and weight i + 16."""
    scale = _best_scale(blocks).astype(np.float16)
    levels = np.clip(np.rint(blocks * _inverse(scale.astype(np.float32))), -8, 7)
    nibbles = (levels + 8).astype(np.uint8).reshape(-1, 2, BLOCK // 2)
    return np.concatenate([scale.view(np.uint8), nibbles[:, 0] | nibbles[:, 1] << 4], axis=-1)


def _best_scale(blocks: Floats) -> Floats:
    """Each block's scale, (n, 1): of the tried ones, refitted, that with the least square error."""
    high, low = blocks.max(-1, keepdims=True), blocks.min(-1, keepdims=True)
    inverse = _inverse(np.where(high > -low, high, low))
    best_gain = np.full_like(high, -1)
    best: Floats = np.zeros_like(high)
    levels = np.empty_like(blocks)
    for step in STEPS:
        np.multiply(blocks, inverse * np.float32(step), out=levels)
        np.rint(levels, out=levels)
        np.clip(levels, -8, 7, out=levels)
        # For given levels l of weights w, the scale w·l / l·l errs least, by w·w - (w·l)² / l·l.
        dot = np.einsum("ij,ij->i", blocks, levels)[:, None]
        fitted = dot * _inverse(np.einsum("ij,ij->i", levels, levels)[:, None])
        gain = dot * fitted
        better = gain > best_gain
        best_gain[better], best[better] = gain[better], fitted[better]
    return best


def _pack_q4_k(superblocks: Floats) -> Bytes:
    """(n, 256) to (n, 144): two float16 factors, 8 scales and 8 offsets, 128 bytes of weights.

    A weight is level * scale * factor - offset * other factor.
    """
    blocks = superblocks.reshape(-1, 8, BLOCK)
    low = np.minimum(blocks.min(-1), 0)
    scale, scales = _six_bits((blocks.max(-1) - low) / 15)
    offset, offsets = _six_bits(-low)
    steps = (scale.astype(np.float32) * scales)[..., None]
    raised = blocks + (offset.astype(np.float32) * offsets)[..., None]
    levels = np.clip(np.rint(raised * _inverse(steps)), 0, 15).astype(np.uint8)
    pairs = levels.reshape(-1, 4, 2, BLOCK)
    nibbles = (pairs[:, :, 0] | pairs[:, :, 1] << 4).reshape(-1, SUPERBLOCK // 2)
    head = [scale.view(np.uint8), offset.view(np.uint8), _twelve_bytes(scales, offsets)]
    return np.concatenate([*head, nibbles], axis=-1)


def _six_bits(values: Floats) -> tuple[NDArray[np.float16], Bytes]:
    """Values >= 0, (n, 8), as a factor, (n, 1), and integers up to 63, (n, 8)."""
    factor = (values.max(-1, keepdims=True) / 63).astype(np.float16)
    whole = np.clip(np.rint(values * _inverse(factor.astype(np.float32))), 0, 63)
    return factor, whole.astype(np.uint8)


def _twelve_bytes(scales: Bytes, offsets: Bytes) -> Bytes:
    """Eight scales and eight offsets of 6 bits in 12 bytes, as Q4_K has them.

    The first four of each fill the low bits of 8 bytes, whose high bits take the high bits of
    the last four of each, whose low bits fill 4 bytes more.
    """
    first = scales[:, :4] | scales[:, 4:] >> 4 << 6
    second = offsets[:, :4] | offsets[:, 4:] >> 4 << 6
    third = scales[:, 4:] & 15 | (offsets[:, 4:] & 15) << 4
    return np.concatenate([first, second, third], axis=-1)


def _inverse(values: Floats) -> Floats:
    """1 / values, and 0 for 0."""
    inverted: Floats = np.zeros_like(values)
    np.divide(1, values, out=inverted, where=values != 0)
    return inverted
