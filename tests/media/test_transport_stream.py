"""MPEG transport streams whose audio goes on under another number."""

from __future__ import annotations

import io
from typing import BinaryIO, cast

import pytest

from tests.media.sounds import pitch, sound_file, sounding, tone
from tests.media.test_chain import Trickle
from vivavoce.media.decode import read_audio
from vivavoce.media.transport_stream import ProgramScanner


def stream(hertz: float, first_pid: int, program: int = 1, video_s: float = 0.0) -> bytes:
    options = {
        "mpegts_start_pid": str(first_pid),
        "mpegts_service_id": str(program),
        "mpegts_pmt_start_pid": str(4095 + program),
    }
    sound = tone(2.0, 48_000, hertz)
    return sound_file("mpegts", "mp2", sound, 48_000, options=options, video_s=video_s)


def heard(data: bytes, *, once: bool = False) -> None:
    """See that two seconds of one pitch and two of another come out."""
    source = cast("BinaryIO", Trickle(data, 1000)) if once else io.BytesIO(data)
    audio = read_audio(source)
    assert sounding(audio)[-1][1] == pytest.approx(4.0, abs=0.2)
    assert pitch(audio, 0.5, 1.5) == pytest.approx(440, abs=2)
    assert pitch(audio, 2.5, 3.5) == pytest.approx(880, abs=2)


@pytest.mark.parametrize("once", [False, True])
@pytest.mark.parametrize(
    "rest",
    [stream(880, 256), stream(880, 300), stream(880, 300, 2)],
    ids=["the same", "another number", "another program"],
)
def test_audio_that_goes_on_is_read_to_its_end(rest: bytes, once: bool) -> None:
    heard(stream(440, 256) + rest, once=once)


def test_a_picture_that_goes_on_beside_it_changes_nothing() -> None:
    data = stream(440, 256, video_s=2.0) + stream(880, 300, video_s=2.0)
    heard(data)


@pytest.mark.parametrize("size", [188, 1000, 65_536])
def test_the_place_is_found_however_the_data_come(size: int) -> None:
    first, data = stream(440, 256), stream(440, 256) + stream(880, 300)
    scanner, at, found = ProgramScanner(), 0, None
    while at < len(data) and found is None:
        piece = data[at : at + size]
        piece += data[at + len(piece) : at + len(piece) + scanner.missing(piece)]
        found = scanner.find(piece, fresh=at == 0)
        at += len(piece) if found is None else found
    assert abs(at - len(first)) <= 2 * 188


@pytest.mark.parametrize("data", [b"", b"G", b"G" * 1000, bytes(1000), b"GIF89a" + bytes(400)])
def test_what_is_no_transport_stream_has_no_such_place(data: bytes) -> None:
    scanner = ProgramScanner()
    assert scanner.missing(data) < 188
    assert scanner.find(data, fresh=True) is None
