"""GGUF weights from Q4_1 to Q4_0 and Q8_0, which llama.cpp reads faster.

Q4_1 holds blocks of 32 weights at 4 bits with a scale and an offset, and has no repacked kernels
in llama.cpp. Q4_0 has a scale only, Q8_0 a scale and 8 bits, and both have kernels for every CPU.
The formats are those of ggml (https://github.com/ggml-org/ggml, `ggml-common.h`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vivavoce.errors import ModelError

if TYPE_CHECKING:
    from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter, ReaderTensor

BLOCK = 32
Q4_0_BYTES = 18
"""Of a block: a float16 scale, then 16 bytes, of which each holds weight i and weight i + 16."""

FINE = re.compile(r"\.(attn_output|attn_v|ffn_down)\.")
"""Tensors that become Q8_0: answers get worse where these lose precision. docs/models.md tells
the measurement."""

STEPS = tuple(n / 4 for n in (*range(-35, -25), *range(26, 33)))
"""Where a block's largest weight may fall on the scale from -8 to 7; the best of them is kept.

ggml's own choice is -8 alone, whose error is a tenth larger.
"""

ROWS = 1 << 14
"""Blocks at a time: as many as stay in the processor's cache."""

MOSTLY_Q4_0 = 2
"""`general.file_type` (LLAMA_FTYPE_MOSTLY_Q4_0)."""

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]


def target_name(name: str) -> str:
    """What the Q4_0 copy of a GGUF file is called."""
    for old, new in (("Q4_1", "Q4_0"), ("q4_1", "q4_0")):
        if old in name:
            return name.replace(old, new)
    return f"{name.removesuffix('.gguf')}.Q4_0.gguf"


def q4_0(weights: Floats) -> Bytes:
    """Weights as Q4_0 blocks, with the scale that errs least in each.

    weights: (..., n), n a multiple of 32. Returns (..., n / 32 * 18).
    """
    assert weights.shape[-1] % BLOCK == 0, weights.shape
    blocks = weights.reshape(-1, BLOCK)
    packed = np.empty((len(blocks), Q4_0_BYTES), np.uint8)
    for first in range(0, len(blocks), ROWS):
        part = blocks[first : first + ROWS]
        scale = _scale(part).astype(np.float16)
        levels = np.clip(np.rint(part * _inverse(scale.astype(np.float32))), -8, 7)
        nibbles = (levels + 8).astype(np.uint8).reshape(-1, 2, BLOCK // 2)
        packed[first : first + ROWS, :2] = scale.view(np.uint8)
        packed[first : first + ROWS, 2:] = nibbles[:, 0] | (nibbles[:, 1] << 4)
    return packed.reshape(*weights.shape[:-1], -1)


def _scale(blocks: Floats) -> Floats:
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


def _inverse(values: Floats) -> Floats:
    """1 / values, and 0 for 0."""
    inverted: Floats = np.zeros_like(values)
    np.divide(1, values, out=inverted, where=values != 0)
    return inverted


def optimized(source: Path, folder: Path, tell: Callable[[int, int], None]) -> Path:
    """The optimized copy of GGUF file `source`, made in `folder`: whole, or not at all."""
    target = folder / target_name(source.name)
    unfinished = folder / f".{target.name}.{os.getpid()}.tmp"
    try:
        requantize(source, unfinished, tell)
        return unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def requantize(source: Path, target: Path, tell: Callable[[int, int], None]) -> None:
    """Write a copy of a GGUF file with its Q4_1 weights as Q4_0, or as Q8_0 where it matters.

    All else stays as it is.

    tell: takes the bytes read so far, and those in all.
    Raises ModelError when the file is no GGUF, or has no Q4_1 weights.
    """
    from gguf import GGMLQuantizationType, GGUFWriter

    reader = _open(source)
    old = GGMLQuantizationType.Q4_1
    if not any(tensor.tensor_type == old for tensor in reader.tensors):
        raise ModelError(f"{source.name}: no Q4_1 weights in it, so there is nothing to optimize")
    writer = GGUFWriter(target, _text(reader, "general.architecture"))
    try:
        _copy_fields(reader, writer)
        for tensor in reader.tensors:
            _announce(writer, tensor, _kind(tensor))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        total, done = sum(int(tensor.n_bytes) for tensor in reader.tensors), 0
        for tensor in reader.tensors:
            writer.write_tensor_data(_data(tensor))
            done += int(tensor.n_bytes)
            tell(done, total)
    finally:
        writer.close()


def _kind(tensor: ReaderTensor) -> GGMLQuantizationType:
    """What the tensor's weights become."""
    from gguf import GGMLQuantizationType as Kind

    if tensor.tensor_type != Kind.Q4_1:
        return tensor.tensor_type
    return Kind.Q8_0 if FINE.search(tensor.name) else Kind.Q4_0


def _data(tensor: ReaderTensor) -> NDArray[np.generic]:
    """The tensor's weights as they become, in bytes where they are quantized."""
    from gguf import GGMLQuantizationType as Kind
    from gguf import dequantize, quantize

    kind = _kind(tensor)
    if kind == tensor.tensor_type:
        return tensor.data
    weights = dequantize(tensor.data, tensor.tensor_type)
    return q4_0(weights) if kind == Kind.Q4_0 else quantize(weights, kind)


def _open(source: Path) -> GGUFReader:
    from gguf import GGUFEndian, GGUFReader

    try:
        reader = GGUFReader(source)
    except (ValueError, IndexError, KeyError, OverflowError, UnicodeDecodeError) as error:
        raise ModelError(f"{source}: not a GGUF file that can be read ({error})") from error
    if reader.endianess != GGUFEndian.LITTLE:
        raise ModelError(f"{source}: a big-endian GGUF file, which cannot be optimized")
    return reader


def _text(reader: GGUFReader, key: str) -> str:
    field = reader.get_field(key)
    if field is None:
        raise ModelError(f"a GGUF file without {key}")
    return str(field.contents())


def _copy_fields(reader: GGUFReader, writer: GGUFWriter) -> None:
    from gguf import GGUFValueType

    for field in reader.fields.values():
        if field.name == "general.architecture" or field.name.startswith("GGUF."):
            continue  # the writer's own
        if field.name == "general.alignment":
            writer.add_custom_alignment(field.contents())
            continue
        value = MOSTLY_Q4_0 if field.name == "general.file_type" else field.contents()
        inner = field.types[-1] if field.types[0] == GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, value, field.types[0], sub_type=inner)


def _announce(writer: GGUFWriter, tensor: ReaderTensor, kind: GGMLQuantizationType) -> None:
    """Tell the writer of a tensor whose data follow later."""
    from gguf import quant_shape_to_byte_shape

    shape = tensor.data.shape
    if kind != tensor.tensor_type:
        shape = quant_shape_to_byte_shape(tuple(map(int, reversed(tensor.shape))), kind)
    size = int(np.prod(shape)) * tensor.data.itemsize
    writer.add_tensor_info(tensor.name, shape, tensor.data.dtype, size, kind)
