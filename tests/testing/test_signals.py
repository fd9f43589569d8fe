"""Computed sound: as loud, as late and as lossy as set, and the same each time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.audio import dbfs
from vivavoce.testing import say
from vivavoce.testing.signals import (
    RATE,
    Packets,
    Sound,
    at_speech_level,
    babble,
    coloured,
    noise_of,
    reverberated,
    room_response,
)


@pytest.mark.parametrize("slope", [0.0, 1.0, 2.0])
def test_noise_has_an_rms_of_one_and_is_the_same_each_time(slope: float) -> None:
    noise = coloured(2.0, slope, 7)
    assert dbfs(noise) == pytest.approx(0.0, abs=0.01)
    assert np.array_equal(noise, coloured(2.0, slope, 7))
    assert not np.array_equal(noise, coloured(2.0, slope, 8))


def test_speech_has_its_level_whatever_pauses_it_has() -> None:
    tone = say(1.0).samples
    paused = np.concatenate((tone, np.zeros(RATE, np.float32), tone))
    for samples in (tone, paused):
        level = dbfs(at_speech_level(samples)[:RATE])
        assert level == pytest.approx(-26.0, abs=0.5)
        assert dbfs(at_speech_level(samples, -20.0)[:RATE]) == pytest.approx(level - 20, abs=0.01)


def test_silence_stays_silence() -> None:
    assert not at_speech_level(np.zeros(100, np.float32)).any()


@pytest.mark.parametrize("kind", ["cough", "laughter", "knock", "mm-hm"])
def test_noises_are_short_bounded_and_loud(kind: Sound) -> None:
    samples = noise_of(kind, 3)
    assert 0.2 < len(samples) / RATE < 2.0
    assert np.abs(samples).max() <= 1.0
    assert dbfs(samples) > -26.0 - 10
    assert np.array_equal(samples, noise_of(kind, 3))


@pytest.mark.parametrize("rt60", [0.2, 0.6, 1.2])
def test_a_room_falls_by_sixty_decibels_in_its_time(rt60: float) -> None:
    response = room_response(rt60, 3.0, 1)
    tail = response[round(0.01 * RATE) :].astype(np.float64) ** 2
    left = np.cumsum(tail[::-1])[::-1]
    fall = 10 * np.log10(left[round(0.5 * rt60 * RATE)] / left[0])
    assert fall == pytest.approx(-30 * (0.5 * rt60) / (0.5 * rt60), abs=3)
    assert float(np.sum(response**2)) == pytest.approx(1.0, abs=1e-4)


def test_a_room_keeps_the_beginning_and_adds_a_tail() -> None:
    response = room_response(0.5, 20.0, 1)
    dry = say(0.5).samples
    wet = reverberated(dry, response)
    assert len(wet) == len(dry) + len(response) - 1
    assert np.corrcoef(dry, wet[: len(dry)])[0, 1] > 0.9


def test_babble_is_all_of_them_at_once() -> None:
    talks = [say(0.7).samples, say(1.1, level=0.9).samples]
    mixed = babble(talks, 5.0, 2)
    assert len(mixed) == 5 * RATE
    assert dbfs(mixed) == pytest.approx(0.0, abs=0.01)


@given(st.floats(0.0, 0.5), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=30)
def test_as_many_packets_are_lost_as_is_set(loss: float, seed: int) -> None:
    packets = Packets(loss, 0.0, seed)
    lost = sum(packets.lost() for _ in range(5000)) / 5000
    assert lost == pytest.approx(loss, abs=0.06)


@given(
    st.floats(0.0, 0.5),
    st.lists(st.floats(0.0, 10.0), max_size=50).map(sorted),
    st.integers(0, 2**32 - 1),
)
@settings(deadline=None)
def test_packets_come_late_but_in_order(jitter: float, sent: list[float], seed: int) -> None:
    packets = Packets(0.0, jitter, seed)
    arrived = [packets.arrives(at) for at in sent]
    assert arrived == sorted(arrived)
    assert all(at <= came <= at + jitter + 1e-9 for at, came in zip(sent, arrived, strict=True))
