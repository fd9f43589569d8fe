"""Captured blocks meet what was played at the time, whatever the devices do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.devices.block_alignment import AIM_S, Block, BlockAlignment

BLOCK_S = 0.01
SILENCE = np.zeros(1, np.float32)
Pair = tuple[Block, Block | None]


def run(
    seconds: float,
    *,
    inward_s: float = 0.04,
    outward_s: float = 0.06,
    burst: int = 1,
    drift: float = 0.0,
    jitter_s: float = 0.0,
    hiccups: Sequence[tuple[float, float]] = (),
) -> list[Pair]:
    """What two devices of one machine give, in the order in which they give it.

    inward_s, outward_s: of their buffers. burst: blocks fetched at once for the loudspeaker.
    drift: how much faster its clock is. hiccups: when the loudspeaker comes late, and by how much.
    """
    rng = np.random.default_rng(0)
    arrivals: list[tuple[float, bool, float]] = []
    for number in range(round(seconds / BLOCK_S)):
        at = number * BLOCK_S
        arrivals.append((at + inward_s, True, at))
    for number in range(round(seconds / BLOCK_S * (1 + drift))):
        at = number * BLOCK_S / (1 + drift)
        fetched = at - at % (burst * BLOCK_S)
        for start, length in hiccups:
            if start <= fetched < start + length:
                fetched = start + length
        arrivals.append((fetched - outward_s, False, at))
    pairing, pairs = BlockAlignment(), []
    for _, captured, at in sorted(arrivals):
        block = Block(SILENCE, 100 + at + jitter_s * rng.standard_normal())
        if captured:
            pairing.captured(block)
        else:
            pairing.played(block)
        while pair := pairing.next():
            pairs.append(pair)
    return pairs


def delays(pairs: list[Pair]) -> list[float]:
    """Between both blocks of each pair, in seconds."""
    return [
        far.at - near.at
        for near, far in pairs
        if far and far.at is not None and near.at is not None
    ]


@given(
    inward_s=st.floats(0.005, 0.2),
    outward_s=st.floats(0.04, 0.3),
    burst=st.integers(1, 4),
)
@settings(deadline=None, max_examples=40)
def test_pairs_settle_at_the_same_delay_whatever_the_devices_buffer(
    inward_s: float, outward_s: float, burst: int
) -> None:
    pairs = run(4.0, inward_s=inward_s, outward_s=outward_s, burst=burst)
    settled = delays(pairs[100:])
    assert len(settled) >= 0.99 * len(pairs[100:])
    assert min(settled) >= AIM_S - 0.03
    assert max(settled) <= AIM_S + 0.03
    assert np.ptp(settled) < BLOCK_S


def test_jitter_of_the_devices_times_moves_nothing() -> None:
    pairs = run(10.0, jitter_s=0.005)
    steps = np.abs(np.diff(delays(pairs[100:])))
    assert steps.max() < 0.05
    assert all(far for _, far in pairs[100:])


def test_a_loudspeaker_with_a_faster_clock_stays_in_step() -> None:
    settled = delays(run(60.0, drift=0.001)[100:])
    assert min(settled) > 0
    assert max(settled) < AIM_S + 0.03


def test_a_late_loudspeaker_delays_nobody_and_falls_back_into_step() -> None:
    pairs = run(6.0, outward_s=0.05, hiccups=[(3.0, 0.3)])
    assert len(pairs) >= 594
    alone = [near.at for near, far in pairs[100:] if far is None and near.at is not None]
    assert alone
    assert max(alone) < 103.6
    assert delays(pairs)[-1] == pytest.approx(delays(pairs[:290])[-1], abs=0.011)


def test_every_captured_block_comes_out_once_and_in_order() -> None:
    times = [near.at for near, _ in run(5.0, burst=3, hiccups=[(1.0, 0.2), (2.5, 0.05)])]
    assert len(times) >= 494
    assert times == [pytest.approx(100 + number * BLOCK_S) for number in range(len(times))]


def test_without_a_loudspeaker_captured_blocks_do_not_wait_for_long() -> None:
    pairing = BlockAlignment()
    given = 0
    for number in range(100):
        pairing.captured(Block(SILENCE, number * BLOCK_S))
        while pairing.next():
            given += 1
    assert given >= 93


def test_devices_that_tell_no_times_are_paired_in_the_order_in_which_they_come() -> None:
    pairing = BlockAlignment()
    for number in range(50):
        pairing.played(Block(np.full(1, number, np.float32)))
    paired = []
    for number in range(50, 100):
        pairing.captured(Block(SILENCE))
        pairing.played(Block(np.full(1, number, np.float32)))
        pair = pairing.next()
        assert pair
        assert pair[1]
        paired.append(int(pair[1].samples[0]))
    assert np.diff(paired).tolist() == [1] * 49
    assert 99 - paired[-1] <= 7
