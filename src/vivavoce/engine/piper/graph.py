"""Makes a Piper voice tell how long each phoneme lasts.

A VITS graph rounds the durations up with its one `Ceil` node and keeps the result to itself.
Naming that tensor among the graph's outputs is all it takes. The file is edited as protobuf
(https://protobuf.dev/programming-guides/encoding), which spares a dependency; field numbers are
those of `onnx.proto`.
"""

from __future__ import annotations

from collections.abc import Iterator

_GRAPH = 7
_NODE, _OUTPUT = 1, 12
_NODE_OUTPUT, _NODE_TYPE = 2, 4
_NAME = 1
_BYTES = 2
"""The wire type of strings and messages."""


def with_durations(model: bytes) -> bytes:
    """The model with its durations as the last output; as it is, where that cannot be done.

    Raises ValueError for bytes that are no protobuf message.
    """
    whole = memoryview(model)
    for number, start, end in _fields(whole):
        if number == _GRAPH:
            body = _extended(whole[start:end])
            head = bytes(whole[: start - len(_varint(end - start))])
            return b"".join((head, _varint(len(body)), body, whole[end:]))
    return model


def _extended(graph: memoryview) -> bytes:
    rounded: set[bytes] = set()
    outputs: set[bytes] = set()
    for number, start, end in _fields(graph):
        if number == _NODE:
            rounded.update(_ceil_outputs(graph[start:end]))
        elif number == _OUTPUT:
            value = graph[start:end]
            outputs.update(bytes(value[a:b]) for n, a, b in _fields(value) if n == _NAME)
    if len(rounded) != 1 or rounded & outputs:
        return bytes(graph)
    return bytes(graph) + _field(_OUTPUT, _field(_NAME, rounded.pop()))


def _ceil_outputs(node: memoryview) -> list[bytes]:
    fields = [(number, bytes(node[start:end])) for number, start, end in _fields(node)]
    if (_NODE_TYPE, b"Ceil") not in fields:
        return []
    return [value for number, value in fields if number == _NODE_OUTPUT]


def _fields(message: memoryview) -> Iterator[tuple[int, int, int]]:
    """Each field's number, and where its value starts and ends."""
    at = 0
    while at < len(message):
        tag, at = _read_varint(message, at)
        start = at
        match tag & 7:
            case 0:
                _, at = _read_varint(message, at)
            case 1:
                at += 8
            case 2:
                size, start = _read_varint(message, at)
                at = start + size
            case 5:
                at += 4
            case other:
                raise ValueError(f"wire type {other}: this is not an ONNX model")
        if at > len(message):
            raise ValueError("the ONNX model is truncated; pull it again")
        yield tag >> 3, start, at


def _read_varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message) and shift < 64:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError("the ONNX model is truncated; pull it again")


def _varint(value: int) -> bytes:
    data = bytearray()
    while value >= 0x80:
        data.append(value & 0x7F | 0x80)
        value >>= 7
    data.append(value)
    return bytes(data)


def _field(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | _BYTES) + _varint(len(value)) + value
