"""The last stretch of a stream."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.audio.ring_buffer import RingBuffer


@given(st.lists(st.integers(0, 50), max_size=40), st.integers(0, 400))
@settings(deadline=None)
def test_a_tape_gives_back_what_was_recorded_as_far_as_it_keeps(
    sizes: list[int], since: int
) -> None:
    tape = RingBuffer(seconds=3, rate=10)
    everything = np.arange(sum(sizes), dtype=np.float32)
    at = 0
    for size in sizes:
        tape.record(everything[at : at + size])
        at += size
    assert tape.end == len(everything)
    kept = min(30, len(everything))
    want = everything[max(since, len(everything) - kept) :]
    assert tape.since(since).tolist() == want.tolist()
