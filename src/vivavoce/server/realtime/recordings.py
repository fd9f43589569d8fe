"""Recordings that a client puts into the conversation: what is said in them, for the model."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from vivavoce.audio import Audio, Samples
from vivavoce.conversation.session import Engines
from vivavoce.engines import SttOptions
from vivavoce.transcripts.recordings import RecordingTranscription

from .audio import WireDecoder
from .fields import Json, mapping
from .session_config import SessionConfig
from .wire_error import WireError


async def with_transcripts(
    item: Json, config: SessionConfig, engines: Engines, most_s: float
) -> Json:
    """The item as it came, with a transcript in each part of a user's message that is audio.

    most_s: the longest that one may be.
    Raises WireError for audio that cannot be read, EngineError when it cannot be transcribed.
    """
    content = item.get("content")
    if item.get("role") != "user" or not isinstance(content, list):
        return item
    parts = [
        await _with_transcript(part, config, engines, most_s) if _is_silent(part) else part
        for part in content
    ]
    return {**item, "content": parts}


def _is_silent(part: object) -> bool:
    return (
        isinstance(part, Mapping)
        and part.get("type") == "input_audio"
        and isinstance(part.get("audio"), str)
        and part.get("transcript") is None
    )


async def _with_transcript(
    part: object, config: SessionConfig, engines: Engines, most_s: float
) -> Json:
    data: Mapping[str, Any] = mapping(part, "item.content")
    audio = WireDecoder(config.input_format).decode(data["audio"])
    if audio.seconds > most_s:
        raise WireError(
            f"Invalid 'item.content': {audio.seconds:.0f} s of audio, over the limit of "
            f"{most_s:g} s (server.limits.turn_s). Split it.",
            "invalid_value",
            "item.content",
        )
    language = config.transcription.language if config.transcription else None
    return {**data, "transcript": await _transcript(audio, language, engines)}


async def _transcript(audio: Audio, language: str | None, engines: Engines) -> str:
    async def samples() -> AsyncGenerator[Samples, None]:
        yield audio.resampled(engines.stt.rate).samples

    options = SttOptions(language=language)
    return (
        await RecordingTranscription(samples(), engines.stt, engines.vad, options).finish()
    ).text
