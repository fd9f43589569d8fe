"""A part of an ONNX model as a model of its own; field numbers are those of `onnx.proto`."""

from __future__ import annotations

from collections.abc import Sequence

from .protobuf import field, fields, number_field, varint

_MODEL_GRAPH = 7
_NODE, _INITIALIZER, _INPUT, _OUTPUT, _VALUE = 1, 5, 11, 12, 13
_NODE_INPUT, _NODE_OUTPUT = 1, 2
_NAME, _TYPE, _TENSOR_NAME = 1, 2, 8
_FLOAT = 1


def subgraph(model: bytes, outputs: Sequence[str], cut: tuple[str, int] | None = None) -> bytes:
    """The part of a model that computes these outputs, each of which may be any of its tensors.

    cut: the name and the rank of a tensor of floats that is computed elsewhere; it is the input
    instead.
    Raises ValueError for bytes that are no model, or one that has no such outputs.
    """
    whole = memoryview(model)
    for number, start, end in fields(whole):
        if number == _MODEL_GRAPH:
            body = _part(whole[start:end], outputs, cut)
            head = whole[: start - len(varint(end - start))]
            return b"".join((head, varint(len(body)), body, whole[end:]))
    raise ValueError("it has no graph")


def _part(graph: memoryview, outputs: Sequence[str], cut: tuple[str, int] | None) -> bytes:
    parts = [(number, graph[start:end]) for number, start, end in fields(graph)]
    nodes = [value for number, value in parts if number == _NODE]
    needed = {name.encode() for name in outputs}
    given = {cut[0].encode()} if cut else set()
    kept = list[memoryview]()
    for node in reversed(nodes):  # they come in the order in which they are computed
        if not needed.isdisjoint(_names(node, _NODE_OUTPUT) - given):
            kept.append(node)
            needed |= _names(node, _NODE_INPUT)
    made = {name for node in kept for name in _names(node, _NODE_OUTPUT)}
    if missing := [name for name in outputs if name.encode() not in made]:
        raise ValueError(f"it does not compute {missing[0]}")
    body = [field(_NODE, node) for node in reversed(kept)]
    named = {_INITIALIZER: _TENSOR_NAME, _INPUT: _NAME}
    for number, value in parts:
        if number in named:
            wanted = not needed.isdisjoint(_names(value, named[number]))
        else:
            wanted = number not in {_NODE, _OUTPUT, _VALUE}
        if wanted:
            body.append(field(number, value))
    if cut:
        body.append(field(_INPUT, _floats(*cut)))
    body += [field(_OUTPUT, field(_NAME, name.encode())) for name in outputs]
    return b"".join(body)


def _names(message: memoryview, wanted: int) -> set[bytes]:
    return {bytes(message[start:end]) for number, start, end in fields(message) if number == wanted}


def _floats(name: str, rank: int) -> bytes:
    """A `ValueInfoProto` of a tensor of any size."""
    dimensions = b"".join(field(1, field(2, f"{name}:{axis}".encode())) for axis in range(rank))
    tensor = number_field(1, _FLOAT) + field(2, dimensions)
    return field(_NAME, name.encode()) + field(_TYPE, field(1, tensor))
