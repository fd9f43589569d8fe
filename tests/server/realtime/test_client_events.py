"""Messages of Realtime clients, read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.realtime import RealtimeClientEvent
from pydantic import TypeAdapter

from vivavoce.server.realtime.client_events import (
    AudioAppend,
    AudioClear,
    AudioCommit,
    ClientEvent,
    ItemCreate,
    ItemDelete,
    ItemRetrieve,
    ItemTruncate,
    OutputAudioClear,
    ResponseCancel,
    ResponseCreate,
    SessionUpdate,
    TranscriptionSessionUpdate,
    parse,
)
from vivavoce.server.realtime.wire_error import WireError

MESSAGE = {"type": "message", "role": "user", "content": []}
EVENTS: list[tuple[dict[str, Any], ClientEvent]] = [
    (
        {"type": "session.update", "session": {"type": "realtime"}},
        SessionUpdate({"type": "realtime"}),
    ),
    (
        {"type": "input_audio_buffer.append", "audio": "AAA=", "event_id": "e"},
        AudioAppend("AAA=", "e"),
    ),
    ({"type": "input_audio_buffer.commit"}, AudioCommit()),
    ({"type": "input_audio_buffer.clear", "event_id": "e"}, AudioClear("e")),
    ({"type": "output_audio_buffer.clear"}, OutputAudioClear()),
    (
        {"type": "conversation.item.create", "item": MESSAGE, "previous_item_id": "root"},
        ItemCreate(MESSAGE, "root"),
    ),
    ({"type": "conversation.item.retrieve", "item_id": "i"}, ItemRetrieve("i")),
    (
        {
            "type": "conversation.item.truncate",
            "item_id": "i",
            "content_index": 0,
            "audio_end_ms": 1200,
        },
        ItemTruncate("i", 0, 1200),
    ),
    ({"type": "conversation.item.delete", "item_id": "i"}, ItemDelete("i")),
    ({"type": "response.create"}, ResponseCreate({})),
    (
        {"type": "response.create", "response": {"instructions": "Hi"}},
        ResponseCreate({"instructions": "Hi"}),
    ),
    ({"type": "response.cancel", "response_id": "r"}, ResponseCancel("r")),
]


@pytest.mark.parametrize(("data", "event"), EVENTS, ids=lambda each: str(type(each).__name__))
def test_each_event_of_the_official_client_is_read(
    data: dict[str, Any], event: ClientEvent
) -> None:
    TypeAdapter(RealtimeClientEvent).validate_python(data)
    assert parse(json.dumps(data)) == event
    assert parse(json.dumps(data).encode()) == event


def test_the_beta_transcription_session_is_read() -> None:
    text = '{"type": "transcription_session.update", "session": {"modalities": ["text"]}}'
    assert parse(text) == TranscriptionSessionUpdate({"modalities": ["text"]})


def test_fields_that_nobody_knows_and_nulls_are_passed_over() -> None:
    text = '{"type": "response.cancel", "response_id": null, "event_id": null, "later": [1]}'
    assert parse(text) == ResponseCancel()
    text = '{"type": "conversation.item.create", "item": {}, "previous_item_id": null}'
    assert parse(text) == ItemCreate({})


def test_a_truncation_at_a_fraction_of_a_millisecond_counts_whole_ones() -> None:
    text = '{"type": "conversation.item.truncate", "item_id": "i", "audio_end_ms": 99.7}'
    assert parse(text) == ItemTruncate("i", 0, 99)


@pytest.mark.parametrize(
    ("text", "code", "param", "event_id"),
    [
        ("", "invalid_json", None, None),
        ("{", "invalid_json", None, None),
        ("[1]", "invalid_json", None, None),
        ('{"a": NaN}', "invalid_json", None, None),
        ("[" * 100_000, "invalid_json", None, None),
        ('{"event_id": "e"}', "missing_required_parameter", "type", "e"),
        ('{"type": 3}', "invalid_type", "type", None),
        ('{"type": "session.uppdate", "event_id": "e"}', "invalid_value", "type", "e"),
        ('{"type": "response.cancel", "event_id": 7}', "invalid_type", "event_id", None),
        (
            '{"type": "input_audio_buffer.append", "event_id": "e"}',
            "missing_required_parameter",
            "audio",
            "e",
        ),
        ('{"type": "input_audio_buffer.append", "audio": 1}', "invalid_type", "audio", None),
        ('{"type": "session.update"}', "missing_required_parameter", "session", None),
        ('{"type": "session.update", "session": "x"}', "invalid_type", "session", None),
        ('{"type": "conversation.item.create"}', "missing_required_parameter", "item", None),
        ('{"type": "conversation.item.delete"}', "missing_required_parameter", "item_id", None),
        (
            '{"type": "conversation.item.truncate", "item_id": "i", "audio_end_ms": -1}',
            "integer_below_min_value",
            "audio_end_ms",
            None,
        ),
        (
            '{"type": "conversation.item.truncate", "item_id": "i", "audio_end_ms": 1e300}',
            "integer_above_max_value",
            "audio_end_ms",
            None,
        ),
        (
            '{"type": "conversation.item.truncate", "item_id": "i"}',
            "missing_required_parameter",
            "audio_end_ms",
            None,
        ),
        (
            f'{{"type": "conversation.item.truncate", "item_id": "i", "audio_end_ms": {10**400}}}',
            "integer_above_max_value",
            "audio_end_ms",
            None,
        ),
        (
            '{"type": "conversation.item.truncate", "item_id": "i", "audio_end_ms": 1e999}',
            "invalid_type",
            "audio_end_ms",
            None,
        ),
        ('{"type": "response.create", "response": []}', "invalid_type", "response", None),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_the_clients_event_id(
    text: str, code: str, param: str | None, event_id: str | None
) -> None:
    with pytest.raises(WireError) as told:
        parse(text)
    assert (told.value.code, told.value.param, told.value.event_id) == (code, param, event_id)


def test_bytes_that_are_not_text_are_refused() -> None:
    with pytest.raises(WireError, match="not valid JSON"):
        parse(b'{"type": "\xff"}')


def test_an_endless_event_id_is_refused_and_echoed_in_part() -> None:
    with pytest.raises(WireError) as told:
        parse(json.dumps({"type": "response.cancel", "event_id": "x" * 10_000}))
    assert told.value.code == "string_above_max_length"
    assert told.value.event_id is not None
    assert len(told.value.event_id) == 512


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=9,
)
KEYS = st.sampled_from(
    ["event_id", "audio", "item", "item_id", "session", "response", "audio_end_ms", "other"]
)


@settings(deadline=None)
@given(st.sampled_from(EVENTS), st.dictionaries(KEYS, JSON))
def test_any_message_is_an_event_or_a_wire_error(
    known: tuple[dict[str, Any], ClientEvent], changed: dict[str, Any]
) -> None:
    try:
        event = parse(json.dumps(known[0] | changed))
    except WireError:
        return
    assert type(event) is type(known[1])
