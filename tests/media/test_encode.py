"""Writing sound files, whole or not at all."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import pytest
from typing_extensions import Buffer

from vivavoce.audio import Audio, Samples
from vivavoce.errors import BadRequest
from vivavoce.media.decode import FORMATS, Writer, read_audio, write_audio

RATE = 16_000


def tone(seconds: float = 1.0, rate: int = RATE) -> Samples:
    times = np.arange(round(seconds * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000, 192_000])
def test_what_is_written_reads_back(format_: str, rate: int, tmp_path: Path) -> None:
    audio = Audio(tone(1.0, rate), rate)
    write_audio(audio, tmp_path / f"a.{format_}")
    again = read_audio(tmp_path / f"a.{format_}")
    assert again.seconds == pytest.approx(1.0, abs=0.2)  # AAC pads its last frame
    assert again.dbfs == pytest.approx(audio.dbfs, abs=1.5)
    if format_ in ("wav", "flac"):
        assert again.rate == rate
        np.testing.assert_allclose(again.samples, audio.samples, atol=2**-15)


def test_a_writer_takes_pieces_of_any_size(tmp_path: Path) -> None:
    samples = tone(2.0)
    with Writer(tmp_path / "a.wav", RATE) as writer:
        for part in np.split(samples, [0, 1, 100, 20_000]):
            writer.write(part)
    np.testing.assert_allclose(read_audio(tmp_path / "a.wav").samples, samples, atol=2**-15)


@pytest.mark.parametrize("format_", [name for name in FORMATS if name != "aac"])  # has no header
def test_a_file_of_nothing_can_be_written(format_: str, tmp_path: Path) -> None:
    write_audio(Audio.silence(0, RATE), tmp_path / f"a.{format_}")
    assert (tmp_path / f"a.{format_}").stat().st_size > 0


def test_nan_is_written_as_silence(tmp_path: Path) -> None:
    write_audio(Audio(np.full(100, np.nan, np.float32), RATE), tmp_path / "a.wav")
    assert not read_audio(tmp_path / "a.wav").samples.any()


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_leaves_what_was_there_before(error: type[BaseException], tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(b"before")
    with pytest.raises(error), Writer(path, RATE) as writer:  # noqa: PT012
        writer.write(tone())
        raise error
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_may_be_given_up_while_another_thread_writes(tmp_path: Path) -> None:
    begun = threading.Event()

    def write(writer: Writer) -> None:
        with pytest.raises(ValueError, match="closed"):  # noqa: PT012
            while True:
                writer.write(tone(0.1))
                begun.set()

    with pytest.raises(RuntimeError), Writer(tmp_path / "a.mp3", RATE) as writer:  # noqa: PT012
        thread = threading.Thread(target=write, args=[writer])
        thread.start()
        begun.wait()
        raise RuntimeError
    thread.join()
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_seen_before_the_file_is_whole(tmp_path: Path) -> None:
    with Writer(tmp_path / "a.ogg", RATE) as writer:
        writer.write(tone())
        assert not (tmp_path / "a.ogg").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["a.ogg"]


@pytest.mark.parametrize("format_", [name for name in FORMATS if name != "m4a"])
def test_a_target_need_not_be_seekable(format_: str) -> None:
    ours, theirs = os.pipe()
    received = bytearray()

    def receive() -> None:
        with os.fdopen(ours, "rb") as file:
            received.extend(file.read())

    thread = threading.Thread(target=receive)
    thread.start()
    with os.fdopen(theirs, "wb") as pipe:
        write_audio(Audio(tone(), RATE), pipe, format=format_)
    thread.join()
    assert read_audio(io.BytesIO(received)).seconds == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize("format_", [name for name in FORMATS if name != "m4a"])
def test_who_listens_while_it_is_written_is_a_fifth_of_a_second_behind(format_: str) -> None:
    class Listener(io.RawIOBase):
        def __init__(self) -> None:
            self.heard = b""

        def write(self, data: Buffer) -> int:
            self.heard += bytes(data)
            return len(bytes(data))

    listener = Listener()
    with Writer(cast("BinaryIO", listener), 24_000, format=format_) as writer:
        for piece in np.split(tone(1.0, 24_000), 20):
            writer.write(piece)
        assert read_audio(io.BytesIO(listener.heard)).seconds > 0.8


def test_m4a_says_that_it_needs_a_seekable_target() -> None:
    ours, theirs = os.pipe()
    with (
        os.fdopen(ours, "rb"),
        os.fdopen(theirs, "wb") as pipe,
        pytest.raises(BadRequest, match="m4a needs a seekable file"),
    ):
        write_audio(Audio(tone(), RATE), pipe, format="m4a")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("format_", FORMATS)
def test_a_full_disk_is_an_error_and_nothing_more(
    format_: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(OSError, match="No space left"):
        write_audio(Audio(tone(5.0), RATE), "/dev/full", format=format_)
    assert capfd.readouterr().err == ""
    assert Path("/dev/full").is_char_device()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.xyz", "cannot write 'xyz' files; use one of wav, mp3"),
        ("a", "has no extension"),
        ("nowhere/a.wav", "does not exist"),
        ("folder.wav", "is a folder"),
    ],
)
def test_a_target_that_cannot_be_says_so(name: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "folder.wav").mkdir()
    with pytest.raises(BadRequest, match=message):
        write_audio(Audio(tone(), RATE), tmp_path / name)


def test_a_format_must_be_named_for_an_open_file() -> None:
    with pytest.raises(BadRequest, match="choose a format"):
        write_audio(Audio(tone(), RATE), io.BytesIO())
