"""Whose voice it may be, by how loud it is."""

from __future__ import annotations

import numpy as np

from vivavoce.audio import Samples
from vivavoce.audio.levels import LevelMeter, Powers
from vivavoce.turn_taking.speaker_level import SpeakerLevel

RATE = 16_000
LEAST_DB = -40.0


def noise(seconds: float, db: float, seed: int = 0) -> Samples:
    samples = np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    return np.asarray(samples * 10 ** (db / 20), np.float32)


def powers(samples: Samples) -> Powers:
    return LevelMeter(RATE, 1.0).feed(samples)


def room(seconds: float = 3.0, db: float = -75.0) -> SpeakerLevel:
    loudness = SpeakerLevel()
    loudness.feed(powers(noise(seconds, db)))
    return loudness


def voice(loudness: SpeakerLevel, db: float, seconds: float = 0.3) -> bool:
    loudness.begin()
    loudness.feed(powers(noise(seconds, db, seed=1)))
    return loudness.stands_out(LEAST_DB)


def test_a_caller_stands_out_of_a_quiet_room_and_one_far_away_does_not() -> None:
    assert voice(room(), -26.0)
    assert not voice(room(), -46.0)


def test_a_caller_who_spoke_softly_may_interrupt_softly() -> None:
    loudness = room()
    voice(loudness, -50.0, seconds=1.0)
    loudness.learn()
    loudness.feed(powers(noise(1.0, -75.0)))
    assert voice(loudness, -55.0)
    loudness.feed(powers(noise(1.0, -75.0)))
    assert not voice(loudness, -65.0)


def test_who_speaks_behind_a_loud_caller_does_not_stand_out() -> None:
    loudness = room()
    voice(loudness, -20.0, seconds=1.0)
    loudness.learn()
    loudness.feed(powers(noise(1.0, -75.0)))
    assert not voice(loudness, -36.0)
    assert voice(loudness, -26.0)


def test_the_noise_of_the_room_does_not_stand_out_of_itself() -> None:
    assert not voice(room(db=-36.0), -34.0)
    assert voice(room(db=-36.0), -26.0)


def test_a_caller_may_interrupt_right_after_they_spoke() -> None:
    loudness = room(seconds=0.3)
    voice(loudness, -26.0, seconds=8.0)
    loudness.learn()
    assert voice(loudness, -26.0)


def test_a_caller_may_interrupt_after_a_long_laugh() -> None:
    loudness = room(seconds=2.0)
    voice(loudness, -20.0, seconds=4.0)
    assert voice(loudness, -26.0)


def test_audio_counts_the_same_in_pieces_of_any_size() -> None:
    audio = noise(1.0, -30.0)
    whole, pieces = SpeakerLevel(), SpeakerLevel()
    whole.feed(powers(audio))
    meter = LevelMeter(RATE, 1.0)
    for start in range(0, len(audio), 333):
        pieces.feed(meter.feed(audio[start : start + 333]))
    assert whole.level == pieces.level
    assert whole.stands_out(LEAST_DB) == pieces.stands_out(LEAST_DB)
