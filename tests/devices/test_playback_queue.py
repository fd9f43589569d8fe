"""The last samples before the loudspeaker: none lost but those that a flush tells."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.audio import Samples
from vivavoce.devices.playback_queue import PlaybackQueue

FADE = 8
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 40)),
        st.tuples(st.just("take"), st.integers(0, 40)),
        st.tuples(st.just("flush"), st.just(0)),
    ),
    max_size=60,
)


def ones(count: int) -> Samples:
    return np.ones(count, np.float32)


@given(STEPS)
@settings(deadline=None)
def test_every_sample_is_played_or_dropped_or_waits(steps: list[tuple[str, int]]) -> None:
    lead = PlaybackQueue(FADE)
    written = played = dropped = 0
    for act, count in steps:
        if act == "put":
            lead.put(ones(count))
            written += count
        elif act == "take":
            played += min(count, len(lead))
            assert len(lead.pop(count)) == count
        else:
            dropped += lead.flush()
            assert len(lead) <= FADE
    assert written == played + dropped + len(lead)


@given(st.lists(st.integers(0, 30), max_size=20), st.integers(1, 17))
@settings(deadline=None)
def test_without_a_flush_what_is_written_is_played_unchanged(sizes: list[int], step: int) -> None:
    lead = PlaybackQueue(FADE)
    everything = np.arange(1, sum(sizes) + 1, dtype=np.float32)
    at = 0
    for size in sizes:
        lead.put(everything[at : at + size])
        at += size
    taken = np.concatenate([lead.pop(step) for _ in range(len(everything) // step + 2)])
    assert taken[: len(everything)].tolist() == everything.tolist()
    assert not taken[len(everything) :].any()


def test_a_flush_fades_out_and_what_follows_fades_in() -> None:
    lead = PlaybackQueue(FADE)
    lead.put(ones(100))
    lead.pop(10)
    assert lead.flush() == 90 - FADE
    lead.put(ones(100))
    heard = lead.pop(3 * FADE)
    assert (np.diff(heard[:FADE]) < 0).all()
    assert (np.diff(heard[FADE : 2 * FADE]) > 0).all()
    assert (heard[2 * FADE :] == 1).all()
    assert np.abs(np.diff(heard)).max() < 0.25


def test_a_second_flush_drops_nothing_more_and_does_not_fade_twice() -> None:
    once, twice = PlaybackQueue(FADE), PlaybackQueue(FADE)
    for lead in (once, twice):
        lead.put(ones(50))
        lead.flush()
    assert twice.flush() == 0
    assert twice.pop(FADE).tolist() == once.pop(FADE).tolist()


def test_a_fade_in_leaves_the_writer_its_samples() -> None:
    lead, samples = PlaybackQueue(FADE), ones(20)
    lead.flush()
    lead.put(samples)
    assert (samples == 1).all()
