"""Whatever JSON a client sends, it is understood or refused: nothing else happens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vivavoce.server.realtime import server_events
from vivavoce.server.realtime.beta import from_beta
from vivavoce.server.realtime.client_events import (
    ItemCreate,
    ResponseCreate,
    SessionUpdate,
    TranscriptionSessionUpdate,
    event_of,
    json_of,
)
from vivavoce.server.realtime.items import as_object as item_object
from vivavoce.server.realtime.items import item_of
from vivavoce.server.realtime.responses import response_object, response_of
from vivavoce.server.realtime.session_config import SessionConfig
from vivavoce.server.realtime.session_object import as_object, updated
from vivavoce.server.realtime.wire_error import WireError

WORDS = st.sampled_from(
    [
        *("realtime", "transcription", "message", "user", "assistant", "function", "mcp"),
        *("audio/pcm", "audio/pcmu", "pcm16", "server_vad", "semantic_vad", "input_text", "inf"),
        *("input_audio", "input_image", "function_call", "function_call_output", "auto", "none"),
        *("session.update", "transcription_session.update", "conversation.item.create"),
        *("conversation.item.truncate", "response.create", "item_reference", "far_field", "text"),
    ]
)
KEYS = st.sampled_from(
    [
        *("type", "event_id", "session", "item", "response", "audio", "input", "output", "format"),
        *("rate", "turn_detection", "threshold", "silence_duration_ms", "eagerness", "voice", "id"),
        *("speed", "tools", "tool_choice", "name", "function", "parameters", "max_output_tokens"),
        *("transcription", "model", "language", "languages", "keywords", "noise_reduction"),
        *("role", "content", "text", "transcript", "call_id", "arguments", "metadata", "include"),
        *("modalities", "output_modalities", "input_audio_format", "conversation", "item_id"),
        *("audio_end_ms", "content_index", "previous_item_id", "tracing", "truncation", "prompt"),
    ]
)
NUMBERS = st.integers() | st.floats(allow_nan=False) | st.just(10**400)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=20,
)
OBJECTS = st.dictionaries(KEYS, JSON, max_size=8)
TYPES = st.sampled_from(
    [
        *("session.update", "transcription_session.update", "conversation.item.create"),
        *("conversation.item.truncate", "response.create", "response.cancel"),
    ]
)


def taken(data: Mapping[str, Any]) -> object:
    """What comes of a client's event, as it goes back over the wire."""
    session = SessionConfig()
    match event_of(data):
        case SessionUpdate(patch) | TranscriptionSessionUpdate(patch):
            return as_object(updated(session, patch, audio_started=False), "sess_1", 1)
        case ItemCreate(item):
            return item_object(item_of(item))
        case ResponseCreate(response):
            config = response_of(response, session)
            return response_object("resp_1", config, "in_progress", conversation_id="conv_1")
    return None


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(TYPES, OBJECTS, OBJECTS, st.booleans())
def test_any_json_is_understood_or_refused(
    kind: str, data: dict[str, Any], inner: dict[str, Any], beta: bool
) -> None:
    names = ("session", "item", "response")
    text = json.dumps(data | dict.fromkeys(names, inner) | {"type": kind})
    sent = json_of(text.replace("Infinity", "1e999"))
    try:
        told = taken(from_beta(sent) if beta else sent)
    except WireError as error:
        told = server_events.error_of(error)
    json.dumps(told, allow_nan=False)
