"""GGUF weights from Q4_1 into formats that llama.cpp reads faster, and as well.

Q4_1 has no repacked kernels in llama.cpp; Q4_0, Q4_K and Q8_0 have them for every CPU. Q4_K keeps
all that Q4_1 holds, but needs rows of a multiple of 256 weights. Q4_0 has no offsets and loses
some of it, so where answers would get worse, Q8_0 takes its place; docs/models.md has the numbers.
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

from .blocks import SUPERBLOCK, q4_0, q4_k

if TYPE_CHECKING:
    from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter, ReaderTensor

FINE = re.compile(r"\.(attn_output|attn_v|ffn_down)\.")
"""Tensors whose precision the answers need most."""

FILE_TYPES = {"Q4_0": 2, "Q4_K_S": 14}
"""`general.file_type` (LLAMA_FTYPE_MOSTLY_...) by what most of the weights are."""


def optimized(source: Path, folder: Path, tell: Callable[[int, int], None]) -> Path:
    """A copy of GGUF file `source` in `folder`, its Q4_1 weights requantized: whole, or none.

    It is named after what most of its weights are.
    tell: takes the bytes read so far, and those in all.
    Raises ModelError when the file is no GGUF, or has no Q4_1 weights.
    """
    reader = _open(source)
    kind = _mostly(reader, source)
    target = folder / target_name(source.name, kind)
    unfinished = folder / f".{target.name}.{os.getpid()}.tmp"
    try:
        _write(reader, unfinished, FILE_TYPES[kind], tell)
        return unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def target_name(name: str, kind: str) -> str:
    """What the copy of a GGUF file is called."""
    if re.search("q4_1", name, re.IGNORECASE):
        return re.sub("q4_1", kind.lower() if "q4_1" in name else kind, name, flags=re.IGNORECASE)
    return f"{name.removesuffix('.gguf')}.{kind}.gguf"


def _open(source: Path) -> GGUFReader:
    from gguf import GGUFEndian, GGUFReader

    try:
        reader = GGUFReader(source)
    except (ValueError, IndexError, KeyError, OverflowError, UnicodeDecodeError) as error:
        raise ModelError(f"{source}: cannot read the GGUF file ({error}); pull it again") from error
    if reader.endianess != GGUFEndian.LITTLE:
        raise ModelError(f"{source}: big-endian GGUF files cannot be optimized")
    return reader


def _mostly(reader: GGUFReader, source: Path) -> str:
    """What most weights of the copy will be."""
    from gguf import GGMLQuantizationType as Kind

    old = [tensor for tensor in reader.tensors if tensor.tensor_type == Kind.Q4_1]
    if not old:
        raise ModelError(f"{source.name}: has no Q4_1 weights, so there is nothing to optimize")
    exact = sum(int(tensor.n_elements) for tensor in old if _kind(tensor) == Kind.Q4_K)
    return "Q4_K_S" if 2 * exact > sum(int(tensor.n_elements) for tensor in old) else "Q4_0"


def _kind(tensor: ReaderTensor) -> GGMLQuantizationType:
    """What the tensor's weights become."""
    from gguf import GGMLQuantizationType as Kind

    if tensor.tensor_type != Kind.Q4_1:
        return tensor.tensor_type
    if int(tensor.shape[0]) % SUPERBLOCK == 0:
        return Kind.Q4_K
    return Kind.Q8_0 if FINE.search(tensor.name) else Kind.Q4_0


def _data(tensor: ReaderTensor) -> NDArray[np.generic]:
    """The tensor's weights as they become, in bytes where they are quantized."""
    from gguf import GGMLQuantizationType as Kind
    from gguf import dequantize, quantize

    kind = _kind(tensor)
    if kind == tensor.tensor_type:
        return tensor.data
    weights = dequantize(tensor.data, tensor.tensor_type)
    match kind:
        case Kind.Q4_K:
            return q4_k(weights)
        case Kind.Q4_0:
            return q4_0(weights)
        case _:
            return quantize(weights, kind)


def _write(
    reader: GGUFReader, target: Path, file_type: int, tell: Callable[[int, int], None]
) -> None:
    from gguf import GGUFWriter

    architecture = reader.get_field("general.architecture")
    writer = GGUFWriter(target, str(architecture.contents()) if architecture else "")
    try:
        _copy_fields(reader, writer, file_type)
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


def _copy_fields(reader: GGUFReader, writer: GGUFWriter, file_type: int) -> None:
    from gguf import GGUFValueType

    for field in reader.fields.values():
        if field.name == "general.architecture" or field.name.startswith("GGUF."):
            continue  # the writer's own
        if field.name == "general.alignment":
            writer.add_custom_alignment(field.contents())
            continue
        value = file_type if field.name == "general.file_type" else field.contents()
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
