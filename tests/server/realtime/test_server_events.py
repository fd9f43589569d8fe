"""Every event that the server sends, as the official client's types have it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, get_args

import pytest
from openai.types.beta.realtime import RealtimeServerEvent as BetaServerEvent
from openai.types.realtime import RealtimeServerEvent

from vivavoce.engines import Usage
from vivavoce.server.realtime import response_events, server_events
from vivavoce.server.realtime.beta import to_beta
from vivavoce.server.realtime.items import (
    ContentPart,
    FunctionCallItem,
    FunctionCallOutputItem,
    MessageItem,
)
from vivavoce.server.realtime.response_events import OutputPosition
from vivavoce.server.realtime.responses import Failure, response_object, usual
from vivavoce.server.realtime.server_events import Event, LogProb, RateLimit
from vivavoce.server.realtime.session_config import SessionConfig
from vivavoce.server.realtime.session_object import as_object
from vivavoce.server.realtime.wire_error import WireError


def models_of(union: Any) -> dict[str, Any]:
    models = get_args(get_args(union)[0])
    return {get_args(model.model_fields["type"].annotation)[0]: model for model in models}


MODELS, BETA_MODELS = models_of(RealtimeServerEvent), models_of(BetaServerEvent)
SESSION = as_object(SessionConfig(), "sess_1", 1_800_000_000)
PLACE = OutputPosition("resp_1", "item_1", 1, 0)
SAID = MessageItem("item_1", "assistant", (ContentPart("output_audio", "Hi."),), "incomplete")
ASKED = MessageItem("item_0", "user", (ContentPart("input_audio"),))
CALL = FunctionCallItem("item_2", "call_1", "look_up", "{}")
PIECES = [LogProb("Hé", -0.25)]


def response(**changed: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"status": "in_progress", "conversation_id": "conv_1"} | changed
    return response_object("resp_1", usual(SessionConfig()), given.pop("status"), **given)


EVENTS: dict[str, list[Event]] = {
    "error": [
        server_events.error("No.", code="c", param="p", event_id="e"),
        server_events.error("No.", type="server_error"),
        server_events.error_of(WireError("No.", "c")),
    ],
    "session.created": [server_events.session_created(SESSION)],
    "session.updated": [server_events.session_updated(SESSION)],
    "conversation.created": [server_events.conversation_created("conv_1")],
    "rate_limits.updated": [
        server_events.rate_limits_updated([RateLimit("requests", 10, 9, 60.0)]),
        server_events.rate_limits_updated([]),
    ],
    "conversation.item.added": [
        server_events.item_added(ASKED, None),
        server_events.item_added(CALL, "item_1"),
        server_events.item_added(FunctionCallOutputItem("item_3", "call_1", "42"), "item_2"),
    ],
    "conversation.item.done": [server_events.item_done(SAID, "item_0")],
    "conversation.item.retrieved": [server_events.item_retrieved(SAID)],
    "conversation.item.truncated": [server_events.item_truncated("item_1", 0, 120)],
    "conversation.item.deleted": [server_events.item_deleted("item_1")],
    "conversation.item.input_audio_transcription.delta": [
        server_events.transcription_delta("item_0", "Hé"),
        server_events.transcription_delta("item_0", "Hé", logprobs=PIECES),
    ],
    "conversation.item.input_audio_transcription.segment": [
        server_events.transcription_segment("item_0", "seg_1", "Hé", "A", 0.5, 1.5)
    ],
    "conversation.item.input_audio_transcription.completed": [
        server_events.transcription_completed("item_0", "Hé", 1.5),
        server_events.transcription_completed("item_0", "", 1.5, logprobs=PIECES),
        server_events.transcription_completed("item_0", "Hé", 1.5, language="fr"),
    ],
    "conversation.item.input_audio_transcription.failed": [
        server_events.transcription_failed("item_0", "No."),
        server_events.transcription_failed("item_0", "No.", code="engine_failed"),
    ],
    "input_audio_buffer.committed": [
        server_events.audio_committed("item_0", None),
        server_events.audio_committed("item_0", "item_9"),
    ],
    "input_audio_buffer.cleared": [server_events.audio_cleared()],
    "input_audio_buffer.speech_started": [server_events.speech_started("item_0", 300)],
    "input_audio_buffer.speech_stopped": [server_events.speech_stopped("item_0", 900)],
    "input_audio_buffer.timeout_triggered": [server_events.timeout_triggered("item_0", 9, 99)],
    "output_audio_buffer.started": [server_events.output_audio_started("resp_1")],
    "output_audio_buffer.stopped": [server_events.output_audio_stopped("resp_1")],
    "output_audio_buffer.cleared": [server_events.output_audio_cleared("resp_1")],
    "response.created": [response_events.response_created(response())],
    "response.done": [
        response_events.response_done(response(status="completed", output=[SAID, CALL])),
        response_events.response_done(response(status="completed", usage=Usage(9, 4, 3))),
        response_events.response_done(response(status="cancelled", reason="turn_detected")),
        response_events.response_done(response(status="incomplete", reason="max_output_tokens")),
        response_events.response_done(
            response(status="failed", failure=Failure("server_error", "No."))
        ),
    ],
    "response.output_item.added": [response_events.output_item_added("resp_1", 0, SAID)],
    "response.output_item.done": [response_events.output_item_done("resp_1", 1, CALL)],
    "response.content_part.added": [
        response_events.content_part_added(PLACE, ContentPart("output_audio")),
        response_events.content_part_added(PLACE, ContentPart("output_text")),
    ],
    "response.content_part.done": [
        response_events.content_part_done(PLACE, ContentPart("output_audio", "Hi.")),
        response_events.content_part_done(PLACE, ContentPart("output_text", "Hi.")),
    ],
    "response.output_text.delta": [response_events.text_delta(PLACE, "H")],
    "response.output_text.done": [response_events.text_done(PLACE, "Hi.")],
    "response.output_audio.delta": [response_events.audio_delta(PLACE, "AAAAAA==")],
    "response.output_audio.done": [response_events.audio_done(PLACE)],
    "response.output_audio_transcript.delta": [response_events.transcript_delta(PLACE, "H")],
    "response.output_audio_transcript.done": [response_events.transcript_done(PLACE, "Hi.")],
    "response.function_call_arguments.delta": [
        response_events.arguments_delta(PLACE, "call_1", "{")
    ],
    "response.function_call_arguments.done": [
        response_events.arguments_done(PLACE, "call_1", "look_up", "{}")
    ],
}
ALL = [(name, event) for name, events in EVENTS.items() for event in events]


@pytest.mark.parametrize(("name", "event"), ALL, ids=[name for name, _ in ALL])
def test_an_event_is_exactly_what_the_official_client_expects(
    name: str, event: Event, unknown: Callable[[Any, object], set[str]]
) -> None:
    assert event["type"] == name
    sent = json.loads(json.dumps(event))
    more = {f".session.{key}" for key in ("id", "object", "expires_at")}
    assert unknown(MODELS[name], sent) <= more


@pytest.mark.parametrize(("name", "event"), ALL, ids=[name for name, _ in ALL])
def test_an_event_holds_no_null_that_a_strict_client_refuses(name: str, event: Event) -> None:
    allowed = {
        "code",
        "param",
        "event_id",
        "previous_item_id",
        "transcript",
        "status_details",
        "usage",
        "metadata",
        "conversation_id",
    }
    assert name.startswith("session.") or nulls(event) <= allowed


def nulls(data: object) -> set[str]:
    if isinstance(data, dict):
        own = {key for key, value in data.items() if value is None}
        return own.union(*(nulls(value) for value in data.values()))
    return set().union(*(nulls(each) for each in data)) if isinstance(data, list) else set()


def test_every_event_of_the_ga_form_is_there_but_those_of_mcp_telephones_and_beta() -> None:
    left_out = {name for name in MODELS if "mcp" in name} | {
        "input_audio_buffer.dtmf_event_received",
        "conversation.item.created",
    }
    assert set(MODELS) - left_out == set(EVENTS)


def test_every_event_has_an_id_of_its_own() -> None:
    assert len({event["event_id"] for _, event in ALL}) == len(ALL)


def test_a_response_has_all_keys_whatever_becomes_of_it() -> None:
    keys = {
        "id",
        "object",
        "status",
        "status_details",
        "output",
        "conversation_id",
        "output_modalities",
        "max_output_tokens",
        "audio",
        "usage",
        "metadata",
    }
    for event in EVENTS["response.created"] + EVENTS["response.done"]:
        assert set(event["response"]) == keys


def test_a_failed_response_says_why() -> None:
    told = response(status="failed", failure=Failure("server_error", "No.", "engine_failed"))
    error = {"type": "server_error", "message": "No.", "code": "engine_failed"}
    assert told["status_details"] == {"type": "failed", "error": error}


@pytest.mark.parametrize(("name", "event"), ALL, ids=[name for name, _ in ALL])
def test_an_event_of_the_beta_form_is_what_its_clients_expect(
    name: str, event: Event, unknown: Callable[[Any, object], set[str]]
) -> None:
    before = json.dumps(event)
    in_beta = to_beta(event)
    assert json.dumps(event) == before
    more = {f".session.{key}" for key in ("object", "expires_at", "include")}
    details = ".response.usage.input_token_details"
    more |= {f"{details}.image_tokens", f"{details}.cached_tokens_details"}
    for told in in_beta:
        assert told["event_id"] == event["event_id"]
        assert unknown(BETA_MODELS[told["type"]], told) <= more
    dropped = ("conversation.item.done", "transcription.segment", "timeout_triggered")
    assert len(in_beta) == (0 if name.endswith(dropped) else 1)
