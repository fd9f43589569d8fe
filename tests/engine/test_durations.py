from __future__ import annotations

from contextlib import suppress

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from vivavoce.engine.durations import with_durations


def model(*ceils: str, outputs: tuple[str, ...] = ("y",)) -> onnx.ModelProto:
    """y = x, and a `Ceil` node with each of these names for its output."""
    graph = helper.make_graph(
        [
            helper.make_node("Identity", ["x"], ["y"]),
            *(helper.make_node("Ceil", ["x"], [name], name="n" * 300) for name in ceils),
        ],
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in outputs],
    )
    return helper.make_model(graph, producer_name="p" * 200)


def outputs(data: bytes) -> list[str]:
    return [output.name for output in onnx.load_from_string(data).graph.output]


def test_the_rounded_durations_become_the_last_output() -> None:
    before = model("w_ceil")
    after = with_durations(before.SerializeToString(), "Ceil")
    assert outputs(after) == ["y", "w_ceil"]
    extended = onnx.load_from_string(after)
    del extended.graph.output[-1]
    assert extended == before


def test_only_nodes_of_the_type_named_count() -> None:
    data = model("w_ceil").SerializeToString()
    assert with_durations(data, "Round") == data


@pytest.mark.parametrize(
    "whole",
    [model(), model("a", "b"), model("w_ceil", outputs=("y", "w_ceil"))],
    ids=["without", "ambiguous", "told already"],
)
def test_a_model_where_that_cannot_be_done_stays_as_it_is(whole: onnx.ModelProto) -> None:
    data = whole.SerializeToString()
    assert with_durations(data, "Ceil") == data


@given(st.binary(max_size=200))
def test_what_is_no_model_is_refused_or_left_alone(data: bytes) -> None:
    with suppress(ValueError):
        with_durations(data, "Ceil")


def test_a_model_that_is_cut_short_is_refused() -> None:
    data = model("w_ceil").SerializeToString()
    with pytest.raises(ValueError, match="truncated"):
        with_durations(data[: len(data) // 2], "Ceil")
