"""Bytes that are no events: they cost their sender the connection, and nobody else anything."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wyoming.event import Event, async_write_event
from wyoming.info import Describe, Info

from vivavoce.server.wyoming.frames import MOST_HEADER, BadFrame, read_event

if TYPE_CHECKING:
    from tests.server.wyoming.conftest import Party

HUGE = 10**15
NESTED = b"[" * 40_000


def framed(data: bytes) -> bytes:
    header = {"type": "synthesize", "data_length": len(data)}
    return json.dumps(header).encode() + b"\n" + data


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (b"\n", "invalid event"),
        (b"GET / HTTP/1.1\r\n\r\n", "invalid event"),
        (b"\x16\x03\x01\x02\x00\x01\x00\n", "invalid event"),
        (b"[]\n", "invalid event"),
        (b"{}\n", "type"),
        (b'{"type": 5}\n', "type"),
        (b'{"type": ""}\n', "type"),
        (b'{"type": "describe", "data": 5}\n', "data"),
        (b'{"type": "describe", "data_length": -1}\n', "data_length"),
        (b'{"type": "describe", "data_length": "many"}\n', "data_length"),
        (b'{"type": "describe", "data_length": %d}\n' % HUGE, "data_length"),
        (b'{"type": "describe", "payload_length": %d}\n' % HUGE, "payload_length"),
        (NESTED + b"\n", "invalid event"),
        (b"x" * (MOST_HEADER + 1), "longer than"),
        (framed(b"[]"), "not a JSON object"),
        (framed(b'{"text": '), "not valid JSON"),
        (framed(NESTED), "not valid JSON"),
        (framed(b'{"text": 5}'), "synthesize.text"),
        (framed(b'{"text": "a", "voice": []}'), "synthesize.voice"),
    ],
    ids=range(19),
)
async def test_garbage_is_told_and_closes_only_its_own_connection(
    party: Party, sent: bytes, told: str
) -> None:
    async with party() as house, house.guest() as other:
        reader, writer = await asyncio.open_connection(house.host, house.port)
        writer.write(sent)
        answer = await reader.read()
        assert answer.startswith(b'{"type": "error"')
        assert told.encode() in answer
        writer.close()
        await writer.wait_closed()
        await other.send(Describe())
        await other.until(Info)


@pytest.mark.parametrize(
    "sent",
    [b'{"type": "des', b'{"type": "describe", "data_length": 9}\n{}', framed(b"{}")[:-1]],
    ids=["header", "data", "payload"],
)
@pytest.mark.parametrize("abruptly", [False, True])
async def test_a_client_that_stops_in_the_midst_of_an_event_is_let_go(
    party: Party, sent: bytes, abruptly: bool
) -> None:
    async with party() as house:
        _, writer = await asyncio.open_connection(house.host, house.port)
        writer.write(sent)
        await writer.drain()
        if abruptly:
            writer.transport.abort()
        else:
            writer.close()
            await writer.wait_closed()


async def test_who_asks_and_closes_its_side_is_answered(party: Party) -> None:
    async with party() as house:
        reader, writer = await asyncio.open_connection(house.host, house.port)
        writer.write(b'{"type": "describe"}\n')
        writer.write_eof()
        assert (await reader.read()).startswith(b'{"type": "info"')
        writer.close()
        await writer.wait_closed()


class Sink:
    """Takes what the package writes."""

    def __init__(self) -> None:
        self.data = b""

    def writelines(self, lines: list[bytes]) -> None:
        self.data += b"".join(lines)

    def write(self, data: bytes) -> None:
        self.data += data

    async def drain(self) -> None: ...


async def read_all(data: bytes) -> list[Event]:
    reader = asyncio.StreamReader(limit=MOST_HEADER)
    reader.feed_data(data)
    reader.feed_eof()
    events = []
    while (event := await read_event(reader)) is not None:
        events.append(event)
    return events


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3)
    ),
    max_leaves=5,
)
events = st.builds(
    Event,
    type=st.text(min_size=1, max_size=20),
    data=st.dictionaries(st.text(max_size=5), json_values, max_size=4),
    payload=st.none() | st.binary(min_size=1, max_size=50),
)


@settings(deadline=None)
@given(st.lists(events, max_size=5))
def test_what_the_package_writes_is_read_as_it_was(sent: list[Event]) -> None:
    async def round_trip() -> list[Event]:
        sink = Sink()
        for event in sent:
            await async_write_event(event, sink)  # type: ignore[arg-type]
        return await read_all(sink.data)

    assert asyncio.run(round_trip()) == sent


@settings(deadline=None)
@given(st.binary(max_size=200), st.integers(0, 200))
def test_any_bytes_are_events_or_garbage_and_nothing_else(data: bytes, cut: int) -> None:
    good = framed(b'{"text": "a"}')
    for sent in (data, good[:cut] + data, good + data):
        with suppress(BadFrame):
            asyncio.run(read_all(sent))
