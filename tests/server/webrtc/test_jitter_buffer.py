"""Packets as networks deliver them: late, twice, never, in any order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.server.webrtc.jitter_buffer import Gap, JitterBuffer, Piece

RATE, TICKS, FRAME_S = 48_000, 960, 0.02


@dataclass(frozen=True)
class Sent:
    """A packet by its number in the stream, when it arrives, and whether it begins a pause."""

    number: int
    at: float
    pause: bool = False


def heard(
    packets: Sequence[Sent], until: float, *, first: int = 0, keep_s: float = 2.0
) -> list[tuple[float, Piece]]:
    """What is given, and when, by a reader who comes whenever something is due."""
    order = JitterBuffer(RATE, 0.0, keep_s=keep_s)
    given: list[tuple[float, Piece]] = []

    def read(now: float) -> None:
        while (piece := order.pop(now)) is not None:
            given.append((now, piece))

    for packet in sorted(packets, key=lambda packet: packet.at):
        while order.due < packet.at:
            read(order.due)
        stamp = (first + packet.number * TICKS) % (1 << 32)
        order.put(stamp, str(packet.number).encode(), TICKS, packet.at, pause=packet.pause)
        read(packet.at)
    while order.due <= until:
        read(order.due)
    return given


def numbers(given: Sequence[tuple[float, Piece]]) -> list[int]:
    return [int(piece) for _, piece in given if isinstance(piece, bytes)]


def seconds(given: Sequence[tuple[float, Piece]]) -> float:
    return sum(piece.seconds if isinstance(piece, Gap) else FRAME_S for _, piece in given)


def stream(count: int, *, start: int = 0, begin: float = 0.0) -> list[Sent]:
    return [Sent(start + n, begin + n * FRAME_S) for n in range(count)]


def test_packets_in_order_are_given_the_moment_they_come() -> None:
    given = heard(stream(50), 0.99)
    assert numbers(given) == list(range(50))
    assert [at for at, _ in given] == [packet.at for packet in stream(50)]


def test_packets_that_change_places_are_given_in_order() -> None:
    packets = [Sent(0, 0.0), Sent(2, 0.02), Sent(1, 0.03), Sent(3, 0.06)]
    assert numbers(heard(packets, 0.07)) == [0, 1, 2, 3]


def test_a_lost_packet_is_told_soon_and_leaves_its_time() -> None:
    packets = [packet for packet in stream(10) if packet.number != 4]
    given = heard(packets, 0.19)
    assert numbers(given) == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    lost = next(at for at, piece in given if piece == Gap(FRAME_S, "lost"))
    assert lost == pytest.approx(0.10 + 0.04)
    assert seconds(given) == pytest.approx(0.2)


def test_silence_stands_in_when_nothing_comes() -> None:
    given = heard(stream(5), 1.0)
    assert set(piece for _, piece in given[5:]) == {Gap(FRAME_S, "silent")}  # noqa: C401
    assert seconds(given) == pytest.approx(1.0 - 0.1, abs=0.03)


def test_a_stream_that_has_not_begun_is_silence() -> None:
    assert seconds(heard([], 3.0)) == pytest.approx(2.9, abs=0.03)


def test_a_pause_that_the_peer_told_of_is_filled_without_delay() -> None:
    packets = [*stream(5), Sent(5, 0.1, pause=True)]
    given = heard(packets, 0.5)
    assert given[-1][0] - seconds(given) < 0.03


def test_speech_after_a_pause_is_given_at_once_and_none_of_it_is_lost() -> None:
    packets = [*stream(5), Sent(5, 0.1, pause=True), *stream(10, start=20, begin=20 * FRAME_S)]
    given = heard(packets, 0.59)
    assert numbers(given) == [*range(6), *range(20, 30)]
    assert next(at for at, piece in given if piece == b"20") == pytest.approx(0.4)
    assert seconds(given) == pytest.approx(0.6, abs=0.021)


def test_speech_that_comes_later_than_its_silence_is_still_given() -> None:
    late = stream(10, start=20, begin=20 * FRAME_S + 0.09)
    given = heard([*stream(5), Sent(5, 0.1, pause=True), *late], 0.7)
    assert numbers(given) == [*range(6), *range(20, 30)]


def test_a_packet_that_comes_twice_is_given_once() -> None:
    packets = [Sent(0, 0.0), Sent(1, 0.02), Sent(1, 0.025), Sent(0, 0.03), Sent(2, 0.04)]
    assert numbers(heard(packets, 0.05)) == [0, 1, 2]


def test_timestamps_may_wrap() -> None:
    given = heard(stream(10), 0.19, first=(1 << 32) - 5 * TICKS)
    assert numbers(given) == list(range(10))


def test_a_stream_that_begins_anew_goes_on() -> None:
    packets = [*stream(3), *stream(3, start=1_000_000, begin=0.06)]
    assert numbers(heard(packets, 0.11)) == [0, 1, 2, 1_000_000, 1_000_001, 1_000_002]


def test_what_nobody_takes_is_dropped_from_the_oldest_on() -> None:
    order = JitterBuffer(RATE, 0.0, keep_s=0.2)
    for packet in stream(50):
        order.put(packet.number * TICKS, b"%d" % packet.number, TICKS, packet.at, pause=False)
    assert order.pop(1.0) == b"39"
    assert order.dropped_s == pytest.approx(39 * FRAME_S)


def test_a_peer_cannot_make_time_run_faster_than_the_clock() -> None:
    leaps = [Sent(200 * n, n * FRAME_S) for n in range(100)]
    rush = [Sent(n, n * FRAME_S / 50) for n in range(5000)]
    for packets in (leaps, rush):
        assert seconds(heard(packets, 2.0)) <= 2.0 + 2.0 + FRAME_S


def test_however_short_packets_are_only_so_many_wait() -> None:
    order = JitterBuffer(RATE, 0.0)
    for number in range(10_000):
        order.put(1_000 * (number > 0) + number, b"", 1, 0.0, pause=False)
    assert len(order._waiting) == 400


@settings(deadline=None)
@given(
    lost=st.sets(st.integers(1, 199), max_size=60),
    delays=st.lists(st.floats(0, 0.3), min_size=200, max_size=200),
    twice=st.sets(st.integers(0, 199), max_size=20),
)
def test_whatever_the_network_does_time_runs_and_order_holds(
    lost: set[int], delays: list[float], twice: set[int]
) -> None:
    packets = [
        Sent(packet.number, packet.at + delays[packet.number])
        for packet in stream(200)
        if packet.number not in lost
    ]
    packets += [Sent(n, n * FRAME_S + 0.31) for n in twice - lost]
    given = heard(packets, 5.0)
    order = numbers(given)
    assert order == sorted(set(order))
    assert not set(order) & lost
    last = given[-1][0]
    assert last - 0.25 <= seconds(given) <= last + 0.35
