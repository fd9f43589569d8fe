"""How much JSON is parsed on the event loop: bounded by its bytes, and by how dense it is."""

from __future__ import annotations

_VALUES = 100_000
_BYTES_A_VALUE = 12
"""JSON with more values than the first, and fewer bytes for each than the second, is refused: text
seldom has a comma in 12 bytes, and a million values take a second to parse."""
_VALUE_BYTES = 64
"""Memory that one value takes once it is parsed."""


def values_in(text: str | bytes) -> int:
    """About how many values the JSON has; never fewer than it has."""
    if isinstance(text, str):
        return 1 + text.count(",") + text.count("[") + text.count("{")
    return 1 + text.count(b",") + text.count(b"[") + text.count(b"{")


def is_too_dense(values: int, size: int) -> bool:
    """Whether so many values in so many bytes take too long to parse."""
    return values > max(_VALUES, size / _BYTES_A_VALUE)


def parsed_bytes(text: str | bytes) -> int:
    """About how much memory the JSON takes, as it is and parsed."""
    return len(text) + _VALUE_BYTES * values_in(text)
