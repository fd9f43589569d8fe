"""The wire format of Protocol Buffers (https://protobuf.dev/programming-guides/encoding), as far as
it takes to edit an ONNX model; it spares a dependency.
"""

from __future__ import annotations

from collections.abc import Iterator

_BYTES = 2
"""The wire type of strings and messages."""


def fields(message: memoryview) -> Iterator[tuple[int, int, int]]:
    """Each field's number, and where its value starts and ends.

    Raises ValueError for bytes that are no such message.
    """
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


def field(number: int, value: bytes | memoryview) -> bytes:
    """A field that holds a string or a message."""
    return b"".join((varint(number << 3 | _BYTES), varint(len(value)), value))


def number_field(number: int, value: int) -> bytes:
    """A field that holds a number from 0 on."""
    return varint(number << 3) + varint(value)


def varint(value: int) -> bytes:
    """A number from 0 on."""
    data = bytearray()
    while value >= 0x80:
        data.append(value & 0x7F | 0x80)
        value >>= 7
    data.append(value)
    return bytes(data)


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
