"""Clients of the beta form."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from openai.types.beta.realtime import RealtimeClientEvent, TranscriptionSessionUpdatedEvent
from pydantic import TypeAdapter

from vivavoce.engines import ToolSpec
from vivavoce.server.realtime import server_events
from vivavoce.server.realtime.audio import PCM, PCMA, PCMU
from vivavoce.server.realtime.beta import from_beta, to_beta
from vivavoce.server.realtime.client_events import ResponseCreate, SessionUpdate, event_of
from vivavoce.server.realtime.responses import response_of
from vivavoce.server.realtime.session_config import (
    SemanticVad,
    ServerVad,
    SessionConfig,
    Transcription,
)
from vivavoce.server.realtime.session_object import as_object, updated
from vivavoce.server.realtime.wire_error import WireError

FLAT = {
    "modalities": ["text", "audio"],
    "instructions": "Be brief.",
    "voice": "shimmer",
    "speed": 1.25,
    "input_audio_format": "g711_ulaw",
    "output_audio_format": "g711_alaw",
    "input_audio_transcription": {"model": "whisper-1", "language": "de"},
    "input_audio_noise_reduction": {"type": "near_field"},
    "turn_detection": {"type": "server_vad", "threshold": 0.6, "create_response": False},
    "tools": [{"type": "function", "name": "f", "description": "F.", "parameters": {}}],
    "tool_choice": "required",
    "temperature": 0.7,
    "max_response_output_tokens": 100,
}
FULL = SessionConfig(
    instructions="Be brief.",
    voice="shimmer",
    speed=1.25,
    input_format=PCMU,
    output_format=PCMA,
    transcription=Transcription("whisper-1", "de"),
    noise_reduction="near_field",
    turn_detection=ServerVad(threshold=0.6, create_response=False),
    tools=(ToolSpec("f", "F.", {}),),
    tool_choice="required",
    max_output_tokens=100,
)


def session_after(config: SessionConfig, data: dict[str, Any]) -> SessionConfig:
    event = event_of(from_beta(data))
    assert isinstance(event, SessionUpdate)
    return updated(config, event.session, audio_started=False)


def test_a_flat_session_is_understood() -> None:
    data = {"type": "session.update", "event_id": "e", "session": FLAT}
    TypeAdapter(RealtimeClientEvent).validate_python(data)
    assert session_after(SessionConfig(), data) == FULL
    assert from_beta(data)["event_id"] == "e"


def test_what_a_flat_update_leaves_out_stays_and_null_clears() -> None:
    assert session_after(FULL, {"type": "session.update", "session": {}}) == FULL
    off = {"turn_detection": None, "input_audio_transcription": None, "modalities": ["text"]}
    assert session_after(FULL, {"type": "session.update", "session": off}) == replace(
        FULL, turn_detection=None, transcription=None, output_modalities=("text",)
    )


@pytest.mark.parametrize(
    "config", [SessionConfig(), FULL, replace(FULL, turn_detection=SemanticVad("low"))]
)
def test_a_flat_session_sent_back_changes_nothing(config: SessionConfig) -> None:
    (told,) = to_beta(server_events.session_updated(as_object(config, "s", 1)))
    assert session_after(config, {"type": "session.update", "session": told["session"]}) == config


def test_a_flat_transcription_session_is_understood_and_told() -> None:
    config = SessionConfig(type="transcription")
    data = {
        "type": "transcription_session.update",
        "session": {
            "input_audio_format": "pcm16",
            "input_audio_transcription": {"model": "gpt-4o-transcribe", "prompt": "Viva"},
            "turn_detection": {"type": "server_vad", "silence_duration_ms": 300},
        },
    }
    TypeAdapter(RealtimeClientEvent).validate_python(data)
    new = session_after(config, data)
    assert new.input_format == PCM
    assert new.transcription == Transcription("gpt-4o-transcribe", None, "Viva")
    assert new.turn_detection == ServerVad(silence_duration_ms=300)
    (told,) = to_beta(server_events.session_updated(as_object(new, "s", 1)))
    told["session"]["client_secret"] = {"expires_at": 1, "value": "ek"}
    TranscriptionSessionUpdatedEvent.model_validate(told)
    (made,) = to_beta(server_events.session_created(as_object(new, "s", 1)))
    assert made["type"] == "transcription_session.created"


def test_a_response_asked_for_in_the_beta_form_is_understood() -> None:
    data = {
        "type": "response.create",
        "response": {
            "modalities": ["text"],
            "instructions": "Sing.",
            "voice": "sage",
            "output_audio_format": "g711_ulaw",
            "temperature": 0.9,
            "max_response_output_tokens": "inf",
            "conversation": "none",
        },
    }
    TypeAdapter(RealtimeClientEvent).validate_python(data)
    event = event_of(from_beta(data))
    assert isinstance(event, ResponseCreate)
    made = response_of(event.response, FULL)
    assert (made.output_modalities, made.instructions) == (("text",), "Sing.")
    assert (made.voice, made.output_format, made.max_output_tokens) == ("sage", PCMU, None)
    assert not made.in_conversation
    assert event_of(from_beta({"type": "response.create"})) == ResponseCreate({})


@pytest.mark.parametrize(
    "session",
    [
        1,
        {"input_audio_format": "mp3"},
        {"input_audio_format": 7},
        {"turn_detection": "off"},
        {"modalities": ["video"]},
        {"max_response_output_tokens": -1},
    ],
)
def test_what_is_wrong_in_the_beta_form_is_refused_all_the_same(session: object) -> None:
    with pytest.raises(WireError):
        session_after(FULL, {"type": "session.update", "session": session})


def test_other_events_are_the_same_in_both_forms() -> None:
    data = {"type": "conversation.item.delete", "item_id": "i", "session": 3}
    assert from_beta(data) == data
