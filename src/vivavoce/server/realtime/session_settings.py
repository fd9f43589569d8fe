"""What a Realtime session's setup means for the conversation core."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from vivavoce.conversation.tools import Toolbox
from vivavoce.settings import SessionSettings, TurnSettings

from .session_config import SemanticVad, ServerVad, SessionConfig, TurnDetection

MOST_PREFIX_S: Final = 1.0
"""The core keeps no more from before speech."""

LONGEST_WAIT_S: Final = {"low": 8.0, "medium": 4.0, "auto": 4.0, "high": 2.0}
"""For a user who does not seem to be done, by eagerness."""


def settings_of(
    config: SessionConfig, usual: SessionSettings, voice: str | None
) -> SessionSettings:
    """A session's settings. usual: the server's own; voice: the engine's name of the one wanted."""
    heard = config.transcription
    realtime = config.type == "realtime"
    return replace(
        usual,
        system_prompt=config.instructions,
        greeting="",
        idle_prompt="",
        apology="",
        language=(heard.language if heard else None) or usual.language,
        voice=voice,
        speed=config.speed,
        pronunciations={**usual.pronunciations, **config.pronunciations},
        spoken=config.output_modalities == ("audio",),
        drafts=usual.drafts and realtime,
        max_reply_tokens=config.max_output_tokens or _most_tokens(usual),
        tool_choice=config.tool_choice,
        turns=turns_of(config.turn_detection, usual.turns, answers=realtime),
    )


def _most_tokens(usual: SessionSettings) -> int | None:
    """The bound of `inf`: the configured one, or else the model's own.

    A number that nobody set would be refused by servers whose context is smaller.
    """
    chosen = usual.max_reply_tokens
    return None if chosen == SessionSettings().max_reply_tokens else chosen


def turns_of(
    detection: TurnDetection | None, usual: TurnSettings, *, answers: bool = True
) -> TurnSettings:
    """When the user's turns begin and end. answers: whether turns are answered at all."""
    match detection:
        case None:
            return replace(usual, mode="manual", barge_in=False, respond=False)
        case SemanticVad():
            longest = min(usual.wait_max_s, LONGEST_WAIT_S[detection.eagerness])
            if detection.eagerness == "low":
                longest = LONGEST_WAIT_S["low"]
            turns = replace(usual, wait_max_s=longest, eagerness=detection.eagerness)
        case ServerVad():
            silence_s = detection.silence_duration_ms / 1000
            turns = replace(
                usual,
                start_threshold=detection.threshold,
                stop_threshold=min(detection.threshold, usual.stop_threshold),
                prefix_s=min(detection.prefix_padding_ms / 1000, MOST_PREFIX_S),
                wait_min_s=silence_s,
                wait_max_s=silence_s,
            )
    return replace(
        turns,
        mode="auto",
        barge_in=detection.interrupt_response,
        respond=detection.create_response and answers,
    )


def toolbox_of(config: SessionConfig) -> Toolbox:
    """The client's tools, which it runs itself."""
    return Toolbox(elsewhere=config.tools)
