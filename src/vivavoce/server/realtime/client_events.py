"""What a Realtime client may send: `parse` makes one event of each message.

An event holds what its form demands; sessions, items and responses stay JSON here, and are checked
by `session_object`, `items` and `response_params`. Fields that no event knows are passed over, so
that newer clients go on working.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from pydantic_core import from_json

from vivavoce.server.http.json_bounds import is_too_dense, values_in

from .fields import Json, choice, integer, mapping, required, text, wrong_type
from .wire_error import WireError

MOST_MS: Final = 24 * 3600 * 1000
MOST_ID: Final = 512
"""Characters of an id that a client gives."""


@dataclass(frozen=True, slots=True)
class SessionUpdate:
    """`session.update`; session: what is to change."""

    session: Json
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class TranscriptionSessionUpdate:
    """`transcription_session.update`, of the beta form."""

    session: Json
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class AudioAppend:
    """`input_audio_buffer.append`; audio: base64, in the session's input format."""

    audio: str
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class AudioCommit:
    """`input_audio_buffer.commit`: the user's turn ends here."""

    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class AudioClear:
    """`input_audio_buffer.clear`: forget what was appended since the last commit."""

    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class OutputAudioClear:
    """`output_audio_buffer.clear`: stop playing (WebRTC)."""

    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class ItemCreate:
    """`conversation.item.create`; previous_item_id: `root` is the front, None the end."""

    item: Json
    previous_item_id: str | None = None
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class ItemRetrieve:
    """`conversation.item.retrieve`."""

    item_id: str
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class ItemTruncate:
    """`conversation.item.truncate`: the user heard this much of it, in ms, and no more."""

    item_id: str
    content_index: int
    audio_end_ms: int
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class ItemDelete:
    """`conversation.item.delete`."""

    item_id: str
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class ResponseCreate:
    """`response.create`; response: how this one differs from the session."""

    response: Json = field(default_factory=dict)
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class ResponseCancel:
    """`response.cancel`; response_id: None is the one under way."""

    response_id: str | None = None
    event_id: str | None = None


ClientEvent: TypeAlias = (
    SessionUpdate
    | TranscriptionSessionUpdate
    | AudioAppend
    | AudioCommit
    | AudioClear
    | OutputAudioClear
    | ItemCreate
    | ItemRetrieve
    | ItemTruncate
    | ItemDelete
    | ResponseCreate
    | ResponseCancel
)


def parse(message: str | bytes) -> ClientEvent:
    """The event that a message holds.

    Raises WireError for what is not JSON, no event, or lacks something; it carries the client's
    event id where one can be read.
    """
    return event_of(json_of(message))


def json_of(message: str | bytes) -> Json:
    """The object that a message holds. Raises WireError for anything else."""
    if is_too_dense(values_in(message), len(message)):
        what = "The message's JSON has too many values; send less at once."
        raise WireError(what, "invalid_json")
    try:
        data = from_json(message, allow_inf_nan=False)
    except ValueError as error:
        raise WireError(f"The message is not valid JSON: {error}.", "invalid_json") from None
    if not isinstance(data, Mapping):
        raise WireError("The message must be a JSON object with a 'type'.", "invalid_json")
    return data


def event_of(data: Json) -> ClientEvent:
    """The event that this object is. Raises WireError where it is none."""
    event_id = data.get("event_id")
    if event_id is not None and not isinstance(event_id, str):
        raise wrong_type(event_id, "event_id", "a string")
    if data.get("type") == "input_audio_buffer.append" and isinstance(data.get("audio"), str):
        return AudioAppend(data["audio"], event_id)
    try:
        text(event_id or "", "event_id", most=MOST_ID)
        kind = choice(required(data, "type", "type"), "type", tuple(_READERS))
        return _READERS[kind](data, event_id)
    except WireError as error:
        raise error.about(None if event_id is None else event_id[:MOST_ID]) from None


def _append(data: Json, event_id: str | None) -> ClientEvent:
    return AudioAppend(text(required(data, "audio", "audio"), "audio"), event_id)


def _create_item(data: Json, event_id: str | None) -> ClientEvent:
    item = mapping(required(data, "item", "item"), "item")
    previous = text(data.get("previous_item_id") or "", "previous_item_id", most=MOST_ID)
    return ItemCreate(item, previous or None, event_id)


def _truncate(data: Json, event_id: str | None) -> ClientEvent:
    index = integer(data.get("content_index") or 0, "content_index", 0, MOST_ID)
    end = required(data, "audio_end_ms", "audio_end_ms")
    # Players tell fractions of a millisecond; what was heard is never more than the whole ones.
    end = math.floor(end) if isinstance(end, float) and math.isfinite(end) else end
    return ItemTruncate(_item_id(data), index, integer(end, "audio_end_ms", 0, MOST_MS), event_id)


def _create_response(data: Json, event_id: str | None) -> ClientEvent:
    response = data.get("response")
    return ResponseCreate({} if response is None else mapping(response, "response"), event_id)


def _cancel(data: Json, event_id: str | None) -> ClientEvent:
    return ResponseCancel(text(data.get("response_id") or "", "response_id") or None, event_id)


def _session(data: Json) -> Json:
    return mapping(required(data, "session", "session"), "session")


def _item_id(data: Json) -> str:
    return text(required(data, "item_id", "item_id"), "item_id", most=MOST_ID)


_READERS: Final[Mapping[str, Callable[[Json, str | None], ClientEvent]]] = {
    "session.update": lambda data, event_id: SessionUpdate(_session(data), event_id),
    "transcription_session.update": lambda data, event_id: TranscriptionSessionUpdate(
        _session(data), event_id
    ),
    "input_audio_buffer.append": _append,
    "input_audio_buffer.commit": lambda _, event_id: AudioCommit(event_id),
    "input_audio_buffer.clear": lambda _, event_id: AudioClear(event_id),
    "output_audio_buffer.clear": lambda _, event_id: OutputAudioClear(event_id),
    "conversation.item.create": _create_item,
    "conversation.item.retrieve": lambda data, event_id: ItemRetrieve(_item_id(data), event_id),
    "conversation.item.truncate": _truncate,
    "conversation.item.delete": lambda data, event_id: ItemDelete(_item_id(data), event_id),
    "response.create": _create_response,
    "response.cancel": _cancel,
}
