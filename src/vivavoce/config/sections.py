"""Sections of plain values: their shape is a dataclass, so that the two never drift."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from functools import cache
from typing import Annotated, TypeVar, get_type_hints

from annotated_types import Ge, Le
from pydantic import TypeAdapter, ValidationError

from vivavoce.hints import nearest

from .layers import Layer, Problems

T = TypeVar("T")

_LIMITS = {
    "speed": (0.25, 4.0),
    "pitch": (0.5, 2.0),
    "temperature": (0.0, 2.0),
    "start_threshold": (0.0, 1.0),
    "stop_threshold": (0.0, 1.0),
    "history_turns": (1, None),
    "max_reply_tokens": (1, None),
    "idle_times": (0, None),
    "tool_rounds": (0, None),
    "requests": (1, None),
    "talking": (0, None),
    "engines": (0, None),
    "port": (0, 65535),
}
"""The least and the greatest value of a field. Names that end in `_s` are 0 or more."""


def parse_section(
    shape: type, layer: Layer, given: object, path: str, problems: Problems
) -> dict[str, object]:
    """Those of the section's values that are right; what is wrong goes to `problems`."""
    if not isinstance(given, Mapping):
        problems.add(layer.where(path), f"keys with values are wanted, not {given!r}")
        return {}
    known = get_type_hints(shape)
    right: dict[str, object] = {}
    for key, value in given.items():
        here = f"{path}.{key}"
        if key not in known:
            problems.add(layer.where(here), f"no such key; {nearest(str(key), known)}")
        elif is_dataclass(known[key]):
            right[key] = parse_section(known[key], layer, value, here, problems)
        else:
            try:
                right[key] = _checked(shape, key, value, layer.kind == "environment")
            except ValidationError as error:
                problems.add(layer.where(here), told(error, value))
    return right


def merge(below: Mapping[str, object], above: Mapping[str, object]) -> dict[str, object]:
    """Both, key by key; where both have a key, that of `above`."""
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        if isinstance(value, Mapping) and isinstance(under, Mapping):
            value = merge(under, value)
        merged[key] = value
    return merged


def build(shape: type[T], values: Mapping[str, object]) -> T:
    """The dataclass of these values, and of its defaults where there is none."""
    hints = get_type_hints(shape)
    return shape(
        **{
            key: build(hints[key], value)  # type: ignore[arg-type]
            if is_dataclass(hints[key])
            else value
            for key, value in values.items()
        }
    )


def told(error: ValidationError, value: object) -> str:
    """What is wrong with a value, in a line."""
    message = error.errors(include_url=False)[0]["msg"].partition(", unable")[0]
    return f"{message.replace('Input should', 'it should')}, not {value!r}"


def _checked(shape: type, key: str, value: object, as_text: bool) -> object:
    adapter = _adapter(shape, key)
    if get_type_hints(shape)[key] == tuple[str, ...]:
        value = _listed(value)
    elif as_text and isinstance(value, str):
        return adapter.validate_strings(value)
    return adapter.validate_python(value, strict=True)


def _listed(value: object) -> object:
    """A list as one writes it: as such, or as names between commas."""
    if isinstance(value, str):
        return tuple(name for part in value.split(",") if (name := part.strip()))
    return tuple(value) if isinstance(value, list) else value


@cache
def _adapter(shape: type, key: str) -> TypeAdapter[object]:
    hint = get_type_hints(shape)[key]
    least, most = _LIMITS.get(key, (0.0 if key.endswith("_s") else None, None))
    limits = [*([] if least is None else [Ge(least)]), *([] if most is None else [Le(most)])]
    return TypeAdapter(Annotated[hint, *limits] if limits else hint)
