"""Values of a client's JSON, each checked; what is wrong is told in OpenAI's words and codes.

`path` is where the value stands, for the message: `session.audio.output.speed`. A function raises
WireError for a value of the wrong type or out of bounds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar

from .wire_error import WireError

Json: TypeAlias = Mapping[str, Any]
"""An object as it came over the wire; checked field by field where it is read."""


T = TypeVar("T")

MOST_DOCUMENT: Final = 100_000
"""Characters of an object whose form is the client's own."""


@dataclass(frozen=True, slots=True)
class Patch:
    """An object that says what is to change; path: where it stands."""

    data: Json
    path: str

    def inner(self, key: str) -> Patch:
        """The object under `key`; an empty one where there is none."""
        value = self.data.get(key)
        path = f"{self.path}.{key}"
        return Patch({} if value is None else mapping(value, path), path)

    def merged(self, key: str, now: T, read: Callable[[object, str], T], *, cleared: T) -> T:
        """What `key` is after it: `now` where it is left out, `cleared` where it is null."""
        if key not in self.data:
            return now
        value = self.data[key]
        return cleared if value is None else read(value, f"{self.path}.{key}")


def required(data: Json, key: str, path: str) -> Any:
    """The value of `key`, which must be there."""
    if data.get(key) is None:
        raise WireError(
            f"Missing required parameter: '{path}'.", "missing_required_parameter", path
        )
    return data[key]


def text(value: object, path: str, *, most: int | None = None) -> str:
    """A string, of at most `most` characters."""
    if not isinstance(value, str):
        raise wrong_type(value, path, "a string")
    if most is not None and len(value) > most:
        raise WireError(
            f"Invalid '{path}': string too long. Expected a string with maximum length {most}, "
            f"but got a string with length {len(value)} instead.",
            "string_above_max_length",
            path,
        )
    return value


def boolean(value: object, path: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise wrong_type(value, path, "a boolean")
    return value


def number(value: object, path: str, least: float, most: float) -> float:
    """A number within bounds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong_type(value, path, "a number")
    return float(_bounded(value, path, least, most, "decimal"))


def integer(value: object, path: str, least: int, most: int) -> int:
    """A whole number within bounds; 3.0 is one, as some clients write it."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong_type(value, path, "an integer")
    return int(_bounded(value, path, least, most, "integer"))


def choice(value: object, path: str, choices: Sequence[str]) -> str:
    """One of these words."""
    word = text(value, path)
    if word not in choices:
        raise WireError(
            f"Invalid value: '{word[:64]}'. Supported values are: {_listed(choices)}.",
            "invalid_value",
            path,
        )
    return word


def mapping(value: object, path: str) -> Json:
    """A JSON object."""
    if not isinstance(value, Mapping):
        raise wrong_type(value, path, "an object")
    return value


def document(value: object, path: str) -> Json:
    """A JSON object of any form, kept to be shown or handed on: bounded, and fit to be written."""
    data = mapping(value, path)
    try:
        size = len(json.dumps(data, allow_nan=False))
    except ValueError:
        raise WireError(
            f"Invalid '{path}': it contains a number that is too large.", "invalid_value", path
        ) from None
    if size > MOST_DOCUMENT:
        raise WireError(
            f"Invalid '{path}': {size} characters of JSON, over the limit of {MOST_DOCUMENT}.",
            "string_above_max_length",
            path,
        )
    return data


def array(value: object, path: str, *, most: int) -> Sequence[Any]:
    """A JSON array of at most `most` elements."""
    if not isinstance(value, list):
        raise wrong_type(value, path, "an array")
    if len(value) > most:
        raise WireError(
            f"Invalid '{path}': array too long. Expected an array with maximum length {most}, "
            f"but got an array with length {len(value)} instead.",
            "array_above_max_length",
            path,
        )
    return value


def wrong_type(value: object, path: str, expected: str) -> WireError:
    """That `value` is not what was expected there."""
    return WireError(
        f"Invalid type for '{path}': expected {expected}, but got {_named(value)} instead.",
        "invalid_type",
        path,
    )


def _bounded(value: float, path: str, least: float, most: float, kind: str) -> float:
    # An integer may have more digits than a float, or a message, can hold.
    shown = f"{value:g}" if abs(value) < 1e300 else "a number far beyond it"
    if value < least:
        raise WireError(
            f"Invalid '{path}': {kind} below minimum value. Expected a value >= {least:g}, "
            f"but got {shown} instead.",
            f"{kind}_below_min_value",
            path,
        )
    if value > most:
        raise WireError(
            f"Invalid '{path}': {kind} above maximum value. Expected a value <= {most:g}, "
            f"but got {shown} instead.",
            f"{kind}_above_max_value",
            path,
        )
    return value


def _named(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case Mapping():
            return "an object"
    return "an array"


def _listed(words: Sequence[str]) -> str:
    quoted = [f"'{word}'" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
