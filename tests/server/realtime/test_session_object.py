"""Sessions, updated and shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.realtime import (
    RealtimeSessionCreateRequest,
    RealtimeSessionCreateResponse,
    RealtimeTranscriptionSessionCreateRequest,
)
from openai.types.realtime.realtime_transcription_session_create_response import (
    RealtimeTranscriptionSessionCreateResponse,
)

from vivavoce.engines import ToolSpec
from vivavoce.server.realtime.audio import PCM, PCMA, PCMU
from vivavoce.server.realtime.session_config import (
    SemanticVad,
    ServerVad,
    SessionConfig,
    Transcription,
)
from vivavoce.server.realtime.session_object import as_object, updated
from vivavoce.server.realtime.wire_error import WireError

Unknown: TypeAlias = Callable[[Any, object], set[str]]

FULL = SessionConfig(
    instructions="Be brief.",
    tools=(ToolSpec("weather", "The weather.", {"type": "object"}),),
    tool_choice="weather",
    max_output_tokens=100,
    include=("item.input_audio_transcription.logprobs",),
    prompt={"id": "pmpt_1"},
    tracing="auto",
    truncation={"type": "retention_ratio", "retention_ratio": 0.8},
    transcription=Transcription("whisper-1", "en", "Hi", ("Viva",)),
    noise_reduction="far_field",
    turn_detection=ServerVad(idle_timeout_ms=6000),
    voice="marin",
    speed=1.25,
)


def change(config: SessionConfig, *, audio_started: bool = False, **patch: Any) -> SessionConfig:
    return updated(config, {"type": config.type, **patch}, audio_started=audio_started)


def heard(config: SessionConfig, **patch: Any) -> SessionConfig:
    return change(config, audio={"input": patch})


def turns(config: SessionConfig, **patch: Any) -> object:
    return heard(config, turn_detection=patch).turn_detection


@pytest.mark.parametrize(
    "config",
    [
        SessionConfig(),
        FULL,
        replace(FULL, turn_detection=SemanticVad("low"), input_format=PCMU, output_format=PCMA),
        replace(FULL, turn_detection=None, output_modalities=("text",), tool_choice="required"),
    ],
)
def test_the_session_is_what_the_official_client_expects(
    config: SessionConfig, unknown: Unknown
) -> None:
    data = as_object(config, "sess_1", 1_800_000_000)
    for kind, extra in (
        (RealtimeSessionCreateRequest, {".id", ".object", ".expires_at"}),
        (RealtimeSessionCreateResponse, {".parallel_tool_calls"}),
    ):
        assert unknown(kind, data) <= extra


@pytest.mark.parametrize("turn_detection", [None, ServerVad(), SemanticVad()])
def test_a_transcription_session_is_what_the_official_client_expects(
    turn_detection: ServerVad | SemanticVad | None,
    unknown: Unknown,
) -> None:
    config = replace(FULL, type="transcription", turn_detection=turn_detection)
    data = as_object(config, "sess_1", None)
    assert unknown(RealtimeTranscriptionSessionCreateRequest, data) == {
        ".id",
        ".object",
        ".expires_at",
    }
    semantic = {".audio.input.turn_detection.eagerness"}
    assert unknown(RealtimeTranscriptionSessionCreateResponse, data) <= semantic


@pytest.mark.parametrize("config", [SessionConfig(), FULL, replace(FULL, turn_detection=None)])
def test_a_session_sent_back_as_an_update_changes_nothing(config: SessionConfig) -> None:
    assert updated(config, as_object(config, "sess_1", 1), audio_started=True) == config


def test_what_an_update_leaves_out_stays() -> None:
    assert change(FULL) == FULL
    assert updated(FULL, {}, audio_started=True) == FULL
    assert change(FULL, audio={}) == FULL
    assert change(FULL, audio={"input": {}, "output": None}) == FULL
    assert change(FULL, instructions="Sing.") == replace(FULL, instructions="Sing.")
    assert turns(FULL, threshold=0.7) == ServerVad(threshold=0.7, idle_timeout_ms=6000)
    spoken = heard(FULL, transcription={"language": "de"}).transcription
    assert spoken == Transcription("whisper-1", "de", "Hi", ("Viva",))


def test_one_possible_language_is_the_language_and_more_are_found_out() -> None:
    one = heard(FULL, transcription={"languages": ["de"]}).transcription
    assert one == Transcription("whisper-1", "de", "Hi", ("Viva",))
    several = heard(FULL, transcription={"languages": ["de", "fr"]}).transcription
    assert several == Transcription("whisper-1", None, "Hi", ("Viva",))


def test_models_whose_clients_end_turns_themselves_do_without_turn_detection() -> None:
    transcribing = SessionConfig(type="transcription")
    model = {"model": "gpt-realtime-whisper"}
    manual = heard(transcribing, transcription=model)
    assert manual.turn_detection is None
    assert heard(manual, turn_detection={"type": "server_vad"}).turn_detection == ServerVad()
    asked = heard(transcribing, transcription=model, turn_detection={"type": "server_vad"})
    assert asked.turn_detection == ServerVad()
    assert heard(asked, transcription=model).turn_detection == ServerVad()
    assert heard(SessionConfig(), transcription=model).turn_detection == ServerVad()
    usual = heard(transcribing, transcription={"model": "gpt-4o-transcribe"})
    assert usual.turn_detection == ServerVad()


def test_null_and_empty_values_clear() -> None:
    cleared = change(
        FULL,
        instructions="",
        tools=[],
        tool_choice=None,
        max_output_tokens="inf",
        include=None,
        prompt=None,
        tracing=None,
        truncation=None,
        audio={
            "input": {"transcription": None, "noise_reduction": None, "turn_detection": None},
            "output": {"speed": None, "voice": None, "format": None},
        },
    )
    assert cleared == SessionConfig(voice="marin", turn_detection=None)
    assert change(FULL, instructions=None, tools=None, tool_choice=None).tools == ()


def test_turn_detection_false_is_off() -> None:
    assert heard(FULL, turn_detection=False).turn_detection is None


def test_a_change_of_turn_detection_keeps_who_starts_and_ends_replies() -> None:
    manual = heard(SessionConfig(), turn_detection={"type": "server_vad", "create_response": False})
    semantic = heard(manual, turn_detection={"type": "semantic_vad", "eagerness": "high"})
    assert semantic.turn_detection == SemanticVad("high", create_response=False)
    assert turns(semantic, type="server_vad") == ServerVad(create_response=False)
    assert turns(semantic, interrupt_response=False) == SemanticVad(
        "high", create_response=False, interrupt_response=False
    )
    off = replace(semantic, turn_detection=None)
    assert turns(off, type="semantic_vad") == SemanticVad()


def test_a_threshold_for_semantic_turns_is_passed_over() -> None:
    assert turns(SessionConfig(), type="semantic_vad", threshold=0.4) == SemanticVad()


def test_the_voice_stays_once_it_was_heard() -> None:
    with pytest.raises(WireError) as told:
        change(FULL, audio_started=True, audio={"output": {"voice": "cedar"}})
    assert told.value.code == "cannot_update_voice"
    assert change(FULL, audio_started=True, audio={"output": {"voice": "marin"}}) == FULL
    assert change(FULL, audio={"output": {"voice": {"id": "cedar"}}}).voice == "cedar"


def test_audio_and_text_together_are_audio() -> None:
    assert change(FULL, output_modalities=["text", "audio"]).output_modalities == ("audio",)
    assert change(FULL, output_modalities=["text"]).output_modalities == ("text",)


def test_tools_of_either_form_of_choice_are_read() -> None:
    tool = {"type": "function", "name": "look_up", "parameters": {"type": "object"}}
    for choice in (
        {"type": "function", "name": "look_up"},
        {"type": "function", "function": {"name": "look_up"}},
    ):
        changed = change(FULL, tools=[tool], tool_choice=choice)
        assert changed.tools == (ToolSpec("look_up", "", {"type": "object"}),)
        assert changed.tool_choice == "look_up"


@pytest.mark.parametrize(
    "patch",
    [
        {"tool_choice": {"type": "function", "name": "look_down"}},
        {"tools": [{"name": "look_up"}]},
        {"tools": []},
        {"tools": [], "tool_choice": "required"},
    ],
    ids=str,
)
def test_a_tool_that_is_not_there_cannot_be_demanded(patch: dict[str, Any]) -> None:
    with pytest.raises(WireError, match="there is no tool") as told:
        change(FULL, **patch)
    assert (told.value.code, told.value.param) == ("invalid_value", "session.tool_choice")
    assert change(FULL, instructions="Be kind.").tool_choice == "weather"


def test_keys_that_nobody_knows_are_passed_over() -> None:
    turn = {"type": "semantic_vad", "model_version": "2"}
    new = change(
        SessionConfig(),
        id="x",
        reasoning={"effort": "low"},
        audio={"input": {"turn_detection": turn, "gain": 3}},
    )
    assert new == SessionConfig(turn_detection=SemanticVad())


def test_g711_is_taken_both_ways() -> None:
    new = change(
        FULL,
        audio={
            "input": {"format": {"type": "audio/pcmu"}},
            "output": {"format": {"type": "audio/pcma"}},
        },
    )
    assert (new.input_format, new.output_format) == (PCMU, PCMA)
    assert heard(new, format={"type": "audio/pcm", "rate": 24000}).input_format == PCM


@pytest.mark.parametrize(
    ("patch", "code", "param"),
    [
        ({"type": "transcription"}, "invalid_parameter", "session.type"),
        ({"type": "other"}, "invalid_value", "session.type"),
        ({"modalities": ["text"]}, "unknown_parameter", "session.modalities"),
        ({"voice": "alloy"}, "unknown_parameter", "session.voice"),
        ({"instructions": 1}, "invalid_type", "session.instructions"),
        ({"instructions": "x" * 200_001}, "string_above_max_length", "session.instructions"),
        ({"output_modalities": []}, "invalid_value", "session.output_modalities"),
        ({"output_modalities": ["video"]}, "invalid_value", "session.output_modalities"),
        ({"tools": {}}, "invalid_type", "session.tools"),
        ({"tools": [{}] * 129}, "array_above_max_length", "session.tools"),
        ({"tools": [{"type": "mcp"}]}, "invalid_value", "session.tools[0]"),
        ({"tools": [{}]}, "missing_required_parameter", "session.tools[0].name"),
        ({"tools": [{"name": "a b"}]}, "invalid_value", "session.tools[0].name"),
        (
            {"tools": [{"name": "a", "parameters": {"maximum": float("inf")}}]},
            "invalid_value",
            "session.tools[0].parameters",
        ),
        ({"prompt": {"id": "x" * 100_000}}, "string_above_max_length", "session.prompt"),
        ({"tool_choice": "maybe"}, "invalid_value", "session.tool_choice"),
        ({"tool_choice": {"type": "mcp"}}, "invalid_value", "session.tool_choice"),
        ({"max_output_tokens": 0}, "integer_below_min_value", "session.max_output_tokens"),
        ({"max_output_tokens": 5000}, "integer_above_max_value", "session.max_output_tokens"),
        ({"max_output_tokens": True}, "invalid_type", "session.max_output_tokens"),
        ({"include": ["everything"]}, "invalid_value", "session.include"),
        ({"tracing": "on"}, "invalid_value", "session.tracing"),
        ({"audio": []}, "invalid_type", "session.audio"),
        (
            {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 16000}}}},
            "invalid_value",
            "session.audio.input.format.rate",
        ),
        (
            {"audio": {"input": {"format": {"type": "audio/opus"}}}},
            "invalid_value",
            "session.audio.input.format.type",
        ),
        (
            {"audio": {"input": {"turn_detection": {"type": "none"}}}},
            "invalid_value",
            "session.audio.input.turn_detection.type",
        ),
        (
            {"audio": {"input": {"turn_detection": {"threshold": 1.5}}}},
            "decimal_above_max_value",
            "session.audio.input.turn_detection.threshold",
        ),
        (
            {"audio": {"input": {"turn_detection": {"idle_timeout_ms": 10}}}},
            "integer_below_min_value",
            "session.audio.input.turn_detection.idle_timeout_ms",
        ),
        (
            {"audio": {"input": {"noise_reduction": {"type": "none"}}}},
            "invalid_value",
            "session.audio.input.noise_reduction.type",
        ),
        (
            {"audio": {"output": {"speed": 0.1}}},
            "decimal_below_min_value",
            "session.audio.output.speed",
        ),
        ({"audio": {"output": {"voice": {}}}}, "missing_required_parameter", None),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(
    patch: dict[str, Any], code: str, param: str | None
) -> None:
    with pytest.raises(WireError) as told:
        updated(FULL, patch, audio_started=False)
    assert told.value.code == code
    assert param is None or told.value.param == param


SESSIONS = st.fixed_dictionaries(
    {},
    optional={
        "instructions": st.text(max_size=9),
        "tool_choice": st.sampled_from(["auto", "none", None]),
        "max_output_tokens": st.integers(1, 4096) | st.just("inf"),
        "audio": st.fixed_dictionaries(
            {},
            optional={
                "input": st.fixed_dictionaries(
                    {},
                    optional={
                        "transcription": st.none() | st.just({"model": "m"}),
                        "turn_detection": st.none()
                        | st.sampled_from(
                            [{"type": "server_vad", "threshold": 0.1}, {"type": "semantic_vad"}]
                        ),
                    },
                ),
                "output": st.fixed_dictionaries({}, optional={"speed": st.floats(0.25, 1.5)}),
            },
        ),
    },
)


@settings(deadline=None)
@given(st.lists(SESSIONS, max_size=4))
def test_an_update_given_twice_is_given_once(patches: list[dict[str, Any]]) -> None:
    config = FULL
    for patch in patches:
        config = updated(config, patch, audio_started=True)
        assert updated(config, patch, audio_started=True) == config
        assert updated(config, as_object(config, "s", 1), audio_started=True) == config


def test_pronunciations_are_an_extension_shown_to_those_who_set_it() -> None:
    words = {"nginx": "engine x"}
    config = change(SessionConfig(), audio={"output": {"pronunciations": words}})
    assert config.pronunciations == words
    assert as_object(config, "sess_1", None)["audio"]["output"]["pronunciations"] == words
    assert "pronunciations" not in as_object(SessionConfig(), "sess_1", None)["audio"]["output"]
    with pytest.raises(WireError) as error:
        change(config, audio={"output": {"pronunciations": {"nginx": "/1/"}}})
    assert error.value.param == "session.audio.output.pronunciations"
    assert "'nginx'" in str(error.value)
