"""How a Realtime session is set up."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from vivavoce.engines import ToolSpec
from vivavoce.server.http.json_bounds import parsed_bytes

from .audio import PCM, WireFormat

Eagerness: TypeAlias = Literal["low", "medium", "high", "auto"]
NoiseReduction: TypeAlias = Literal["near_field", "far_field"]


@dataclass(frozen=True, slots=True)
class ServerVad:
    """A turn ends after so much silence.

    threshold: the probability of speech that counts as speech. prefix_padding_ms: audio kept from
    before it. idle_timeout_ms: after a reply, of silence until the model speaks again.
    create_response, interrupt_response: whether the turn's end starts a reply, and the user's
    speech ends one.
    """

    threshold: float = 0.5
    prefix_padding_ms: int = 300
    silence_duration_ms: int = 500
    idle_timeout_ms: int | None = None
    create_response: bool = True
    interrupt_response: bool = True


@dataclass(frozen=True, slots=True)
class SemanticVad:
    """A turn ends when the user seems to be done; eagerness: how soon that is taken for granted."""

    eagerness: Eagerness = "auto"
    create_response: bool = True
    interrupt_response: bool = True


TurnDetection: TypeAlias = ServerVad | SemanticVad


@dataclass(frozen=True, slots=True)
class Transcription:
    """What the client wants to read of the user's speech. keywords: to expect in it."""

    model: str = "whisper-1"
    language: str | None = None
    prompt: str | None = None
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """All that `session.update` can change.

    output_modalities: `("audio",)`, which brings its transcript, or `("text",)`.
    tool_choice: `auto`, `none`, `required`, or a function's name. max_output_tokens: None is any
    number. transcription: None sends no transcript of the user's speech. turn_detection: None
    leaves turns to the client. pronunciations: ours, beside those of the configuration. prompt,
    tracing, truncation: kept for the client, without effect.
    """

    type: Literal["realtime", "transcription"] = "realtime"
    model: str = "gpt-realtime"
    instructions: str = ""
    output_modalities: tuple[Literal["audio", "text"]] = ("audio",)
    tools: tuple[ToolSpec, ...] = ()
    tool_choice: str = "auto"
    max_output_tokens: int | None = None
    parallel_tool_calls: bool = True
    include: tuple[str, ...] = ()
    prompt: Mapping[str, Any] | None = None
    tracing: str | Mapping[str, Any] | None = None
    truncation: str | Mapping[str, Any] = "auto"
    input_format: WireFormat = PCM
    transcription: Transcription | None = None
    noise_reduction: NoiseReduction | None = None
    turn_detection: TurnDetection | None = ServerVad()
    output_format: WireFormat = PCM
    voice: str = "alloy"
    speed: float = 1.0
    pronunciations: Mapping[str, str] = field(default_factory=dict, hash=False)


def bytes_of(config: SessionConfig) -> int:
    """About how much memory the setup takes."""
    heard = config.transcription or Transcription()
    texts = [config.instructions, heard.prompt or "", *heard.keywords]
    texts += [tool.description for tool in config.tools]
    texts += [*config.pronunciations, *config.pronunciations.values()]
    documents = [config.prompt, config.tracing, config.truncation]
    documents += [tool.parameters for tool in config.tools]
    return sum(map(sys.getsizeof, texts)) + sum(
        parsed_bytes(json.dumps(document)) for document in documents
    )
