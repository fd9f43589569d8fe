"""The openai package's types, made strict: what they do not know shows up too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter


@pytest.fixture(scope="session")
def unknown() -> Callable[[Any, object], set[str]]:
    """A function that gives the paths of data which a type of the openai package does not know.

    It raises ValidationError for data which that type refuses.
    """

    def find(kind: Any, data: object) -> set[str]:
        return set(_unknown(data, TypeAdapter(kind).validate_python(data, strict=True), ""))

    return find


def _unknown(data: object, read: object, path: str) -> Iterator[str]:
    """Where `data` is more than what was read of it."""
    if isinstance(read, BaseModel) and isinstance(data, dict):
        known = type(read).model_fields
        for key, value in data.items():
            if key in known:
                yield from _unknown(value, getattr(read, key), f"{path}.{key}")
            else:
                yield f"{path}.{key}"
    elif isinstance(read, list) and isinstance(data, list):
        for index, (value, inner) in enumerate(zip(data, read, strict=True)):
            yield from _unknown(value, inner, f"{path}[{index}]")
    elif read != data:
        yield f"{path}: {data!r} became {read!r}"
