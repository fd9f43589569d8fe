"""Recordings of several files one after another, and sources that can be read only once."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import pytest

from tests.media.sounds import pitch, sound_file, tone
from vivavoce.media.decode import ReadOptions, opened_audio, probe_audio, read_audio


class Trickle(io.RawIOBase):
    """A source that gives bytes once, a few at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data = io.BytesIO(data)
        self._size = size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._data.read(self._size)


SOURCES: dict[str, Callable[[bytes], BinaryIO]] = {
    "file": io.BytesIO,
    "pipe": lambda data: cast("BinaryIO", Trickle(data, 999)),
    "slow pipe": lambda data: cast("BinaryIO", Trickle(data, 7)),
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    ("container", "codec", "rates"),
    [
        ("ogg", "libopus", (48_000, 48_000)),
        ("ogg", "flac", (16_000, 44_100)),
        ("flac", "flac", (16_000, 44_100)),
        ("mp3", "libmp3lame", (16_000, 44_100)),
        ("adts", "aac", (16_000, 44_100)),
        ("wav", "pcm_s16le", (16_000, 44_100)),
        ("w64", "pcm_s16le", (16_000, 44_100)),
        ("matroska", "pcm_s16le", (16_000, 44_100)),
        ("webm", "libopus", (48_000, 48_000)),
        ("mpegts", "aac", (16_000, 44_100)),
        ("mp4", "aac", (16_000, 44_100)),
        ("aiff", "pcm_s16be", (16_000, 44_100)),
        ("caf", "pcm_s16be", (16_000, 44_100)),
        ("flv", "aac", (22_050, 44_100)),
        ("avi", "pcm_s16le", (16_000, 44_100)),
    ],
)
def test_a_chain_is_read_to_its_end_whatever_changes_in_it(
    container: str, codec: str, rates: tuple[int, int], source: str, tmp_path: Path
) -> None:
    first, second = rates
    one = sound_file(container, codec, tone(1.0, first), first)
    other = sound_file(container, codec, np.stack([tone(2.0, second, 880.0)] * 2), second)
    audio = read_audio(SOURCES[source](one + other + one), rate=16_000)
    assert audio.seconds == pytest.approx(4.0, abs=0.3)
    assert pitch(audio, 0.2, 0.8) == pytest.approx(440, abs=4)
    assert pitch(audio, 1.4, 2.8) == pytest.approx(880, abs=4)
    assert pitch(audio, 3.4, 3.9) == pytest.approx(440, abs=4)


def test_a_file_of_a_chain_that_cannot_be_read_is_left_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    whole = sound_file("flac", "flac", tone(1.0))
    broken = whole[:50] + bytes(len(whole) - 50)
    audio = read_audio(io.BytesIO(whole + broken + whole))
    assert audio.seconds == pytest.approx(2.0, abs=0.1)
    assert "left out" in caplog.text


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
@pytest.mark.parametrize(
    ("container", "codec"), [("wav", "pcm_s16le"), ("mp3", "libmp3lame"), ("mp4", "aac")]
)
async def test_a_fifo_is_opened_once(container: str, codec: str, tmp_path: Path) -> None:
    data, path = sound_file(container, codec, tone(3.0)), tmp_path / "fifo"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(data,), daemon=True)
    writer.start()
    async with opened_audio(path, ReadOptions(rate=16_000)) as file:
        assert file.info.rate == 16_000
        count = sum([chunk.shape[1] async for chunk in file.chunks])
    assert count / 16_000 == pytest.approx(3.0, abs=0.1)
    writer.join(5.0)
    assert not writer.is_alive()


async def test_what_was_wrong_is_told_to_whoever_reads() -> None:
    data = sound_file("flac", "flac", tone(10.0))
    async with opened_audio(io.BytesIO(data[: len(data) // 2]), ReadOptions()) as file:
        assert [chunk async for chunk in file.chunks]
    assert "is cut short: " in file.warnings[-1]
    assert "of 10.0 s" in file.warnings[-1]


def test_a_chain_says_of_itself_what_its_first_file_does() -> None:
    data = sound_file("flac", "flac", tone(1.0)) * 2
    assert probe_audio(io.BytesIO(data)).duration == pytest.approx(1.0)
