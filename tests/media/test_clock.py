"""Sounds keep the times that their container gives them."""

from __future__ import annotations

import io

import pytest

from tests.media.sounds import sound_file, sounding, tone
from vivavoce.media.clock import FrameClock
from vivavoce.media.decode import read_audio

MS = 0.02


def placed(clock: FrameClock, stamps: list[float | None], length: float = MS) -> list[float]:
    """The silence before each frame."""
    following = [*stamps[1:], None]
    return [
        round(clock.place(stamp, length, then), 3)
        for stamp, then in zip(stamps, following, strict=True)
    ]


def steady(start: float, count: int = 5) -> list[float | None]:
    return [start + number * MS for number in range(count)]


@pytest.mark.parametrize(
    ("container", "codec", "rate"),
    [
        ("matroska", "pcm_s16le", 16_000),
        ("matroska", "aac", 16_000),
        ("webm", "libopus", 48_000),
        ("nut", "pcm_s16le", 16_000),
        ("flv", "aac", 22_050),
        ("mpegts", "mp2", 48_000),
        ("mp4", "aac", 16_000),
    ],
)
def test_a_hole_becomes_silence_of_the_same_length(container: str, codec: str, rate: int) -> None:
    data = sound_file(container, codec, tone(2.0, rate), rate, holes=[(1.0, 4.0)])
    (first, until), (again, end) = sounding(read_audio(io.BytesIO(data)))
    assert [first, until, again, end] == pytest.approx([0.0, 1.0, 5.0, 6.0], abs=0.15)


@pytest.mark.parametrize(
    ("container", "codec", "rate", "video_s"),
    [
        ("matroska", "pcm_s16le", 16_000, 7.0),
        ("matroska", "pcm_s16le", 16_000, 0.0),
        ("webm", "libopus", 48_000, 0.0),
        ("mp4", "aac", 16_000, 7.0),
        ("mov", "pcm_s16le", 16_000, 7.0),
        ("mpegts", "mp2", 48_000, 7.0),
        ("nut", "pcm_s16le", 16_000, 7.0),
    ],
)
def test_sound_that_begins_late_stays_late(
    container: str, codec: str, rate: int, video_s: float, caplog: pytest.LogCaptureFixture
) -> None:
    data = sound_file(container, codec, tone(2.0, rate), rate, starts_s=5.0, video_s=video_s)
    [(first, end)] = sounding(read_audio(io.BytesIO(data)))
    assert [first, end] == pytest.approx([5.0, 7.0], abs=0.11)
    assert not caplog.text


def test_sound_that_begins_after_what_libav_looks_at_is_found() -> None:
    data = sound_file("mpegts", "mp2", tone(1.0, 48_000), 48_000, starts_s=20.0, video_s=22.0)
    assert sounding(read_audio(io.BytesIO(data))) == [(20.0, 21.0)]


def test_a_broadcast_begins_with_its_first_packet() -> None:
    data = sound_file("mpegts", "mp2", tone(1.0, 48_000), 48_000, starts_s=3000.0)
    [(first, _)] = sounding(read_audio(io.BytesIO(data)))
    assert first == pytest.approx(0.0, abs=0.1)


def test_an_absurd_stamp_makes_no_silence(caplog: pytest.LogCaptureFixture) -> None:
    data = sound_file("matroska", "pcm_s16le", tone(2.0), holes=[(1.0, 36_000.0)])
    assert read_audio(io.BytesIO(data)).seconds == pytest.approx(2.0, abs=0.05)
    assert "jump by hours" in caplog.text


def test_one_wrong_stamp_among_right_ones_is_not_believed() -> None:
    stamps = [*steady(0.0), 900.0, *steady(6 * MS)]
    assert placed(FrameClock(), stamps) == [0.0] * 11


def test_a_lost_packet_keeps_what_follows_in_time() -> None:
    clock = FrameClock()
    assert placed(clock, steady(0.0)) == [0.0] * 5
    clock.lost()
    assert placed(clock, steady(5 * MS + 0.2))[0] == pytest.approx(0.2)


def test_stamps_that_are_rounded_or_jitter_make_no_holes() -> None:
    jitter = [0.0, 0.05, 0.02, 0.09, 0.08, 0.1, 0.12, 0.2, 0.16]
    assert placed(FrameClock(), [*jitter]) == [0.0] * 9


def test_a_clock_that_begins_anew_goes_on_counting() -> None:
    clock = FrameClock()
    assert placed(clock, [*steady(100.0), *steady(0.0)])[5:] == [0.0] * 5
    assert clock.seconds == pytest.approx(100.0 + 10 * MS)


def test_a_clock_that_wraps_around_goes_on() -> None:
    wrap = 2**33 / 90_000
    clock = FrameClock(wrap_s=wrap, spliced=True)
    stamps = [(wrap - 3 * MS + number * MS) % wrap - (wrap - 3 * MS) for number in range(8)]
    assert placed(clock, [*stamps]) == [0.0] * 8
    assert clock.seconds == pytest.approx(8 * MS)


def test_frames_without_stamps_follow_one_another() -> None:
    assert placed(FrameClock(), [None] * 4) == [0.0] * 4


def test_a_splice_in_a_broadcast_is_no_hole_unless_the_picture_goes_on() -> None:
    alone, filmed = FrameClock(spliced=True), FrameClock(spliced=True)
    assert placed(alone, [*steady(0.0), *steady(60.0)])[5] == 0.0
    placed(filmed, steady(0.0))
    assert filmed.place(60.0, MS, 60.0 + MS, seen=59.9) == pytest.approx(59.9)
