"""What the server tells a Realtime client of its session, its items and the user's speech.

One function per event of the GA form gives it as it goes over the wire, under a fresh `event_id`;
`response_events` has those of responses. What is absent is left out where a strict client takes no
null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from vivavoce.transcripts.doubts import TranscriptWarning
from vivavoce.transcripts.subtitles import warning_dict

from .items import Item, as_object, new_id
from .wire_error import WireError

Event: TypeAlias = dict[str, Any]


def new_event(type: str, **fields: Any) -> Event:  # noqa: A002
    """An event of this type."""
    return {"type": type, "event_id": new_id("event"), **fields}


# --- the session ---------------------------------------------------------------------------------


def error(
    message: str,
    *,
    type: str = "invalid_request_error",  # noqa: A002
    code: str | None = None,
    param: str | None = None,
    event_id: str | None = None,
) -> Event:
    """Something went wrong; the session goes on. event_id: of the client's event."""
    told = {"type": type, "code": code, "message": message, "param": param, "event_id": event_id}
    return new_event("error", error=told)


def error_of(wrong: WireError) -> Event:
    """A client's event was refused."""
    return error(str(wrong), code=wrong.code, param=wrong.param, event_id=wrong.event_id)


def session_created(session: Mapping[str, Any]) -> Event:
    """The first event; session: from `session_object.as_object`."""
    return new_event("session.created", session=session)


def session_updated(session: Mapping[str, Any]) -> Event:
    """An update holds; session: from `session_object.as_object`."""
    return new_event("session.updated", session=session)


def conversation_created(conversation_id: str) -> Event:
    """The session's conversation begins."""
    return new_event(
        "conversation.created",
        conversation={"id": conversation_id, "object": "realtime.conversation"},
    )


def rate_limits_updated(limits: Sequence[RateLimit]) -> Event:
    """What the caller may still do."""
    told = [
        {
            "name": limit.name,
            "limit": limit.limit,
            "remaining": limit.remaining,
            "reset_seconds": limit.reset_s,
        }
        for limit in limits
    ]
    return new_event("rate_limits.updated", rate_limits=told)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """One bound on what a caller may do, and when it starts anew."""

    name: Literal["requests", "tokens"]
    limit: int
    remaining: int
    reset_s: float


# --- items ---------------------------------------------------------------------------------------


def item_added(item: Item, previous_item_id: str | None) -> Event:
    """An item is in the conversation; it may still be growing."""
    return new_event(
        "conversation.item.added", previous_item_id=previous_item_id, item=as_object(item)
    )


def item_done(item: Item, previous_item_id: str | None) -> Event:
    """An item grows no more."""
    return new_event(
        "conversation.item.done", previous_item_id=previous_item_id, item=as_object(item)
    )


def item_retrieved(item: Item) -> Event:
    """The item that was asked for."""
    return new_event("conversation.item.retrieved", item=as_object(item))


def item_truncated(item_id: str, content_index: int, audio_end_ms: int) -> Event:
    """The item holds what was heard of it until then, and no more."""
    return new_event(
        "conversation.item.truncated",
        item_id=item_id,
        content_index=content_index,
        audio_end_ms=audio_end_ms,
    )


def item_deleted(item_id: str) -> Event:
    """The item is gone."""
    return new_event("conversation.item.deleted", item_id=item_id)


# --- what the user said --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LogProb:
    """How sure the recogniser is of a piece of text."""

    token: str
    logprob: float


def transcription_delta(
    item_id: str, delta: str, *, content_index: int = 0, logprobs: Sequence[LogProb] | None = None
) -> Event:
    """Words that will not change; to be appended to those before."""
    return _transcription(
        "delta", item_id, content_index, delta=delta, logprobs=_logprobs(logprobs)
    )


def transcription_segment(
    item_id: str,
    id: str,  # noqa: A002
    text: str,
    speaker: str,
    start: float,
    end: float,
    *,
    content_index: int = 0,
) -> Event:
    """Who said what when; times in seconds."""
    return _transcription(
        "segment",
        item_id,
        content_index,
        id=id,
        text=text,
        speaker=speaker,
        start=start,
        end=end,
    )


def transcription_completed(
    item_id: str,
    transcript: str,
    seconds: float,
    *,
    content_index: int = 0,
    language: str | None = None,
    logprobs: Sequence[LogProb] | None = None,
    warnings: Sequence[TranscriptWarning] = (),
) -> Event:
    """All that was said; seconds: of audio that were listened to. language: a code.

    warnings: what to know before the text is trusted; a field of our own, where there are any.
    """
    return _transcription(
        "completed",
        item_id,
        content_index,
        transcript=transcript,
        usage={"type": "duration", "seconds": seconds},
        languages=None if language is None else [{"code": language}],
        logprobs=_logprobs(logprobs),
        warnings=[warning_dict(warning) for warning in warnings] or None,
    )


def transcription_failed(
    item_id: str,
    message: str,
    *,
    type: str = "server_error",  # noqa: A002
    code: str | None = None,
    content_index: int = 0,
) -> Event:
    """What was said could not be understood."""
    told = {"type": type, "message": message} | ({} if code is None else {"code": code})
    return _transcription("failed", item_id, content_index, error=told)


# --- audio ---------------------------------------------------------------------------------------


def audio_committed(item_id: str, previous_item_id: str | None) -> Event:
    """The user's turn is an item now."""
    return new_event(
        "input_audio_buffer.committed", item_id=item_id, previous_item_id=previous_item_id
    )


def audio_cleared() -> Event:
    """What was appended is forgotten."""
    return new_event("input_audio_buffer.cleared")


def speech_started(item_id: str, audio_start_ms: int) -> Event:
    """The user speaks. audio_start_ms: from the start of all audio, the padding included."""
    return new_event(
        "input_audio_buffer.speech_started", item_id=item_id, audio_start_ms=audio_start_ms
    )


def speech_stopped(item_id: str, audio_end_ms: int) -> Event:
    """The user is silent. audio_end_ms: from the start of all audio."""
    return new_event(
        "input_audio_buffer.speech_stopped", item_id=item_id, audio_end_ms=audio_end_ms
    )


def timeout_triggered(item_id: str, audio_start_ms: int, audio_end_ms: int) -> Event:
    """The user said nothing for so long that the model speaks again."""
    return new_event(
        "input_audio_buffer.timeout_triggered",
        item_id=item_id,
        audio_start_ms=audio_start_ms,
        audio_end_ms=audio_end_ms,
    )


def output_audio_started(response_id: str) -> Event:
    """Its first sound leaves (WebRTC)."""
    return new_event("output_audio_buffer.started", response_id=response_id)


def output_audio_stopped(response_id: str) -> Event:
    """Its last sound left (WebRTC)."""
    return new_event("output_audio_buffer.stopped", response_id=response_id)


def output_audio_cleared(response_id: str) -> Event:
    """What was left of its sound is dropped (WebRTC)."""
    return new_event("output_audio_buffer.cleared", response_id=response_id)


def _transcription(state: str, item_id: str, content_index: int, **fields: Any) -> Event:
    return new_event(
        f"conversation.item.input_audio_transcription.{state}",
        item_id=item_id,
        content_index=content_index,
        **{name: value for name, value in fields.items() if value is not None},
    )


def _logprobs(given: Sequence[LogProb] | None) -> list[dict[str, Any]] | None:
    if given is None:
        return None
    return [
        {"token": one.token, "logprob": one.logprob, "bytes": list(one.token.encode())}
        for one in given
    ]
