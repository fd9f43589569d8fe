"""Events off the wire, within bounds: the wyoming package reads whatever length it is told."""

from __future__ import annotations

import asyncio
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError
from pydantic_core import from_json
from wyoming.event import Event

from vivavoce.errors import BadRequest

MOST_HEADER = 64 * 1024
MOST_DATA = 1024 * 1024
MOST_PAYLOAD = 4 * 1024 * 1024
"""Bytes of an event's first line, of its data, and of its audio."""


class BadFrame(BadRequest):
    """What came is no event; nothing after it can be read."""


class _Header(BaseModel):
    type: Annotated[str, Field(min_length=1, max_length=100)]
    data: dict[str, object] | None = None
    data_length: Annotated[int, Field(ge=0, le=MOST_DATA)] | None = None
    payload_length: Annotated[int, Field(ge=0, le=MOST_PAYLOAD)] | None = None


async def read_event(reader: asyncio.StreamReader) -> Event | None:
    """The next event; None when the client has ended. Raises BadFrame, and OSError as sockets do.

    reader: with a limit of MOST_HEADER.
    """
    try:
        line = await reader.readuntil(b"\n")
    except asyncio.LimitOverrunError:
        raise BadFrame(f"an event's header is longer than {MOST_HEADER:,} bytes") from None
    except asyncio.IncompleteReadError as error:
        if error.partial.strip():
            raise BadFrame("the connection ended in the middle of an event") from None
        return None
    try:
        header = _Header.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise BadFrame(f"invalid event: {where + ': ' if where else ''}{first['msg']}") from None
    data = header.data or {}
    if header.data_length:
        data |= _data(await _exactly(reader, header.data_length))
    payload = await _exactly(reader, header.payload_length) if header.payload_length else None
    return Event(header.type, data, payload)


async def _exactly(reader: asyncio.StreamReader, count: int) -> bytes:
    try:
        return await reader.readexactly(count)
    except asyncio.IncompleteReadError:
        raise BadFrame("the connection ended in the middle of an event") from None


def _data(content: bytes) -> dict[str, object]:
    try:
        data = from_json(content)
    except ValueError as error:
        raise BadFrame(f"an event's data is not valid JSON: {error}") from None
    if not isinstance(data, dict):
        raise BadFrame("an event's data is not a JSON object")
    return data
