"""Recordings that clients send, and what is no recording."""

from __future__ import annotations

import io
import sys
import tempfile
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
from starlette.datastructures import UploadFile

from vivavoce.audio import Audio
from vivavoce.config.server_settings import LimitSettings
from vivavoce.media.decode import write_audio
from vivavoce.server.errors import Problem
from vivavoce.server.http.uploads import (
    decoded,
    one_turn,
    received,
    remove_leftovers,
    streamed,
)
from vivavoce.testing import hush, say

LIMITS = LimitSettings(upload_mb=1.0, audio_s=60.0)


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files lie."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def encoded(audio: Audio, form: str = "wav") -> bytes:
    file = io.BytesIO()
    write_audio(audio, file, format=form)
    return file.getvalue()


def leftovers(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def upload(data: bytes, name: str = "a.wav") -> UploadFile:
    return UploadFile(io.BytesIO(data), filename=name)


async def test_an_upload_is_a_file_until_the_block_ends(own_folder: Path) -> None:
    data = encoded(say(1.0))
    async with received(upload(data), LIMITS) as path:
        audio = await decoded(path, 8_000, LIMITS)
    assert audio.rate == 8_000
    assert audio.seconds == pytest.approx(1.0, abs=0.01)
    assert leftovers(own_folder) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "", "a\0b", "C:\\x.wav"])
async def test_the_name_that_came_with_it_decides_nothing(own_folder: Path, name: str) -> None:
    async with received(upload(encoded(say(0.5)), name), LIMITS) as path:
        assert path.parent == own_folder
        assert (await decoded(path, 16_000, LIMITS)).seconds == pytest.approx(0.5, abs=0.01)


async def test_nothing_stays_after_an_error(own_folder: Path) -> None:
    with pytest.raises(RuntimeError):
        async with received(upload(encoded(say(0.5))), LIMITS):
            raise RuntimeError
    assert leftovers(own_folder) == []


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 400, "invalid_audio"),
        (bytes(1_000_001), 413, "file_too_large"),
    ],
)
async def test_an_empty_or_huge_file_is_refused(
    own_folder: Path, data: bytes, status: int, code: str
) -> None:
    with pytest.raises(Problem) as caught:
        async with received(upload(data), LIMITS, param="audio"):
            pass
    assert (caught.value.status, caught.value.code, caught.value.param) == (status, code, "audio")
    assert leftovers(own_folder) == []


async def test_a_small_file_with_hours_in_it_is_left_while_it_is_being_decoded() -> None:
    bomb = encoded(hush(3_600.0, rate=8_000), "flac")
    assert len(bomb) < 1_000_000
    taken = 0
    async with received(upload(bomb), LIMITS) as path:
        with pytest.raises(Problem, match="limit of 60 s") as caught:  # noqa: PT012
            async with aclosing(streamed(path, 8_000, LIMITS)) as chunks:
                async for chunk in chunks:
                    taken += len(chunk)
        assert caught.value.status == 413
        with pytest.raises(Problem, match="limit of 60 s"):
            await decoded(path, 8_000, LIMITS)
    assert taken <= 60 * 8_000


@pytest.mark.parametrize(
    "data", [b"no audio", b"{}", bytes(5_000), b"RIFF\xff\xff\xff\xffWAVEfmt "]
)
async def test_what_is_no_audio_is_said_to_be_none_without_telling_where_it_lies(
    own_folder: Path, data: bytes
) -> None:
    async with received(upload(data), LIMITS) as path:
        with pytest.raises(Problem, match="the file") as caught:
            await decoded(path, 16_000, LIMITS)
    assert caught.value.status == 400
    assert caught.value.param == "file"
    assert str(own_folder) not in str(caught.value)


async def test_a_playlist_opens_no_other_file(own_folder: Path) -> None:
    write_audio(say(1.0), own_folder / "secret.wav")
    playlist = f"#EXTM3U\n#EXTINF:1,\nfile://{own_folder}/secret.wav\n#EXT-X-ENDLIST\n".encode()
    async with received(upload(playlist, "a.m3u8"), LIMITS) as path:
        with pytest.raises(Problem):
            await decoded(path, 16_000, LIMITS)


async def test_a_full_disk_is_the_server_s_fault_and_leaves_nothing(own_folder: Path) -> None:
    class Full(UploadFile):
        async def read(self, size: int = -1) -> bytes:
            raise OSError(28, "No space left on device")

    with pytest.raises(Problem, match="disk") as caught:
        async with received(Full(io.BytesIO(b"x")), LIMITS):
            pass
    assert caught.value.status == 507
    assert leftovers(own_folder) == []


async def test_chunks_join_to_the_whole() -> None:
    async with received(upload(encoded(say(1.7))), LIMITS) as path:
        async with aclosing(streamed(path, 16_000, LIMITS)) as chunks:
            pieces = [chunk async for chunk in chunks]
        assert np.array_equal(np.concatenate(pieces), (await decoded(path, 16_000, LIMITS)).samples)


async def test_a_file_that_states_hours_is_refused_before_any_of_it_is_decoded(
    tmp_path: Path,
) -> None:
    short = encoded(say(1.0), "flac")
    # STREAMINFO's count of samples: the low 32 of the 36 bits from byte 21 on.
    stated = short[:22] + (36_000 * 16_000).to_bytes(4, "big") + short[26:]
    path = tmp_path / "hours.flac"
    path.write_bytes(stated)
    async with aclosing(streamed(path, 16_000, LIMITS)) as chunks:
        with pytest.raises(Problem, match="limit of 60 s") as caught:
            await anext(chunks)
    assert caught.value.status == 413


async def test_a_turn_of_a_conversation_may_not_be_as_long_as_a_recording(
    own_folder: Path,
) -> None:
    limits = LimitSettings(audio_s=60.0, turn_s=2.0)
    async with received(upload(encoded(say(3.0))), limits) as path:
        assert (await decoded(path, 8_000, limits)).seconds == pytest.approx(3.0, abs=0.01)
        with pytest.raises(Problem, match="limit of 2 s") as refused:
            await decoded(path, 8_000, one_turn(limits))
    assert (refused.value.status, refused.value.code) == (413, "audio_too_long")
    assert one_turn(LimitSettings(audio_s=1.0, turn_s=2.0)).audio_s == 1.0


async def test_a_header_that_states_too_little_is_found_out(own_folder: Path) -> None:
    data = bytearray(encoded(Audio.silence(90.0, 8_000), "flac"))
    # a FLAC file's stream info: 36 bits of how many samples there are, from byte 21 on
    data[21] &= 0xF0
    data[22:26] = (8_000).to_bytes(4, "big")
    async with received(upload(bytes(data)), LIMITS) as path:
        with pytest.raises(Problem, match="limit of 60 s") as refused:
            await decoded(path, 8_000, LIMITS)
    assert refused.value.code == "audio_too_long"


@pytest.mark.skipif(sys.platform == "win32", reason="files in use cannot be deleted there anyway")
async def test_what_a_killed_server_left_goes_and_what_is_in_use_stays(own_folder: Path) -> None:
    (own_folder / "vivavoce-upload-old").write_bytes(b"x")
    (own_folder / "vivavoce-other").write_bytes(b"x")
    async with received(upload(encoded(say(0.5))), LIMITS) as path:
        remove_leftovers()
        assert {each.name for each in leftovers(own_folder)} == {path.name, "vivavoce-other"}
        assert (await decoded(path, 8_000, LIMITS)).seconds == pytest.approx(0.5, abs=0.01)
