"""What a client asks of one response."""

from __future__ import annotations

from typing import Any

import pytest

from vivavoce.engines import ToolSpec, Usage
from vivavoce.server.realtime.audio import PCMU
from vivavoce.server.realtime.items import ContentPart, MessageItem
from vivavoce.server.realtime.responses import (
    ItemReference,
    ResponseConfig,
    response_object,
    response_of,
    usage_object,
    usual,
)
from vivavoce.server.realtime.session_config import SessionConfig
from vivavoce.server.realtime.wire_error import WireError

SESSION = SessionConfig(
    instructions="Be brief.",
    tools=(ToolSpec("look_up", "", {}),),
    max_output_tokens=50,
    voice="marin",
)


def test_a_response_is_made_as_the_session_says() -> None:
    made = response_of({}, SESSION)
    assert made == usual(SESSION)
    assert (made.instructions, made.voice, made.max_output_tokens) == ("Be brief.", "marin", 50)
    assert made.in_conversation


@pytest.mark.parametrize(
    "asked",
    [
        {"tool_choice": {"type": "function", "name": "look_down"}},
        {"tool_choice": {"type": "function", "name": "look_up"}, "tools": []},
        {"tool_choice": "required", "tools": []},
    ],
    ids=str,
)
def test_a_tool_that_is_not_there_cannot_be_demanded(asked: dict[str, Any]) -> None:
    with pytest.raises(WireError, match="there is no tool") as caught:
        response_of(asked, SESSION)
    assert caught.value.param == "response.tool_choice"


def test_what_is_null_is_as_the_session_says() -> None:
    nothing = ("instructions", "tools", "tool_choice", "max_output_tokens", "audio", "input")
    assert response_of(dict.fromkeys(nothing), SESSION) == usual(SESSION)


def test_what_is_given_holds_for_this_response() -> None:
    made = response_of(
        {
            "instructions": "Sing.",
            "output_modalities": ["text"],
            "tools": [],
            "tool_choice": "none",
            "max_output_tokens": "inf",
            "audio": {"output": {"voice": "cedar", "format": {"type": "audio/pcmu"}}},
            "conversation": "none",
            "metadata": {"client_event_id": "response_create_1"},
            "input": [
                {"type": "item_reference", "id": "item_1"},
                {"type": "message", "id": "i", "role": "user", "content": "Hello."},
            ],
        },
        SESSION,
    )
    assert made == ResponseConfig(
        instructions="Sing.",
        output_modalities=("text",),
        tools=(),
        tool_choice="none",
        max_output_tokens=None,
        output_format=PCMU,
        voice="cedar",
        in_conversation=False,
        input=(
            ItemReference("item_1"),
            MessageItem("i", "user", (ContentPart("input_text", "Hello."),)),
        ),
        metadata={"client_event_id": "response_create_1"},
    )
    assert response_of({"input": []}, SESSION).input == ()


@pytest.mark.parametrize(
    ("data", "code", "param"),
    [
        ({"conversation": "other"}, "invalid_value", "response.conversation"),
        ({"modalities": ["text"]}, "unknown_parameter", "response.modalities"),
        ({"input": {}}, "invalid_type", "response.input"),
        ({"input": ["x"]}, "invalid_type", "response.input[0]"),
        (
            {"input": [{"type": "item_reference"}]},
            "missing_required_parameter",
            "response.input[0].id",
        ),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image"}]}]},
            "invalid_value",
            "response.input[0].content[0].type",
        ),
        ({"metadata": {"a": 1}}, "invalid_type", "response.metadata.a"),
        ({"metadata": {"a": "x" * 513}}, "string_above_max_length", "response.metadata.a"),
        (
            {"metadata": {str(each): "" for each in range(17)}},
            "array_above_max_length",
            "response.metadata",
        ),
        ({"audio": {"output": []}}, "invalid_type", "response.audio.output"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(
    data: dict[str, Any], code: str, param: str
) -> None:
    with pytest.raises(WireError) as told:
        response_of(data, SESSION)
    assert (told.value.code, told.value.param) == (code, param)


def test_metadata_is_handed_back_and_a_response_aside_has_no_conversation() -> None:
    config = response_of({"metadata": {"a": "b"}, "conversation": "none"}, SESSION)
    told = response_object("r", config, "in_progress", conversation_id="conv_1")
    assert told["metadata"] == {"a": "b"}
    assert told["conversation_id"] is None


def test_the_tokens_of_a_response_add_up() -> None:
    told = usage_object(Usage(prompt_tokens=90, cached_tokens=40, reply_tokens=10))
    assert told["total_tokens"] == told["input_tokens"] + told["output_tokens"] == 100
    assert told["input_token_details"]["cached_tokens"] == 40
