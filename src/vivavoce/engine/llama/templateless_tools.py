"""Tools for models whose chat template has none; llama.cpp leaves tools out there without a word.

The tools are explained in the system message, and a reply that is a JSON object is a call. Pure.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import cast

from vivavoce.engines import Message, Thought, Token, ToolCall, ToolSpec, Usage
from vivavoce.errors import EngineError

_EXPLAINED = (
    "You can use tools. To use one, reply with nothing but JSON, like this: "
    '{"tool": "name", "arguments": {}}. Otherwise reply in words. The tools:'
)
_IDS = itertools.count(1)


def explained(messages: Sequence[Message], tools: Sequence[ToolSpec]) -> list[Message]:
    """The conversation in plain messages, with the tools explained at its beginning."""
    plain = [_plain(message) for message in messages]
    if not tools:
        return plain
    lines = [_EXPLAINED] + [
        f"- {tool.name}: {tool.description} Arguments: {json.dumps(dict(tool.parameters))}"
        for tool in tools
    ]
    about = "\n".join(lines)
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


class ToolCallSpotter:
    """Finds the call in a reply. Words pass as they come; JSON is held back until it is whole."""

    def __init__(self, tools: Sequence[ToolSpec], *, must: bool) -> None:
        """must: the reply has to be a call."""
        self._names = {tool.name for tool in tools}
        self._must = must
        self._held = ""
        self._words = not tools

    def see(self, thought: Thought) -> Iterator[Thought]:
        """What comes of the reply's next thought."""
        match thought:
            case Token(text) if not self._words:
                self._held += text
                if (start := self._held.lstrip()) and not start.startswith(("{", "`")):
                    self._words = True
                    yield Token(self._held)
            case Usage() if not self._words and self._held:
                yield from self._whole(thought)
            case _:
                yield thought

    def _whole(self, usage: Usage) -> Iterator[Thought]:
        call = self._call()
        if call is not None:
            yield call
            yield replace(usage, finish="tool_calls")
        elif self._must:
            raise EngineError("the model's tool call was cut off; raise max_tokens")
        else:
            yield Token(self._held)
            yield usage

    def _call(self) -> ToolCall | None:
        text = self._held.strip().removeprefix("```json").strip("`").strip()
        try:
            body = json.loads(text)
        except ValueError:
            return None
        if not isinstance(body, dict) or body.get("tool") not in self._names:
            return None
        arguments = json.dumps(body.get("arguments") or {}, ensure_ascii=False)
        return ToolCall(f"call-{next(_IDS)}", body["tool"], arguments)
