"""Tool calls that a model wrote into its text: JSON, Python, XML, or a name and its arguments."""

from __future__ import annotations

import ast
import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

from vivavoce.engines import ToolCall, ToolSpec

_NAME_KEYS = ("name", "tool", "tool_name", "function", "function_name", "action", "recipient_name")
_ARGUMENT_KEYS = (
    "arguments", "parameters", "args", "params", "input", "tool_input", "action_input", "kwargs",
)  # fmt: skip
_OTHER_KEYS = ("tool_calls", "function_call", "type", "id", "call_id", "index", "thought")
KEYS: Final = frozenset((*_NAME_KEYS, *_ARGUMENT_KEYS, *_OTHER_KEYS))
"""What the first key of a call may be."""

_UNCLOSED = 3
"""How many closing brackets a small model may leave out at the end of a reply."""

_FENCE = r"(?:```\w*\s*)?"
_PARAMETER = re.compile(
    r"<parameter(?:=|\s+name=)[\"']?([\w.-]+)[\"']?>\s*(.*?)\s*</parameter>", re.DOTALL
)
_GLM = re.compile(r"<arg_key>\s*(.*?)\s*</arg_key>\s*<arg_value>\s*(.*?)\s*</arg_value>", re.DOTALL)
_IDS = itertools.count(1)

Offered: TypeAlias = Mapping[str, ToolSpec]


@dataclass(frozen=True, slots=True)
class FoundCalls:
    """end: where the text of the calls ends. calls: none where only tools that are not offered are
    called.
    """

    end: int
    calls: Sequence[ToolCall]


# --- in JSON -------------------------------------------------------------------------------------


def json_end(text: str, start: int) -> int | None:
    """Where the object or list ends that begins at `start`; None where it does not."""
    depth, quote, escaped = 0, "", False
    for at in range(start, len(text)):
        letter = text[at]
        if quote:
            if escaped:
                escaped = False
            elif letter == "\\":
                escaped = True
            elif letter == quote:
                quote = ""
        elif letter == '"':
            quote = letter
        elif letter in "{[(":
            depth += 1
        elif letter in "}])":
            depth -= 1
            if not depth:
                return at + 1
    return None


def value_of(text: str) -> object:
    """What this JSON, or Python's way to write it, means; None for neither."""
    try:
        return cast("object", json.loads(text, strict=False))
    except ValueError:
        pass
    try:
        return cast("object", ast.literal_eval(text))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def repaired(text: str) -> object:
    """The value of JSON whose last brackets are missing; None where that is not what it lacks."""
    for ends in itertools.chain.from_iterable(
        itertools.product("}]", repeat=n) for n in range(1, _UNCLOSED + 1)
    ):
        try:
            return cast("object", json.loads(text + "".join(ends), strict=False))
        except ValueError:
            continue
    return None


def calls_in(value: object, offered: Offered) -> list[ToolCall] | None:
    """The calls that a JSON value holds; None where it is no call but some other data."""
    if isinstance(value, list):
        parts = [calls_in(each, offered) for each in cast("list[object]", value)]
        told = [part for part in parts if part is not None]
        return [call for part in told for call in part] if told else None
    if not isinstance(value, dict):
        return None
    body = cast("dict[str, object]", value)
    for key in ("tool_calls", "function_call", "function"):
        if isinstance(inner := body.get(key), dict | list):
            return calls_in(inner, offered)
    if len(body) == 1 and (name := next(iter(body))) in offered:
        return [_call(name, body[name])]
    return _named(body, offered)


def _named(body: Mapping[str, object], offered: Offered) -> list[ToolCall] | None:
    named = next((body[key] for key in _NAME_KEYS if isinstance(body.get(key), str)), None)
    if not isinstance(named, str):
        return None
    name = named.removeprefix("functions.")
    key = next((key for key in _ARGUMENT_KEYS if key in body), None)
    if key is not None and _is_schema(body[key]) and (name in offered or "description" in body):
        return []  # the tool's own description, read out
    if name not in offered:
        return [] if key is not None else None
    if key is not None:
        return [_call(name, body[key])]
    known = properties(offered[name])
    flat = {key: value for key, value in body.items() if key in known and key not in _NAME_KEYS}
    return [_call(name, flat)]


def _is_schema(value: object) -> bool:
    return isinstance(value, dict) and value.get("type") == "object" and "properties" in value


def _call(name: str, arguments: object) -> ToolCall:
    return ToolCall(f"call-{next(_IDS)}", name, arguments_text(arguments))


def arguments_text(arguments: object) -> str:
    """A call's arguments as the text of a JSON object, whichever way they came: as an object, as
    its text, as text of text, or not at all.
    """
    if isinstance(arguments, str):
        try:
            inner = cast("object", json.loads(arguments, strict=False))
        except ValueError:
            return arguments if arguments.strip() else "{}"
        if isinstance(inner, dict):
            return arguments
        arguments = inner
        if isinstance(inner, str):
            return arguments_text(inner)
    if not isinstance(arguments, dict):
        return "{}"
    return json.dumps(arguments, ensure_ascii=False)


def properties(tool: ToolSpec) -> Sequence[str]:
    """The names of its arguments, in order."""
    found = tool.parameters.get("properties")
    return list(cast("Mapping[str, object]", found)) if isinstance(found, Mapping) else []


# --- in other ways -------------------------------------------------------------------------------


def python_calls(text: str, offered: Offered) -> list[ToolCall] | None:
    """The calls that a Python expression makes; None where it is none."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    parts = tree.elts if isinstance(tree, ast.List | ast.Tuple) else [tree]
    calls = [_python_call(part, offered) for part in parts]
    return [call for call in calls if call] if calls and all(calls) else None


def _python_call(node: ast.expr, offered: Offered) -> ToolCall | None:
    if not isinstance(node, ast.Call):
        return None
    if isinstance(node.func, ast.Name) and node.func.id == "print" and len(node.args) == 1:
        return _python_call(node.args[0], offered)
    words = ast.unparse(node.func).split(".")
    name = next((word for word in words if word in offered), None)
    if name is None:
        return None
    tool = offered[name]
    try:
        given = [ast.literal_eval(value) for value in node.args]
        arguments = dict(zip(properties(tool), given, strict=False))
        arguments |= {key.arg: ast.literal_eval(key.value) for key in node.keywords if key.arg}
        text = json.dumps(arguments, ensure_ascii=False)
    except (ValueError, TypeError):
        return None
    required = tool.parameters.get("required")
    if not arguments and isinstance(required, Sequence) and required:
        return None
    return ToolCall(f"call-{next(_IDS)}", name, text)


def tagged_call(name: str, body: str, offered: Offered) -> list[ToolCall]:
    """The call of `<function=NAME>BODY</function>` and the like."""
    name = name.removeprefix("functions.")
    if name not in offered:
        return []
    fields = _PARAMETER.findall(body) or _GLM.findall(body)
    if not fields:
        return [_call(name, value_of(body.strip()))]
    types = offered[name].parameters.get("properties")
    return [_call(name, {key: _typed(key, value, types) for key, value in fields})]


def _typed(key: str, value: str, types: object) -> object:
    about = types.get(key) if isinstance(types, Mapping) else None
    if isinstance(about, Mapping) and about.get("type") == "string":
        return value
    try:
        return cast("object", json.loads(value))
    except ValueError:
        return value


def named_call(name: str, arguments: object) -> ToolCall:
    """The call of a tool that is known to be offered."""
    return _call(name, arguments)
