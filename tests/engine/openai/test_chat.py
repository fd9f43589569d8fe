"""How the chunks of a streamed reply are put together."""

from __future__ import annotations

from typing import Literal

import pytest

from vivavoce.engine.openai.chat import Chunk, Joiner
from vivavoce.engines import Thought, Token, ToolCall, Usage


def joined(*chunks: dict[str, object]) -> list[Thought]:
    joiner = Joiner()
    thoughts: list[Thought] = []
    for chunk in chunks:
        thoughts += joiner.feed(Chunk.model_validate(chunk))
    return thoughts + joiner.end()


def calling(index: int | None, **fields: object) -> dict[str, object]:
    place = {} if index is None else {"index": index}
    return {"choices": [{"delta": {"tool_calls": [place | fields]}}]}


@pytest.mark.parametrize(
    "chunks",
    [
        [
            calling(0, id="a", function={"name": "add", "arguments": ""}),
            calling(0, function={"arguments": '{"x":'}),
            calling(1, id="b", function={"name": "now"}),
            calling(0, function={"arguments": " 1}"}),
        ],
        [  # every call has the same index
            calling(0, id="a", function={"name": "add", "arguments": '{"x"'}),
            calling(0, function={"arguments": ": 1}"}),
            calling(0, id="b", function={"name": "now", "arguments": "{}"}),
        ],
        [  # no index at all
            calling(None, id="a", function={"name": "add", "arguments": '{"x": 1}'}),
            calling(None, id="b", function={"name": "now", "arguments": "{}"}),
        ],
    ],
)
def test_fragments_of_tool_calls_are_joined(chunks: list[dict[str, object]]) -> None:
    assert joined(*chunks) == [ToolCall("a", "add", '{"x": 1}'), ToolCall("b", "now", "{}")]


def test_a_tool_call_without_an_id_gets_one() -> None:
    assert joined(calling(0, function={"name": "now"})) == [ToolCall("call_0", "now", "{}")]


@pytest.mark.parametrize(
    ("reason", "finish"),
    [("stop", "stop"), ("length", "length"), ("content_filter", "content_filter"), ("eos", "stop")],
)
def test_the_usage_says_why_the_reply_ended(reason: str, finish: str) -> None:
    spent = {"prompt_tokens": 7, "completion_tokens": 1, "prompt_tokens_details": None}
    end = {"choices": [{"delta": {"content": "x"}, "finish_reason": reason}], "usage": spent}
    assert joined(end) == [Token("x"), Usage(7, 0, 1, finish)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("delta", "progress"),
    [
        ({"role": "assistant"}, False),
        ({"role": "assistant", "content": ""}, False),
        ({"content": "a"}, True),
        ({"reasoning_content": "hm"}, True),
        ({"tool_calls": [{"index": 0}]}, True),
        (None, False),
    ],
)
def test_a_chunk_that_only_names_the_role_is_no_progress(
    delta: dict[str, object] | None, progress: bool
) -> None:
    assert Chunk.model_validate({"choices": [{"delta": delta}]}).progress is progress


def call(**function: object) -> dict[str, object]:
    return {"choices": [{"delta": {"tool_calls": [{"index": 0, "id": "c", "function": function}]}}]}


def test_arguments_that_come_as_an_object_or_not_at_all_are_told_as_json_text() -> None:
    for arguments, text in (
        ({"city": "Rome"}, '{"city": "Rome"}'),
        ([], "{}"),
        (None, "{}"),
        ('"{\\"city\\": 1}"', '{"city": 1}'),
    ):
        assert joined(call(name="look", arguments=arguments)) == [ToolCall("c", "look", text)]


def test_odd_ids_null_fields_and_text_in_parts_are_read() -> None:
    odd = {"index": "0", "id": 7, "function": None}
    parts = [{"type": "text", "text": "It is "}, "noon."]
    assert joined(
        {"choices": None, "usage": {"prompt_tokens": None, "completion_tokens": None}},
        {"choices": [{"delta": {"content": parts, "tool_calls": [odd]}, "finish_reason": None}]},
        {"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"name": "look"}}]}}]},
    ) == [Token("It is noon."), ToolCall("7", "look", "{}"), Usage(0, 0, 0, "tool_calls")]


def test_the_older_function_call_is_a_tool_call() -> None:
    older = {"function_call": {"name": "look", "arguments": '{"city": "Rome"}'}}
    (made,) = joined({"choices": [{"delta": older, "finish_reason": "function_call"}]})
    assert made == ToolCall("call_0", "look", '{"city": "Rome"}')


@pytest.mark.parametrize("finish", ["length", "content_filter"])
def test_why_a_reply_was_cut_off_is_told_without_usage(
    finish: Literal["length", "content_filter"],
) -> None:
    told = joined({"choices": [{"delta": {"content": "It is"}, "finish_reason": finish}]})
    assert told == [Token("It is"), Usage(0, 0, 0, finish, counted=False)]
