"""What is read of several channels: no voice is lost, and each can be had alone."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.media.sounds import pitch, sound_file, tone
from vivavoce.audio import Audio, dbfs
from vivavoce.errors import BadAudio, BadRequest
from vivavoce.media.channels import Channels, Mixer, parse_channels
from vivavoce.media.decode import ReadOptions, read_audio, read_channels
from vivavoce.media.frames import ChannelSamples

RATE = 16_000
VOICE, OTHER = tone(1.0), tone(1.0, hertz=1000.0)
SILENCE = np.zeros(RATE, np.float32)


def mixed(channels: ChannelSamples, size: int = 1000) -> Audio:
    mixer = Mixer(len(channels), RATE)
    starts = range(0, channels.shape[1], size)
    pieces = [mixer.feed(channels[:, first : first + size]) for first in starts]
    return Audio(np.concatenate([*pieces, mixer.flush()]), RATE)


def level(audio: Audio, hertz: float) -> float:
    """Of this pitch, in dB against full scale."""
    times = np.arange(len(audio.samples)) / audio.rate
    wave = np.exp(-2j * np.pi * hertz * times) * np.hanning(len(times)) * 2
    return float(20 * np.log10(np.abs(np.dot(audio.samples, wave)) * 2 / len(times)))


@pytest.mark.parametrize(
    "channels",
    [
        [VOICE, VOICE],
        [VOICE, -VOICE],
        [VOICE, -0.7 * VOICE],
        [VOICE, SILENCE],
        [SILENCE, SILENCE, SILENCE, VOICE, SILENCE, SILENCE],
        [VOICE, -VOICE, VOICE, -VOICE, VOICE, -VOICE],
    ],
    ids=["same", "opposite", "uneven", "left", "one of six", "six"],
)
def test_a_voice_is_as_loud_in_the_mix_as_where_it_is_loudest(channels: list[object]) -> None:
    assert level(mixed(np.array(channels, np.float32)), 440) == pytest.approx(-6.0, abs=1.0)


def test_two_voices_on_two_channels_are_both_there() -> None:
    audio = mixed(np.stack([VOICE, OTHER]))
    assert level(audio, 440) == pytest.approx(-6.0, abs=1.0)
    assert level(audio, 1000) == pytest.approx(-6.0, abs=1.0)


def test_a_voice_in_opposite_phase_is_kept_beside_music_in_phase() -> None:
    music = tone(1.0, hertz=1000.0)
    audio = mixed(np.stack([music + 0.3 * VOICE, music - 0.3 * VOICE]))
    assert level(audio, 440) == pytest.approx(20 * np.log10(0.15), abs=2.0)


def test_the_noise_of_five_channels_does_not_cover_the_voice_on_the_sixth() -> None:
    noise = 0.02 * np.random.default_rng(0).standard_normal((6, RATE)).astype(np.float32)
    channels = noise.copy()
    channels[3] += VOICE
    audio = mixed(channels)
    assert level(audio, 440) == pytest.approx(-6.0, abs=1.0)
    assert level(audio, 2500) < dbfs(noise[0]) - 15


def test_what_is_the_same_on_all_channels_passes_untouched() -> None:
    np.testing.assert_array_equal(mixed(np.stack([VOICE, VOICE])).samples, VOICE)


def test_channels_that_differ_only_later_join_without_a_click() -> None:
    channels = np.stack([VOICE, VOICE])
    channels[1, 8000:] *= 0.9
    audio = mixed(channels)
    assert len(audio.samples) == RATE
    assert np.abs(np.diff(audio.samples)).max() < 0.12


@settings(deadline=None, max_examples=30)
@given(size=st.integers(1, 9000), count=st.integers(2, 6), length=st.integers(0, 12_000))
def test_the_mix_has_one_sample_for_each_and_the_same_however_it_comes(
    size: int, count: int, length: int
) -> None:
    channels = np.random.default_rng(1).uniform(-0.5, 0.5, (count, length)).astype(np.float32)
    channels[0, :1] += 0.1
    whole = mixed(channels, max(1, length)).samples
    parts = mixed(channels, max(size, length // 200)).samples
    assert len(whole) == len(parts) == length
    np.testing.assert_allclose(parts, whole, atol=1e-4)


@pytest.mark.parametrize(
    ("channels", "hertz"), [("left", 440), ("right", 1000), (1, 440), (2, 1000)]
)
def test_one_channel_is_read_alone(channels: Channels, hertz: float) -> None:
    data = sound_file("wav", "pcm_s16le", np.stack([VOICE, OTHER]))
    audio = read_audio(io.BytesIO(data), channels=channels)
    assert pitch(audio, 0.0, 1.0) == pytest.approx(hertz, abs=2)
    np.testing.assert_allclose(audio.samples, VOICE if hertz == 440 else OTHER, atol=1e-4)


def test_separate_channels_come_one_by_one_at_the_rate_that_is_wanted() -> None:
    data = sound_file(
        "flac", "flac", np.stack([tone(1.0, 48_000), tone(1.0, 48_000, 999.0)]), 48_000
    )
    left, right = read_channels(
        io.BytesIO(data), ReadOptions(rate=16_000, channels="separate"), limit_s=0.5
    )
    assert (left.rate, left.seconds, right.seconds) == (16_000, 0.5, 0.5)
    assert pitch(left, 0.0, 0.5) == pytest.approx(440, abs=2)
    assert pitch(right, 0.0, 0.5) == pytest.approx(999, abs=2)


def test_separate_channels_stay_so_where_a_chain_changes_their_number() -> None:
    one = sound_file("ogg", "flac", tone(1.0, hertz=660.0))
    two = sound_file("ogg", "flac", np.stack([VOICE, OTHER]))
    left, right = read_channels(io.BytesIO(two + one + two), ReadOptions(channels="separate"))
    assert [round(pitch(left, at + 0.2, at + 0.8)) for at in range(3)] == [440, 660, 440]
    assert right.cut(1.1, 1.9).dbfs == -np.inf
    assert pitch(right, 2.2, 2.8) == pytest.approx(1000, abs=2)


def test_a_channel_that_is_not_there_is_named() -> None:
    data = sound_file("wav", "pcm_s16le", np.stack([VOICE, OTHER]))
    with pytest.raises(BadAudio, match="has 2 channels; there is no channel 3"):
        read_audio(io.BytesIO(data), channels=3)
    with pytest.raises(BadAudio, match="has 1 channel; there is no channel 2"):
        read_audio(io.BytesIO(sound_file("wav", "pcm_s16le", VOICE)), channels="right")


@pytest.mark.parametrize(
    ("text", "channels"),
    [("mix", "mix"), (" Left", "left"), ("right", "right"), ("SEPARATE", "separate"), ("3", 3)],
)
def test_channels_are_chosen_by_a_word_or_a_number(text: str, channels: Channels) -> None:
    assert parse_channels(text) == channels


@pytest.mark.parametrize("text", ["", "0", "-1", "both", "1.5"])
def test_other_words_are_refused_with_the_choice(text: str) -> None:
    with pytest.raises(BadRequest, match="choose mix, left, right, separate, or a number"):
        parse_channels(text)
