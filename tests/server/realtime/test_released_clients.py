"""What released clients send, as they sent it, and what it comes to."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from vivavoce.engines import ToolSpec
from vivavoce.server.realtime.client_events import (
    ItemCreate,
    ItemTruncate,
    ResponseCreate,
    SessionUpdate,
    parse,
)
from vivavoce.server.realtime.items import ContentPart, MessageItem, item_of
from vivavoce.server.realtime.responses import response_of, usual
from vivavoce.server.realtime.session_config import (
    SemanticVad,
    ServerVad,
    SessionConfig,
    Transcription,
)
from vivavoce.server.realtime.session_object import updated

PCM = {"rate": 24000, "type": "audio/pcm"}
HEARD = Transcription("gpt-4o-mini-transcribe")

OPENAI_AGENTS = {
    "type": "realtime",
    "audio": {
        "input": {
            "format": PCM,
            "transcription": {"model": "gpt-4o-mini-transcribe"},
            "turn_detection": {"type": "semantic_vad", "interrupt_response": True},
        },
        "output": {"format": PCM, "voice": "ash"},
    },
    "instructions": "Be brief.",
    "model": "gpt-realtime-2.1",
    "output_modalities": ["audio"],
    "tools": [
        {
            "description": "Weather.",
            "name": "weather",
            "parameters": {"type": "object", "additionalProperties": False},
            "type": "function",
        }
    ],
}
OPENAI_AGENTS_JS = {
    "type": "realtime",
    "instructions": "Be brief.",
    "model": "gpt-realtime",
    "output_modalities": ["audio"],
    "audio": {
        "input": {
            "format": PCM,
            "noise_reduction": None,
            "transcription": {"model": "gpt-4o-mini-transcribe"},
            "turn_detection": {"type": "semantic_vad"},
        },
        "output": {"format": PCM, "speed": 1},
    },
}
LIVEKIT = {
    "type": "realtime",
    "audio": {
        "input": {
            "format": PCM,
            "noise_reduction": None,
            "transcription": {"model": "gpt-4o-mini-transcribe"},
            "turn_detection": {
                "type": "semantic_vad",
                "create_response": True,
                "eagerness": "medium",
                "interrupt_response": True,
            },
        },
        "output": {"format": PCM, "speed": 1.0, "voice": "marin"},
    },
    "max_output_tokens": "inf",
    "model": "gpt-realtime",
    "output_modalities": ["audio"],
    "tool_choice": "auto",
    "tracing": None,
}
PIPECAT = {
    "type": "realtime",
    "instructions": "Be brief.",
    "audio": {
        "input": {
            "transcription": {"model": "gpt-realtime-whisper"},
            "noise_reduction": {"type": "near_field"},
            "turn_detection": None,
        }
    },
}
LIVEKIT_STT = {
    "type": "transcription",
    "audio": {
        "input": {
            "format": PCM,
            "transcription": {
                "model": "gpt-transcribe",
                "keywords": ["Viva"],
                "languages": ["en"],
            },
            "turn_detection": {
                "type": "server_vad",
                "threshold": 0.5,
                "prefix_padding_ms": 600,
                "silence_duration_ms": 350,
            },
        }
    },
}
PIPECAT_STT = {
    "type": "transcription",
    "audio": {
        "input": {
            "format": PCM,
            "transcription": {
                "model": "gpt-realtime-whisper",
                "language": "en",
                "delay": "low",
            },
            "turn_detection": None,
        }
    },
}
TRANSCRIBING = SessionConfig(type="transcription")


@pytest.mark.parametrize(
    ("session", "config"),
    [
        (
            OPENAI_AGENTS,
            SessionConfig(
                instructions="Be brief.",
                model="gpt-realtime-2.1",
                transcription=HEARD,
                turn_detection=SemanticVad(),
                voice="ash",
                tools=(
                    ToolSpec(
                        "weather", "Weather.", {"type": "object", "additionalProperties": False}
                    ),
                ),
            ),
        ),
        (
            OPENAI_AGENTS_JS,
            SessionConfig(
                instructions="Be brief.", transcription=HEARD, turn_detection=SemanticVad()
            ),
        ),
        (
            LIVEKIT,
            SessionConfig(transcription=HEARD, turn_detection=SemanticVad("medium"), voice="marin"),
        ),
        (
            PIPECAT,
            SessionConfig(
                instructions="Be brief.",
                transcription=Transcription("gpt-realtime-whisper"),
                noise_reduction="near_field",
                turn_detection=None,
            ),
        ),
        (
            LIVEKIT_STT,
            replace(
                TRANSCRIBING,
                transcription=Transcription("gpt-transcribe", "en", None, ("Viva",)),
                turn_detection=ServerVad(prefix_padding_ms=600, silence_duration_ms=350),
            ),
        ),
        (
            PIPECAT_STT,
            replace(
                TRANSCRIBING,
                transcription=Transcription("gpt-realtime-whisper", "en"),
                turn_detection=None,
            ),
        ),
    ],
    ids=["openai-agents", "openai-agents-js", "livekit", "pipecat", "livekit-stt", "pipecat-stt"],
)
def test_the_session_that_a_client_asks_for_is_the_one_it_gets(
    session: dict[str, Any], config: SessionConfig
) -> None:
    event = parse(json.dumps({"type": "session.update", "session": session}))
    assert isinstance(event, SessionUpdate)
    before = SessionConfig() if config.type == "realtime" else TRANSCRIBING
    assert updated(before, event.session, audio_started=False) == config


def test_the_second_update_of_the_agents_sdk_turns_tracing_on_and_nothing_else() -> None:
    patch = {"type": "realtime", "model": "gpt-realtime", "tracing": "auto"}
    new = updated(SessionConfig(), patch, audio_started=True)
    assert new == SessionConfig(tracing="auto")


def test_history_that_a_client_replays_is_understood() -> None:
    event = parse(
        '{"type":"conversation.item.create","item":{"type":"message","role":"user","content":'
        '[{"type":"input_audio","audio":null,"transcript":"hey"}],"id":"h1","status":"completed"},'
        '"event_id":"agents_create_1"}'
    )
    assert isinstance(event, ItemCreate)
    assert item_of(event.item) == MessageItem("h1", "user", (ContentPart("input_audio", "hey"),))


def test_a_reply_that_a_client_asks_for_is_as_the_session_says() -> None:
    for response in (
        {"output_modalities": ["audio"]},
        {"instructions": None, "metadata": {"client_event_id": "response_create_1"}},
    ):
        event = parse(json.dumps({"type": "response.create", "response": response}))
        assert isinstance(event, ResponseCreate)
        made = response_of(event.response, SessionConfig())
        assert replace(made, metadata=None) == usual(SessionConfig())


def test_a_truncation_as_pipecat_sends_it_is_understood() -> None:
    event = parse(
        '{"event_id": "aa70ab2b", "type": "conversation.item.truncate", "item_id": "i", '
        '"content_index": 0, "audio_end_ms": 3}'
    )
    assert event == ItemTruncate("i", 0, 3, "aa70ab2b")
