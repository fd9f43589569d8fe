"""A response as a client asks for it, and as the wire shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, Literal, TypeAlias

from vivavoce.engines import ToolSpec, Usage

from .audio import PCM, WireFormat
from .fields import Json, Patch, array, choice, mapping, required, text
from .items import MOST_ID, Item, as_object, item_of
from .session_config import SessionConfig
from .session_object import (
    MOST_CHARACTERS,
    format_object,
    format_of,
    modalities_of,
    refuse_beta_names,
    tokens_of,
    voice_of,
)
from .tool_fields import check_choice, tool_choice_of, tools_of

Status: TypeAlias = Literal["in_progress", "completed", "cancelled", "incomplete", "failed"]
Reason: TypeAlias = Literal[
    "turn_detected", "client_cancelled", "max_output_tokens", "content_filter"
]

MOST_INPUT: Final = 1_000
MOST_METADATA: Final = 16


@dataclass(frozen=True, slots=True)
class ItemReference:
    """An item of the conversation, as a response's input names it."""

    id: str


@dataclass(frozen=True, slots=True)
class ResponseConfig:
    """How one response is to be made: the session's ways, and what `response.create` changes.

    in_conversation: whether what comes of it joins the conversation. input: what the model reads
    in place of the conversation; None is the conversation. metadata: handed back.
    """

    instructions: str = ""
    output_modalities: tuple[Literal["audio", "text"]] = ("audio",)
    tools: tuple[ToolSpec, ...] = ()
    tool_choice: str = "auto"
    max_output_tokens: int | None = None
    output_format: WireFormat = PCM
    voice: str = "alloy"
    in_conversation: bool = True
    input: tuple[Item | ItemReference, ...] | None = None
    metadata: Mapping[str, str] | None = None

    @property
    def sent(self) -> list[Item]:
        """The items that came with it."""
        return [item for item in self.input or () if not isinstance(item, ItemReference)]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a response failed."""

    type: str
    message: str
    code: str | None = None


def usual(session: SessionConfig) -> ResponseConfig:
    """A response as the session makes it by itself."""
    return ResponseConfig(
        instructions=session.instructions,
        output_modalities=session.output_modalities,
        tools=session.tools,
        tool_choice=session.tool_choice,
        max_output_tokens=session.max_output_tokens,
        output_format=session.output_format,
        voice=session.voice,
    )


def response_of(data: Json, session: SessionConfig) -> ResponseConfig:
    """The response that `response.create` asks for. Raises WireError for what makes no sense."""
    refuse_beta_names(data, "response")
    now, patch = usual(session), Patch(data, "response")
    take, outward = patch.merged, patch.inner("audio").inner("output")
    modalities, form = now.output_modalities, now.output_format
    words = partial(text, most=MOST_CHARACTERS)
    config = replace(
        now,
        # Unlike in a session's update, null says nothing here: LiveKit sends it for what is unset.
        instructions=take("instructions", now.instructions, words, cleared=now.instructions),
        output_modalities=take("output_modalities", modalities, modalities_of, cleared=modalities),
        tools=take("tools", now.tools, tools_of, cleared=now.tools),
        tool_choice=take("tool_choice", now.tool_choice, tool_choice_of, cleared=now.tool_choice),
        max_output_tokens=take(
            "max_output_tokens", now.max_output_tokens, tokens_of, cleared=now.max_output_tokens
        ),
        output_format=outward.merged("format", form, format_of, cleared=form),
        voice=outward.merged("voice", now.voice, voice_of, cleared=now.voice),
        input=take("input", now.input, _input, cleared=None),
        metadata=take("metadata", now.metadata, _metadata, cleared=None),
    )
    check_choice(config.tool_choice, config.tools, "response.tool_choice")
    where = choice(data.get("conversation") or "auto", "response.conversation", ("auto", "none"))
    return replace(config, in_conversation=where == "auto")


def response_object(
    id: str,  # noqa: A002
    config: ResponseConfig,
    status: Status,
    *,
    conversation_id: str | None,
    output: Sequence[Item] = (),
    reason: Reason | None = None,
    failure: Failure | None = None,
    usage: Usage | None = None,
) -> dict[str, Any]:
    """The response's object, of `response.created` and `response.done`.

    All keys are always there: some clients fail without them. reason: of a status `cancelled` or
    `incomplete`. failure: of `failed`. usage: None while it is not known.
    """
    return {
        "id": id,
        "object": "realtime.response",
        "status": status,
        "status_details": _status_details(status, reason, failure),
        "output": [as_object(item) for item in output],
        "conversation_id": conversation_id if config.in_conversation else None,
        "output_modalities": list(config.output_modalities),
        "max_output_tokens": config.max_output_tokens or "inf",
        "audio": {"output": {"format": format_object(config.output_format), "voice": config.voice}},
        "usage": usage_object(usage) if usage is not None and usage.counted else None,
        "metadata": None if config.metadata is None else dict(config.metadata),
    }


def usage_object(usage: Usage) -> dict[str, Any]:
    """What a response cost. The model reads and writes text only, so all tokens are of text."""
    return {
        "total_tokens": usage.prompt_tokens + usage.reply_tokens,
        "input_tokens": usage.prompt_tokens,
        "output_tokens": usage.reply_tokens,
        "input_token_details": {
            "text_tokens": usage.prompt_tokens,
            "audio_tokens": 0,
            "image_tokens": 0,
            "cached_tokens": usage.cached_tokens,
            "cached_tokens_details": {
                "text_tokens": usage.cached_tokens,
                "audio_tokens": 0,
                "image_tokens": 0,
            },
        },
        "output_token_details": {"text_tokens": usage.reply_tokens, "audio_tokens": 0},
    }


def _status_details(
    status: Status, reason: Reason | None, failure: Failure | None
) -> dict[str, Any] | None:
    if failure is not None:
        error = {"type": failure.type, "code": failure.code, "message": failure.message}
        return {"type": status, "error": error}
    return None if reason is None else {"type": status, "reason": reason}


def _input(value: object, path: str) -> tuple[Item | ItemReference, ...]:
    return tuple(
        _input_item(mapping(each, f"{path}[{index}]"), f"{path}[{index}]")
        for index, each in enumerate(array(value, path, most=MOST_INPUT))
    )


def _input_item(data: Json, path: str) -> Item | ItemReference:
    if data.get("type") == "item_reference":
        item_id = required(data, "id", f"{path}.id")
        return ItemReference(text(item_id, f"{path}.id", most=MOST_ID))
    return item_of(data, path)


def _metadata(value: object, path: str) -> Mapping[str, str]:
    data = mapping(value, path)
    array(list(data), path, most=MOST_METADATA)
    return {
        text(key, path, most=64): text(each, f"{path}.{key[:64]}", most=512)
        for key, each in data.items()
    }
