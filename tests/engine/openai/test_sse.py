"""Server-sent events, wherever the stream is cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.engine.openai.sse import LONGEST_LINE, EventParser


def events_of(*chunks: bytes) -> list[str]:
    parser = EventParser()
    found = [data for chunk in chunks for data in parser.feed(chunk)]
    return found + parser.flush()


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: a\n\ndata: b\n\n", ["a", "b"]),
        (b"data: a\r\n\r\ndata: b\r\n\r\n", ["a", "b"]),
        (b"data: a\r\rdata: b\r\r", ["a", "b"]),
        (b"data:a\ndata:  b\n\n", ["a\n b"]),
        (b": ping\n\nevent: x\nid: 3\ndata: a\n\n", ["a"]),
        (b"data: no line end", ["no line end"]),
        (b"data: a\r", ["a"]),
        (b"data\n\ndata:\n\n", ["", ""]),
        ("data: \u2028 \x0b \x85 é\n\n".encode(), ["\u2028 \x0b \x85 é"]),
        (b"data: \xff\n\n", ["\ufffd"]),
        (b"<html>oops</html>", []),
        (b"", []),
    ],
)
def test_the_data_of_each_event_is_found(stream: bytes, events: list[str]) -> None:
    assert events_of(stream) == events


def test_a_line_that_never_ends_is_refused() -> None:
    parser = EventParser()
    with pytest.raises(ValueError, match="a line of more than"):
        parser.feed(b"x" * (LONGEST_LINE + 1))


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([b"data: a", b"data:b", b": c", b"\n", b"\r\n", b"\r", b"\n\n"])),
    st.lists(st.integers(0, 40), max_size=8),
)
def test_where_the_stream_is_cut_makes_no_difference(parts: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(parts)
    places = sorted({0, len(stream), *(min(cut, len(stream)) for cut in cuts)})
    pieces = [stream[a:b] for a, b in pairwise(places)]
    assert events_of(*pieces) == events_of(stream)
