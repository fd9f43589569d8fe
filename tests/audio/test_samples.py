"""Sound as numbers."""

from __future__ import annotations

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.audio import Audio, Resampler, Samples, clean, dbfs, from_pcm16, to_pcm16
from vivavoce.errors import BadAudio

RATES = [
    (16_000, 48_000),
    (24_000, 16_000),
    (48_000, 16_000),
    (44_100, 16_000),
    (22_050, 24_000),
    (8_000, 16_000),
    (16_000, 8_000),
]


def tone(seconds: float, rate: int, hertz: float = 440.0) -> Samples:
    return np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate).astype(np.float32)


@given(st.binary().filter(lambda data: len(data) % 2 == 0))
def test_pcm16_survives_the_way_through_samples(data: bytes) -> None:
    there_and_back = np.frombuffer(to_pcm16(from_pcm16(data)), "<i2").astype(int)
    assert np.abs(there_and_back - np.frombuffer(data, "<i2")).max(initial=0) <= 1


def test_pcm16_is_clipped_at_full_scale() -> None:
    assert to_pcm16(np.array([2.0, -2.0], np.float32)) == b"\xff\x7f\x01\x80"


def test_half_a_sample_of_pcm16_is_refused() -> None:
    with pytest.raises(BadAudio, match="3 bytes are not whole 16-bit samples"):
        from_pcm16(b"abc")


@pytest.mark.parametrize("rate", [0, -1, 999, 768_001])
def test_a_rate_that_nobody_uses_is_refused(rate: int) -> None:
    with pytest.raises(BadAudio, match="it must be 1000 to 768000 Hz"):
        Audio(np.zeros(1, np.float32), rate)


def test_a_tone_has_the_level_of_a_tone() -> None:
    assert dbfs(tone(1.0, 16_000)) == pytest.approx(-3.01, abs=0.01)
    assert Audio.silence(1.0, 16_000).dbfs == -np.inf
    assert dbfs(np.zeros(0, np.float32)) == -np.inf


def test_a_cut_beyond_the_ends_gives_what_is_there() -> None:
    audio = Audio(tone(1.0, 8_000), 8_000)
    assert audio.cut(-5.0, 0.5).seconds == 0.5
    assert audio.cut(0.75, 9.0).seconds == 0.25
    assert audio.cut(2.0, 3.0).seconds == 0.0
    assert audio.cut(0.5, 0.25).seconds == 0.0


def test_nothing_but_finite_samples_within_full_scale_is_left_by_clean() -> None:
    dirty = np.array([np.nan, np.inf, -np.inf, 3.0, -3.0, 0.5], np.float32)
    assert clean(dirty).tolist() == [0.0, 0.0, 0.0, 1.0, -1.0, 0.5]


def test_the_same_rate_is_the_same_audio() -> None:
    audio = Audio(tone(0.1, 16_000), 16_000)
    assert audio.resampled(16_000) is audio
    assert Resampler(16_000, 16_000).feed(audio.samples) is audio.samples


@settings(deadline=None, max_examples=30)
@given(
    st.sampled_from(RATES),
    st.booleans(),
    st.lists(st.integers(0, 3_000), min_size=1, max_size=20),
)
def test_resampling_in_pieces_gives_what_resampling_at_once_gives(
    rates: tuple[int, int], live: bool, sizes: list[int]
) -> None:
    source, target = rates
    samples = tone(sum(sizes) / source, source)
    pieces = np.split(samples, np.cumsum(sizes)[:-1])
    in_pieces, at_once = (Resampler(source, target, live=live) for _ in range(2))
    joined = np.concatenate([*map(in_pieces.feed, pieces), in_pieces.flush()])
    whole = np.concatenate([at_once.feed(samples), at_once.flush()])
    assert len(joined) == len(whole)
    np.testing.assert_allclose(joined, whole, atol=1e-4)


@pytest.mark.parametrize("rates", RATES)
def test_a_live_stream_lags_by_at_most_2_ms_and_keeps_its_length(
    rates: tuple[int, int],
) -> None:
    source, target = rates
    resampler, given = Resampler(source, target, live=True), 0
    for chunk in range(1, 51):
        given += len(resampler.feed(np.zeros(source // 50, np.float32)))
        assert chunk / 50 - given / target <= 0.0021
    assert given + len(resampler.flush()) == target


@pytest.mark.parametrize("rates", RATES)
def test_a_live_stream_sounds_as_soxr_makes_it(rates: tuple[int, int]) -> None:
    source, target = rates
    samples = np.random.default_rng(0).standard_normal(source).astype(np.float32)
    low = soxr.resample(soxr.resample(samples, source, 6_000), 6_000, source)
    expected = soxr.resample(low, source, target)
    resampler = Resampler(source, target, live=True)
    made = np.concatenate([resampler.feed(low.astype(np.float32)), resampler.flush()])
    middle = slice(target // 10, target * 9 // 10)
    error = made[middle] - expected[middle]
    assert dbfs(error.astype(np.float32)) - dbfs(expected[middle].astype(np.float32)) < -55


def test_what_the_lower_rate_cannot_hold_is_left_out() -> None:
    high = np.sin(2 * np.pi * 10_000 * np.arange(48_000) / 48_000).astype(np.float32)
    assert dbfs(Resampler(48_000, 16_000, live=True).feed(high)[100:-100]) < -65


def test_rates_with_no_common_factor_are_resampled_too() -> None:
    resampler = Resampler(44_101, 16_000, live=True)
    made = np.concatenate([resampler.feed(tone(1.0, 44_101)), resampler.flush()])
    assert dbfs(made[100:-100]) == pytest.approx(-3.01, abs=0.1)


def test_a_tone_keeps_its_pitch_and_level_when_resampled() -> None:
    audio = Audio(tone(1.0, 44_100), 44_100).resampled(16_000)
    assert audio.rate == 16_000
    assert audio.dbfs == pytest.approx(-3.01, abs=0.1)
    spectrum = np.abs(np.fft.rfft(audio.samples))
    assert np.argmax(spectrum) == pytest.approx(440, abs=1)


def test_slices_hold_every_sample_once_and_the_last_may_be_shorter() -> None:
    audio = Audio(np.arange(10, dtype=np.float32), 1_000)
    parts = list(audio.slices(0.004))
    assert [len(part.samples) for part in parts] == [4, 4, 2]
    assert np.concatenate([part.samples for part in parts]).tolist() == audio.samples.tolist()
    assert {part.rate for part in parts} == {1_000}


def test_slices_shorter_than_a_sample_are_of_one_sample() -> None:
    assert len(list(tone_of(3).slices(0.0))) == 3
    assert list(Audio.silence(0.0, 8_000).slices(0.5)) == []


def tone_of(count: int) -> Audio:
    return Audio(np.ones(count, np.float32), 1_000)
