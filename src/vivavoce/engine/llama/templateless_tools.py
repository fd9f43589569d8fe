"""Tools for models whose chat template has none; llama.cpp leaves tools out there without a word.

The tools are explained in the system message, and a `ToolCallSpotter` finds the calls in the reply.
Pure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from vivavoce.engines import Message, ToolSpec
from vivavoce.llm_output.tool_calls import ToolCallSpotter as ToolCallSpotter

_EXPLAINED = (
    "You can use tools. To use one, reply with nothing but JSON, like this: "
    '{"tool": "name", "arguments": {}}. Otherwise reply in words. The tools:'
)
_SENTENCES = (
    "You can use tools.",
    "To use one, reply with nothing but JSON, like this:",
    '{"tool": "name", "arguments": {}}.',
    "Otherwise reply in words.",
    "The tools:",
)


def explained(messages: Sequence[Message], tools: Sequence[ToolSpec]) -> list[Message]:
    """The conversation in plain messages, with the tools explained at its beginning."""
    plain = [_plain(message) for message in messages]
    if not tools:
        return plain
    about = "\n".join([_EXPLAINED, *map(_line, tools)])
    if plain and plain[0].role == "system":
        plain[0] = replace(plain[0], content=f"{plain[0].content}\n{about}".strip())
    else:
        plain.insert(0, Message("system", about))
    return plain


def _plain(message: Message) -> Message:
    if message.role == "tool":
        return Message("user", f"The tool's result: {message.content}")
    if not message.tool_calls:
        return message
    calls = [
        f'{{"tool": {json.dumps(call.name)}, "arguments": {call.arguments}}}'
        for call in message.tool_calls
    ]
    return Message(message.role, "\n".join(filter(None, [message.content, *calls])))


def forced(tools: Sequence[ToolSpec]) -> dict[str, object]:
    """The part of a request that lets the model write nothing but a call of one of these."""
    definitions: dict[str, object] = {}
    calls: list[dict[str, object]] = []
    for tool in tools:
        parameters = dict(tool.parameters)
        definitions |= cast("Mapping[str, object]", parameters.pop("$defs", {}))
        calls.append(
            {
                "type": "object",
                "properties": {"tool": {"const": tool.name}, "arguments": parameters},
                "required": ["tool", "arguments"],
                "additionalProperties": False,
            }
        )
    schema: dict[str, object] = {"anyOf": calls, "$defs": definitions}
    return {"response_format": {"type": "json_schema", "json_schema": {"schema": schema}}}


def unspoken(tools: Sequence[ToolSpec]) -> list[str]:
    """What the explanation says, which small models may repeat and nobody wants to hear."""
    return [*_SENTENCES, *(_line(tool) for tool in tools)]


def _line(tool: ToolSpec) -> str:
    return f"- {tool.name}: {tool.description} Arguments: {json.dumps(dict(tool.parameters))}"
