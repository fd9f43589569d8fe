"""Parts of an ONNX model."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from vivavoce.engine.subgraph import subgraph


def whole() -> bytes:
    """middle = x + 1; y = middle * 2; z = x - 3."""
    constants = [
        numpy_helper.from_array(np.asarray(value, np.float32), name)
        for name, value in (("one", 1), ("two", 2), ("three", 3))
    ]
    nodes = [
        helper.make_node("Add", ["x", "one"], ["middle"]),
        helper.make_node("Mul", ["middle", "two"], ["y"]),
        helper.make_node("Sub", ["x", "three"], ["z"]),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "graph",
        [value("x", TensorProto.FLOAT, ["n"])],
        [value("y", TensorProto.FLOAT, ["n"]), value("z", TensorProto.FLOAT, ["n"])],
        constants,
    )
    opset = helper.make_opsetid("", 17)
    model = helper.make_model(graph, producer_name="p", opset_imports=[opset], ir_version=8)
    model.model_version = 300
    return model.SerializeToString()


def run(model: bytes, **feeds: float) -> list[float]:
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    outputs = session.run(
        None, {name: np.asarray([value], np.float32) for name, value in feeds.items()}
    )
    return [float(output[0]) for output in outputs]


def test_only_what_the_outputs_need_is_left() -> None:
    part = subgraph(whole(), ["middle"])
    assert run(part, x=4) == [5]
    graph = onnx.load_from_string(part).graph
    assert [node.op_type for node in graph.node] == ["Add"]
    assert [constant.name for constant in graph.initializer] == ["one"]


def test_a_tensor_that_is_computed_elsewhere_becomes_the_input() -> None:
    part = subgraph(whole(), ["y"], ("middle", 1))
    assert run(part, middle=5) == [10]
    graph = onnx.load_from_string(part).graph
    assert [value.name for value in graph.input] == ["middle"]
    assert [constant.name for constant in graph.initializer] == ["two"]


def test_two_parts_compute_what_the_whole_does() -> None:
    (middle,) = run(subgraph(whole(), ["middle"]), x=7)
    assert run(subgraph(whole(), ["y"], ("middle", 1)), middle=middle) == [16]
    assert run(subgraph(whole(), ["z", "y"]), x=7) == [4, 16]


def test_an_output_that_nothing_computes_is_refused() -> None:
    with pytest.raises(ValueError, match="does not compute sum"):
        subgraph(whole(), ["y", "sum"])


def test_a_model_that_is_cut_short_is_refused() -> None:
    data = whole()
    with pytest.raises(ValueError, match="truncated"):
        subgraph(data[: len(data) // 2], ["y"])


@given(st.binary(max_size=200))
def test_what_is_no_model_is_refused(data: bytes) -> None:
    with suppress(ValueError):
        subgraph(data, ["y"])
        raise AssertionError("it was taken for a model")
