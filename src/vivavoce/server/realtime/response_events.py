"""What the server tells a Realtime client of responses; as in `server_events`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .items import ContentPart, Item, as_object
from .server_events import Event, new_event


@dataclass(frozen=True, slots=True)
class OutputPosition:
    """Where in a response something belongs."""

    response_id: str
    item_id: str
    output_index: int = 0
    content_index: int = 0


def response_created(response: Mapping[str, Any]) -> Event:
    """A response begins; response: from `responses.response_object`."""
    return new_event("response.created", response=response)


def response_done(response: Mapping[str, Any]) -> Event:
    """A response has ended, in whatever way."""
    return new_event("response.done", response=response)


def output_item_added(response_id: str, output_index: int, item: Item) -> Event:
    """The response has a new item."""
    return new_event(
        "response.output_item.added",
        response_id=response_id,
        output_index=output_index,
        item=as_object(item),
    )


def output_item_done(response_id: str, output_index: int, item: Item) -> Event:
    """The response's item grows no more."""
    return new_event(
        "response.output_item.done",
        response_id=response_id,
        output_index=output_index,
        item=as_object(item),
    )


def content_part_added(place: OutputPosition, part: ContentPart) -> Event:
    """The item has a new part."""
    return _placed("response.content_part.added", place, part=_part(part))


def content_part_done(place: OutputPosition, part: ContentPart) -> Event:
    """The item's part grows no more."""
    return _placed("response.content_part.done", place, part=_part(part))


def text_delta(place: OutputPosition, delta: str) -> Event:
    """More of the reply's text."""
    return _placed("response.output_text.delta", place, delta=delta)


def text_done(place: OutputPosition, text: str) -> Event:
    """All of the reply's text."""
    return _placed("response.output_text.done", place, text=text)


def audio_delta(place: OutputPosition, delta: str) -> Event:
    """More of the reply's sound; delta: base64."""
    return _placed("response.output_audio.delta", place, delta=delta)


def audio_done(place: OutputPosition) -> Event:
    """The reply has no more sound."""
    return _placed("response.output_audio.done", place)


def transcript_delta(place: OutputPosition, delta: str) -> Event:
    """More of what the reply's sound says."""
    return _placed("response.output_audio_transcript.delta", place, delta=delta)


def transcript_done(place: OutputPosition, transcript: str) -> Event:
    """All that the reply's sound says."""
    return _placed("response.output_audio_transcript.done", place, transcript=transcript)


def arguments_delta(place: OutputPosition, call_id: str, delta: str) -> Event:
    """More of a call's arguments."""
    return _call("delta", place, call_id=call_id, delta=delta)


def arguments_done(place: OutputPosition, call_id: str, name: str, arguments: str) -> Event:
    """All of a call's arguments."""
    return _call("done", place, call_id=call_id, name=name, arguments=arguments)


def _placed(type: str, place: OutputPosition, **fields: Any) -> Event:  # noqa: A002
    return new_event(
        type,
        response_id=place.response_id,
        item_id=place.item_id,
        output_index=place.output_index,
        content_index=place.content_index,
        **fields,
    )


def _call(state: str, place: OutputPosition, **fields: Any) -> Event:
    return new_event(
        f"response.function_call_arguments.{state}",
        response_id=place.response_id,
        item_id=place.item_id,
        output_index=place.output_index,
        **fields,
    )


def _part(part: ContentPart) -> dict[str, str]:
    if part.is_audio:
        return {"type": "audio", "transcript": part.text or ""}
    return {"type": "text", "text": part.text or ""}
