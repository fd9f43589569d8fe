"""Tools as the Realtime protocol writes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from vivavoce.engines import ToolSpec

from .fields import array, choice, document, mapping, required, text
from .wire_error import WireError

MODES = ("auto", "none", "required")
MOST_TOOLS = 128
MOST_CHARACTERS = 20_000
"""Of one tool's description."""


def tools_of(value: object, path: str) -> tuple[ToolSpec, ...]:
    """The functions in a `tools` array. Raises WireError for tools of other kinds."""
    return tuple(
        _tool(each, f"{path}[{index}]")
        for index, each in enumerate(array(value, path, most=MOST_TOOLS))
    )


def tool_choice_of(value: object, path: str) -> str:
    """`auto`, `none`, `required`, or the name of the function that must be called."""
    if isinstance(value, str):
        return choice(value, path, MODES)
    data = mapping(value, path)
    _refuse_mcp(data.get("type"), path)
    # The chat API, whose form some clients keep, has the name one level down.
    inner = data["function"] if isinstance(data.get("function"), dict) else data
    return _name(required(inner, "name", f"{path}.name"), f"{path}.name")


def check_choice(tool_choice: str, tools: Sequence[ToolSpec], path: str) -> None:
    """See that what must be called can be. Raises WireError."""
    names = [tool.name for tool in tools]
    if tool_choice in {"auto", "none"} or tool_choice in names:
        return
    if tool_choice != "required" or not names:
        known = ", ".join(names) or "none"
        raise WireError(
            f"Invalid '{path}': there is no tool '{tool_choice}'. The tools are: {known}.",
            "invalid_value",
            path,
        )


def tools_object(tools: Sequence[ToolSpec]) -> list[dict[str, Any]]:
    """The tools as the session's object lists them."""
    return [
        {
            "type": "function",
            "name": tool.name,
            "description": tool.description,
            "parameters": dict(tool.parameters),
        }
        for tool in tools
    ]


def tool_choice_object(tool_choice: str) -> str | dict[str, str]:
    """The choice as the session's object has it."""
    return tool_choice if tool_choice in MODES else {"type": "function", "name": tool_choice}


def _tool(value: object, path: str) -> ToolSpec:
    data = mapping(value, path)
    _refuse_mcp(data.get("type"), path)
    choice(data.get("type") or "function", f"{path}.type", ("function",))
    description, parameters = data.get("description"), data.get("parameters")
    return ToolSpec(
        _name(required(data, "name", f"{path}.name"), f"{path}.name"),
        text(description or "", f"{path}.description", most=MOST_CHARACTERS),
        document({} if parameters is None else parameters, f"{path}.parameters"),
    )


def _name(value: object, path: str) -> str:
    name = text(value, path, most=64)
    if not re.fullmatch(r"[a-zA-Z0-9_-]+", name):
        raise WireError(
            f"Invalid '{path}': a function's name may contain letters, digits, '_' and '-'.",
            "invalid_value",
            path,
        )
    return name


def _refuse_mcp(kind: object, path: str) -> None:
    if kind == "mcp":
        raise WireError(
            f"Invalid '{path}': MCP tools are not supported; use functions.",
            "invalid_value",
            path,
        )
