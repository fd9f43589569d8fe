"""16-bit sound from a server, however its bytes are cut."""

from __future__ import annotations

import io
import wave
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.audio import Samples
from vivavoce.engine.openai.pcm16 import Pcm16Stream

RATE = 24_000


def samples_of(data: bytes, cuts: list[int] | None = None, rate: int = RATE) -> Samples:
    stream = Pcm16Stream(rate)
    places = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts or [])})
    parts = [stream.feed(data[a:b]) for a, b in pairwise(places)]
    return np.concatenate([np.zeros(0, np.float32), *parts, stream.flush()])


def wav(pcm: bytes, rate: int = RATE, channels: int = 1, width: int = 2) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((channels, width, rate, 0, "NONE", ""))
        writer.writeframes(pcm)
    return file.getvalue()


@settings(deadline=None)
@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=10))
def test_where_the_bytes_are_cut_makes_no_difference(data: bytes, cuts: list[int]) -> None:
    whole = np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.float32) / 32768
    if data[:4] != b"RIFF":
        assert np.array_equal(samples_of(data, cuts), whole)


@settings(deadline=None)
@given(st.lists(st.integers(0, 100), max_size=10), st.sampled_from([1, 2]))
def test_a_wav_file_is_taken_too(cuts: list[int], channels: int) -> None:
    left = np.arange(-50, 50, dtype="<i2") * 300
    file = wav(np.repeat(left, channels).tobytes(), channels=channels)
    assert np.array_equal(samples_of(file, cuts), left.astype(np.float32) / 32768)


def test_a_wav_file_at_another_rate_is_resampled() -> None:
    tone = np.sin(np.arange(16_000) / 16_000 * 2 * np.pi * 440) * 20_000
    heard = samples_of(wav(tone.astype("<i2").tobytes(), rate=16_000))
    assert len(heard) == pytest.approx(24_000, abs=50)
    assert np.sqrt(np.mean(heard**2)) == pytest.approx(20_000 / 32768 / np.sqrt(2), rel=0.02)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (wav(b"\0" * 300, width=3), "a WAV file of format 1 with 24 bits"),
        (b"RIFF\0\0\0\0WAVEdata\0\0\0\0", "without a format"),
        (b"RIFF" + b"\xff" * 100_000, "without sound"),
    ],
)
def test_a_wav_file_of_another_kind_is_refused(file: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        samples_of(file)


def test_sound_that_begins_like_a_header_is_sound() -> None:
    assert len(samples_of(b"RIxx")) == 2
    assert len(samples_of(b"RI")) == 1
    assert len(samples_of(b"")) == 0
