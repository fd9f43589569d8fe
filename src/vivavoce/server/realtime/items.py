"""Items of a Realtime conversation: messages, calls of functions, and what these returned."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, cast
from uuid import uuid4

from .fields import Json, array, choice, mapping, required, text
from .wire_error import WireError

Role: TypeAlias = Literal["user", "assistant", "system"]
Status: TypeAlias = Literal["in_progress", "completed", "incomplete"]
PartType: TypeAlias = Literal["input_text", "input_audio", "output_text", "output_audio"]

MOST_CHARACTERS: Final = 200_000
"""Of one text, and of a call's arguments or output."""
MOST_PARTS: Final = 64
MOST_ID: Final = 512
_ITEM_BYTES, _PART_BYTES = 300, 100
"""Memory that an item and each of its parts take beside their texts."""

_PARTS: Final[Mapping[Role, tuple[PartType, ...]]] = {
    "user": ("input_text", "input_audio"),
    "system": ("input_text",),
    "assistant": ("output_text", "output_audio"),
}
_USUAL: Final[Mapping[str, PartType]] = {"user": "input_text", "system": "input_text"}
_LOOSE: Final = {"text": "text", "audio": "audio"}
"""Types of parts as the beta form and some clients have them, without their direction."""


@dataclass(frozen=True, slots=True)
class ContentPart:
    """One part of a message. text: of audio, its transcript; None while it is not known."""

    type: PartType
    text: str | None = None

    @property
    def is_audio(self) -> bool:
        """Whether `text` is a transcript."""
        return self.type in {"input_audio", "output_audio"}


@dataclass(frozen=True, slots=True)
class MessageItem:
    """What somebody said or wrote."""

    id: str
    role: Role
    content: tuple[ContentPart, ...] = ()
    status: Status = "completed"

    @property
    def text(self) -> str:
        """All its words."""
        return " ".join(part.text.strip() for part in self.content if part.text).strip()


@dataclass(frozen=True, slots=True)
class FunctionCallItem:
    """The model asks for a function. arguments: a JSON object as text."""

    id: str
    call_id: str
    name: str
    arguments: str = ""
    status: Status = "completed"


@dataclass(frozen=True, slots=True)
class FunctionCallOutputItem:
    """What a function returned."""

    id: str
    call_id: str
    output: str
    status: Status = "completed"


Item: TypeAlias = MessageItem | FunctionCallItem | FunctionCallOutputItem


def new_id(kind: str) -> str:
    """A fresh id, such as `item_…`. OpenAI's have at most 32 characters."""
    return f"{kind}_{uuid4().hex[:21]}"


def bytes_of(item: Item) -> int:
    """About how much memory the item takes."""
    match item:
        case MessageItem():
            texts: list[str | None] = [part.text for part in item.content]
        case FunctionCallItem():
            texts = [item.call_id, item.name, item.arguments]
        case FunctionCallOutputItem():
            texts = [item.call_id, item.output]
    return _ITEM_BYTES + sum(_PART_BYTES + sys.getsizeof(text) for text in texts)


def item_of(data: Json, path: str = "item") -> Item:
    """The item that a client describes, with the client's id or a new one.

    Audio must have its transcript by now.
    Raises WireError for what is not whole, or that this server cannot take, such as images.
    """
    kind = choice(
        data.get("type") or ("message" if "role" in data else None) or _missing(f"{path}.type"),
        f"{path}.type",
        ("message", "function_call", "function_call_output"),
    )
    item_id = text(data.get("id") or new_id("item"), f"{path}.id", most=MOST_ID)
    if kind == "message":
        return _message(data, path, item_id)
    if kind == "function_call":
        return FunctionCallItem(
            item_id,
            call_id=text(data.get("call_id") or new_id("call"), f"{path}.call_id", most=MOST_ID),
            name=text(required(data, "name", f"{path}.name"), f"{path}.name", most=64),
            arguments=text(data.get("arguments") or "", f"{path}.arguments", most=MOST_CHARACTERS),
        )
    call_id = text(required(data, "call_id", f"{path}.call_id"), f"{path}.call_id", most=MOST_ID)
    output = required(data, "output", f"{path}.output")
    return FunctionCallOutputItem(
        item_id, call_id, text(output, f"{path}.output", most=MOST_CHARACTERS)
    )


def as_object(item: Item) -> dict[str, Any]:
    """The item as the wire has it. Its audio is never in it: some clients take no large messages.

    Absent values are left out, not null, but for a user's transcript that is still to come.
    """
    shared = {"id": item.id, "object": "realtime.item", "status": item.status}
    match item:
        case MessageItem():
            content = [part_object(part) for part in item.content]
            return shared | {"type": "message", "role": item.role, "content": content}
        case FunctionCallItem():
            return shared | {
                "type": "function_call",
                "call_id": item.call_id,
                "name": item.name,
                "arguments": item.arguments,
            }
        case FunctionCallOutputItem():
            return shared | {
                "type": "function_call_output",
                "call_id": item.call_id,
                "output": item.output,
            }


def part_object(part: ContentPart) -> dict[str, Any]:
    """A message's part as the wire has it."""
    if part.is_audio:
        return {"type": part.type, "transcript": part.text}
    return {"type": part.type, "text": part.text or ""}


def _message(data: Json, path: str, item_id: str) -> MessageItem:
    role = required(data, "role", f"{path}.role")
    role = choice("system" if role == "developer" else role, f"{path}.role", tuple(_PARTS))
    content = required(data, "content", f"{path}.content")
    if isinstance(content, str):
        content = [{"text": content}]
    parts = tuple(
        _part(mapping(each, at), cast(Role, role), at)
        for index, each in enumerate(array(content, f"{path}.content", most=MOST_PARTS))
        for at in [f"{path}.content[{index}]"]
    )
    return MessageItem(item_id, cast(Role, role), parts)


def _part(data: Json, role: Role, path: str) -> ContentPart:
    kind = data.get("type") or _USUAL.get(role, "output_text")
    if kind == "input_image":
        raise WireError(
            f"Invalid '{path}': this server does not support images; describe the image in text.",
            "invalid_value",
            f"{path}.type",
        )
    if isinstance(kind, str) and kind in _LOOSE:
        kind = f"{'output' if role == 'assistant' else 'input'}_{kind}"
    kind = cast(PartType, choice(kind, f"{path}.type", _PARTS[role]))
    if kind in {"input_text", "output_text"}:
        words = required(data, "text", f"{path}.text")
        return ContentPart(kind, text(words, f"{path}.text", most=MOST_CHARACTERS))
    words = data.get("transcript")
    if words is None and data.get("audio") is not None:
        raise WireError(
            f"Missing required parameter: '{path}.transcript'. Audio is not transcribed here; "
            "create "
            "an item with it, or append it to the input buffer.",
            "missing_required_parameter",
            f"{path}.transcript",
        )
    return ContentPart(kind, text(words or "", f"{path}.transcript", most=MOST_CHARACTERS))


def _missing(path: str) -> str:
    return str(required({}, "type", path))
