"""Items as clients give them, and as they get them back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from openai.types.realtime import ConversationItem

from vivavoce.server.realtime.items import (
    ContentPart,
    FunctionCallItem,
    FunctionCallOutputItem,
    Item,
    MessageItem,
    as_object,
    item_of,
)
from vivavoce.server.realtime.wire_error import WireError

ITEMS: list[Item] = [
    MessageItem("i", "user", (ContentPart("input_text", "Hello."),)),
    MessageItem(
        "i", "user", (ContentPart("input_audio", "Hello."), ContentPart("input_text", "There."))
    ),
    MessageItem("i", "user", (ContentPart("input_audio", None),), "in_progress"),
    MessageItem("i", "system", (ContentPart("input_text", "Be kind."),)),
    MessageItem("i", "assistant", (ContentPart("output_text", "Hi."),)),
    MessageItem("i", "assistant", (ContentPart("output_audio", "Hi."),), "incomplete"),
    MessageItem("i", "assistant", (), "in_progress"),
    FunctionCallItem("i", "call", "look_up", '{"a": 1}'),
    FunctionCallOutputItem("i", "call", "42"),
]


@pytest.mark.parametrize("item", ITEMS)
def test_an_item_is_what_the_official_client_expects(
    item: Item, unknown: Callable[[Any, object], set[str]]
) -> None:
    assert unknown(ConversationItem, as_object(item)) == set()


@pytest.mark.parametrize("item", [item for item in ITEMS if item.status == "completed"])
def test_an_item_sent_back_is_the_same(item: Item) -> None:
    assert item_of(as_object(item)) == item


def test_an_item_without_an_id_gets_one_of_at_most_32_characters() -> None:
    data = {"type": "message", "role": "user", "content": []}
    ids = {item_of(data).id for _ in range(100)}
    assert len(ids) == 100
    assert all(len(one) <= 32 for one in ids)
    call = item_of({"type": "function_call", "name": "f"})
    assert isinstance(call, FunctionCallItem)
    assert call.call_id


def test_forms_that_clients_use_are_understood() -> None:
    said = item_of({"role": "user", "content": "Hello."})
    assert isinstance(said, MessageItem)
    assert said.content == (ContentPart("input_text", "Hello."),)
    loose = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "Hi."}]}
    assert item_of(loose | {"id": "i"}) == ITEMS[4]
    developer = {"type": "message", "role": "developer", "content": "Be kind."}
    assert item_of(developer | {"id": "i"}) == ITEMS[3]
    nothing = {"role": "user", "content": [{"type": "input_audio", "audio": None}]}
    assert item_of(nothing | {"id": "i"}) == MessageItem(
        "i", "user", (ContentPart("input_audio", ""),)
    )


def test_audio_without_its_transcript_is_refused_and_with_it_never_sent_back() -> None:
    part = {"type": "input_audio", "audio": "AAAA"}
    with pytest.raises(WireError) as told:
        item_of({"role": "user", "content": [part]})
    assert told.value.param == "item.content[0].transcript"
    item = item_of({"role": "user", "content": [part | {"transcript": "Hi."}]})
    assert isinstance(item, MessageItem)
    assert item.text == "Hi."
    assert "AAAA" not in str(as_object(item))


def test_the_words_of_a_message_are_those_of_all_its_parts() -> None:
    parts = (
        ContentPart("input_audio", " One. "),
        ContentPart("input_audio"),
        ContentPart("input_text", "Two."),
    )
    assert MessageItem("i", "user", parts).text == "One. Two."


@pytest.mark.parametrize(
    ("data", "code", "param"),
    [
        ({}, "missing_required_parameter", "item.type"),
        ({"type": "item_reference", "id": "i"}, "invalid_value", "item.type"),
        ({"type": "message"}, "missing_required_parameter", "item.role"),
        ({"type": "message", "role": "tool"}, "invalid_value", "item.role"),
        ({"type": "message", "role": "user"}, "missing_required_parameter", "item.content"),
        ({"role": "user", "content": 1}, "invalid_type", "item.content"),
        ({"role": "user", "content": [1]}, "invalid_type", "item.content[0]"),
        ({"role": "user", "content": [{}] * 65}, "array_above_max_length", "item.content"),
        (
            {"role": "user", "content": [{"type": "output_text", "text": "x"}]},
            "invalid_value",
            "item.content[0].type",
        ),
        (
            {"role": "user", "content": [{"type": "input_text"}]},
            "missing_required_parameter",
            "item.content[0].text",
        ),
        ({"type": "function_call"}, "missing_required_parameter", "item.name"),
        ({"type": "function_call_output"}, "missing_required_parameter", "item.call_id"),
        (
            {"type": "function_call_output", "call_id": "c"},
            "missing_required_parameter",
            "item.output",
        ),
        (
            {"type": "function_call_output", "call_id": "c", "output": {}},
            "invalid_type",
            "item.output",
        ),
        ({"type": "message", "role": "user", "content": [], "id": 3}, "invalid_type", "item.id"),
    ],
)
def test_what_is_not_whole_is_refused_with_its_place(
    data: dict[str, Any], code: str, param: str
) -> None:
    with pytest.raises(WireError) as told:
        item_of(data)
    assert (told.value.code, told.value.param) == (code, param)


def test_images_are_refused_clearly() -> None:
    image = {"type": "input_image", "image_url": "data:image/png;base64,AAAA"}
    with pytest.raises(WireError, match="does not support images") as told:
        item_of({"type": "message", "role": "user", "content": [image]})
    assert told.value.param == "item.content[0].type"
