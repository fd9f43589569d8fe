"""Makes a voice's network tell how long each phoneme lasts.

It rounds the durations with one node, which is a `Ceil` in VITS (Piper) and a `Round` in StyleTTS 2
(Kokoro), and keeps the result to itself. Naming that tensor among the graph's outputs is all it
takes. Field numbers are those of `onnx.proto`.
"""

from __future__ import annotations

from vivavoce.engine.protobuf import field, fields, varint

_GRAPH = 7
_NODE, _OUTPUT = 1, 12
_NODE_OUTPUT, _NODE_TYPE = 2, 4
_NAME = 1


def with_durations(model: bytes, rounding: str) -> bytes:
    """The model with its durations as the last output; as it is, where that cannot be done.

    rounding: the type of the node that rounds them; with two such nodes it cannot be done.

    Raises ValueError for bytes that are no protobuf message.
    """
    whole = memoryview(model)
    for number, start, end in fields(whole):
        if number == _GRAPH:
            body = _extended(whole[start:end], rounding.encode())
            head = bytes(whole[: start - len(varint(end - start))])
            return b"".join((head, varint(len(body)), body, whole[end:]))
    return model


def _extended(graph: memoryview, rounding: bytes) -> bytes:
    rounded: set[bytes] = set()
    outputs: set[bytes] = set()
    for number, start, end in fields(graph):
        if number == _NODE:
            rounded.update(_outputs_of(rounding, graph[start:end]))
        elif number == _OUTPUT:
            value = graph[start:end]
            outputs.update(bytes(value[a:b]) for n, a, b in fields(value) if n == _NAME)
    if len(rounded) != 1 or rounded & outputs:
        return bytes(graph)
    return bytes(graph) + field(_OUTPUT, field(_NAME, rounded.pop()))


def _outputs_of(kind: bytes, node: memoryview) -> list[bytes]:
    parts = [(number, bytes(node[start:end])) for number, start, end in fields(node)]
    if (_NODE_TYPE, kind) not in parts:
        return []
    return [value for number, value in parts if number == _NODE_OUTPUT]
