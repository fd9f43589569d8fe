"""A Kokoro of a few kilobytes, in the format of the real one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

STEP = 600
STYLE = 256
_SYMBOLS, _WIDTH = 178, 8
_CASTS = {"whole": TensorProto.INT64, "times": TensorProto.FLOAT, "weights": TensorProto.FLOAT}


def tiny_model(path: Path, *, ids: str = "tokens", rounds: int = 1) -> Path:
    """Writes the network: a symbol becomes a vector, which the style shifts; a duration for each,
    divided by the speed and rounded, says for how many steps of 600 samples it is repeated.

    ids: what it calls its symbols. rounds: how many `Round` nodes it has; with more than one its
    durations cannot be told.
    """
    random = np.random.default_rng(1)
    weights = {
        "symbols": random.normal(size=(_SYMBOLS, _WIDTH)),
        "lengths": random.normal(size=(_WIDTH, 1)),
        "wave": random.normal(size=(_WIDTH, STEP)),
        "people": random.normal(size=(STYLE, _WIDTH)),
        "shortest": np.full(1, 2.0),
    }
    constants = {name: value.astype(np.float32) for name, value in weights.items()}
    shapes: dict[str, int | list[int]] = {"zero": 0, "step": 1, "flat": [-1], "scalar": []}
    shapes |= {"row": [1, -1], "column": [-1, 1]}
    whole = {name: np.asarray(value, np.int64) for name, value in shapes.items()}
    graph = helper.make_graph(
        [_node(*node) for node in _nodes(ids)]
        + [helper.make_node("Round", ["speed"], [f"extra{i}"]) for i in range(rounds - 1)],
        "tiny",
        [
            helper.make_tensor_value_info(ids, TensorProto.INT64, [1, "n"]),
            helper.make_tensor_value_info("style", TensorProto.FLOAT, [1, STYLE]),
            helper.make_tensor_value_info("speed", TensorProto.FLOAT, [1]),
        ],
        [helper.make_tensor_value_info("audio", TensorProto.FLOAT, ["time"])],
        [numpy_helper.from_array(value, name) for name, value in (constants | whole).items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path


def tiny_folder(folder: Path, *names: str, rounds: int = 1) -> Path:
    """Writes the network, and a random voice of 510 rows with each of these names."""
    tiny_model(folder / "tiny.onnx", rounds=rounds)
    (folder / "voices").mkdir()
    for number, name in enumerate(names):
        (folder / "voices" / f"{name}.bin").write_bytes(voice(number).tobytes())
    return folder


def voice(seed: int, rows: int = 510) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """(rows, 256)."""
    random = np.random.default_rng(seed)
    return (random.normal(size=(rows, STYLE)) / 10).astype(np.float32)


def _node(kind: str, takes: str, gives: str) -> onnx.NodeProto:
    if kind == "Cast":
        return helper.make_node(kind, [takes], [gives], to=_CASTS[gives])
    return helper.make_node(kind, takes.split(), [gives])


def _nodes(ids: str) -> list[tuple[str, str, str]]:
    """Kind, inputs and output of each node, in order."""
    return [
        ("Reshape", f"{ids} flat", "list"),
        ("Gather", "symbols list", "plain"),
        ("MatMul", "style people", "person"),
        ("Add", "plain person", "vectors"),
        ("MatMul", "plain lengths", "raw"),
        ("Abs", "raw", "size"),
        ("Add", "size shortest", "own"),
        ("Div", "own speed", "scaled"),
        ("Reshape", "scaled flat", "lasting"),
        ("Round", "lasting", "durations"),
        ("CumSum", "durations zero", "ends"),
        ("Sub", "ends durations", "starts"),
        ("ReduceMax", "ends", "last"),
        ("Cast", "last", "whole"),
        ("Reshape", "whole scalar", "total"),
        ("Range", "zero total step", "frames"),
        ("Cast", "frames", "times"),
        ("Reshape", "times column", "moments"),
        ("Reshape", "ends row", "befores"),
        ("Reshape", "starts row", "froms"),
        ("Less", "moments befores", "ahead"),
        ("GreaterOrEqual", "moments froms", "behind"),
        ("And", "ahead behind", "path"),
        ("Cast", "path", "weights"),
        ("MatMul", "weights vectors", "repeated"),
        ("MatMul", "repeated wave", "loud"),
        ("Tanh", "loud", "samples"),
        ("Reshape", "samples flat", "audio"),
    ]
