"""Lists as people write them."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, StrictStr


def _listed(value: object) -> object:
    if isinstance(value, str):
        return tuple(name for part in value.split(",") if (name := part.strip()))
    return tuple(value) if isinstance(value, list) else value


Names: TypeAlias = Annotated[tuple[StrictStr, ...], BeforeValidator(_listed)]
"""A list, or a text with commas between the names."""
