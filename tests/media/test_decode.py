"""Reading and writing sound files, the broken and the strange included."""

from __future__ import annotations

import asyncio
import io
import os
import random
import struct
import subprocess
import sys
import threading
from contextlib import aclosing, suppress
from pathlib import Path
from typing import BinaryIO, cast

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.media.sounds import sound_file
from vivavoce.audio import Audio, Samples
from vivavoce.errors import BadAudio
from vivavoce.media.decode import probe_audio, read_audio, stream_audio, write_audio

RATE = 16_000
PCM, FLOAT, MULAW = 1, 3, 7


def tone(seconds: float = 1.0, rate: int = RATE, hertz: float = 440.0) -> Samples:
    times = np.arange(round(seconds * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * hertz * times)).astype(np.float32)


def wav(
    data: bytes | NDArray[np.generic],
    *,
    code: int = PCM,
    bits: int = 16,
    channels: int = 1,
    rate: int = RATE,
    riff_size: int | None = None,
    data_size: int | None = None,
) -> bytes:
    """A WAV file whose header says what it is told to say."""
    data = data if isinstance(data, bytes) else data.tobytes()
    block = channels * bits // 8
    riff_size = 36 + len(data) if riff_size is None else riff_size
    data_size = len(data) if data_size is None else data_size
    return b"".join(
        [
            struct.pack("<4sI4s", b"RIFF", riff_size, b"WAVE"),
            struct.pack("<4sIHHIIHH", b"fmt ", 16, code, channels, rate, rate * block, block, bits),
            struct.pack("<4sI", b"data", data_size),
            data,
        ]
    )


def pcm16(samples: Samples) -> bytes:
    return (samples * 32767).astype("<i2").tobytes()


def read(data: bytes, rate: int | None = None) -> Audio:
    return read_audio(io.BytesIO(data), rate=rate)


class Pipe(io.RawIOBase):
    """A source that gives bytes once, in small pieces."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._data.read(min(size, 1000) if size > 0 else 1000)


# --- every kind of sample ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "bits", "encode", "step"),
    [
        (PCM, 8, lambda x: (x * 127 + 128).round().astype(np.uint8), 2**-7),
        (PCM, 16, lambda x: (x * 32767).round().astype("<i2"), 2**-15),
        (PCM, 24, lambda x: (x * 8388607).astype("<i4")[:, None].view(np.uint8)[:, :3], 2**-22),
        (PCM, 32, lambda x: (x.astype(float) * 2147483647).astype("<i4"), 2**-22),
        (PCM, 64, lambda x: (x.astype(float) * 2.0**63).astype("<i8"), 2**-22),
        (FLOAT, 32, lambda x: x.astype("<f4"), 0.0),
        (FLOAT, 64, lambda x: x.astype("<f8"), 0.0),
    ],
)
def test_samples_of_any_width_come_out_the_same(code, bits, encode, step):  # type: ignore[no-untyped-def]
    data = wav(np.ascontiguousarray(encode(tone())), code=code, bits=bits)
    audio = read(data)
    assert audio.rate == RATE
    assert audio.samples.dtype == np.float32
    assert np.abs(audio.samples - tone()).max() <= 2 * step


@pytest.mark.parametrize("rate", [8_000, 44_100, 192_000])
def test_any_rate_is_kept_unless_another_is_wanted(rate: int) -> None:
    data = wav(pcm16(tone(rate=rate)), rate=rate)
    assert read(data).rate == rate
    resampled = read(data, rate=RATE)
    assert resampled.rate == RATE
    assert len(resampled.samples) == pytest.approx(RATE, abs=2)
    assert resampled.dbfs == pytest.approx(read(data).dbfs, abs=0.1)


@pytest.mark.parametrize("channels", [2, 6, 13])
def test_a_voice_on_one_of_many_channels_is_as_loud_as_there(channels: int) -> None:
    frames = np.zeros((RATE, channels), np.float32)
    frames[:, channels - 1] = tone()
    audio = read(wav(frames, code=FLOAT, bits=32, channels=channels))
    assert audio.dbfs == pytest.approx(Audio(tone(), RATE).dbfs, abs=0.1)
    assert (
        probe_audio(io.BytesIO(wav(frames, code=FLOAT, bits=32, channels=channels))).channels
        == channels
    )


def test_nan_and_infinity_become_silence() -> None:
    samples = tone()
    samples[10], samples[20], samples[30] = np.nan, np.inf, -np.inf
    audio = read(wav(samples, code=FLOAT, bits=32))
    assert np.isfinite(audio.samples).all()
    assert audio.samples[[10, 20, 30]].tolist() == [0, 0, 0]
    assert audio.samples[40] == samples[40]


def test_floats_past_what_float32_holds_do_no_harm() -> None:
    assert read(wav(np.full(100, 1e300), code=FLOAT, bits=64)).samples.tolist() == [0.0] * 100


def test_what_is_past_full_scale_is_clipped() -> None:
    assert np.abs(read(wav(tone() * 8, code=FLOAT, bits=32)).samples).max() == 1.0


def test_silence_and_a_file_without_samples_are_audio() -> None:
    assert read(wav(bytes(3200))).dbfs == -np.inf
    assert read(wav(b"")).seconds == 0.0


# --- files that are not what they say ------------------------------------------------------------


@pytest.mark.parametrize(
    ("riff_size", "data_size"),
    [(0, 0), (0xFFFFFFFF, 0xFFFFFFFF), (2**31, 2**31), (100, 2**31)],
    ids=["zero", "all ones", "too long", "contradictory"],
)
@pytest.mark.parametrize("seekable", [True, False])
def test_a_wav_header_that_lies_about_sizes_loses_nothing(
    riff_size: int, data_size: int, seekable: bool
) -> None:
    data = wav(pcm16(tone()), riff_size=riff_size, data_size=data_size)
    source = io.BytesIO(data) if seekable else cast("BinaryIO", Pipe(data))
    np.testing.assert_allclose(read_audio(source).samples, tone(), atol=1e-4)


def test_half_a_sample_at_the_end_is_left_out() -> None:
    assert len(read(wav(pcm16(tone()))[:-1]).samples) == RATE - 1


@pytest.mark.parametrize("format_", ["mp3", "ogg", "flac", "wav"])
def test_what_is_there_of_a_truncated_file_is_kept(
    format_: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole = tmp_path / f"whole.{format_}"
    write_audio(Audio(tone(10.0), RATE), whole)
    half = tmp_path / f"half.{format_}"
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert 4.0 < read_audio(half).seconds < 5.5
    if format_ in ("mp3", "flac"):  # the others do not say how long they wanted to be
        assert "half" in caplog.text
        assert "cut short" in caplog.text


def test_damage_in_the_middle_costs_only_what_is_damaged(caplog: pytest.LogCaptureFixture) -> None:
    file = io.BytesIO()
    write_audio(Audio(tone(10.0), RATE), file, format="mp3")
    data = bytearray(file.getvalue())
    data[len(data) // 2 : len(data) // 2 + 2000] = bytes(2000)
    assert 9.0 < read(bytes(data)).seconds < 10.0
    assert "damaged" in caplog.text


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("empty.wav", b"", "is empty"),
        ("notes.wav", b"Dear diary,\n" * 300, "is not audio"),
        ("noise.mp3", np.random.default_rng(0).bytes(20_000), "is not audio"),
        ("captions.srt", b"1\n00:00:01,000 --> 00:00:02,000\nHello\n\n", "only subtitle"),
        ("zero.wav", wav(bytes(320), rate=0), "is not audio"),
        ("slow.wav", wav(bytes(320), rate=1), "a rate of 1 Hz"),
        ("fast.wav", wav(bytes(320), rate=2_000_000), "a rate of 2000000 Hz"),
        ("none.wav", wav(bytes(320), channels=0), "no audio that can be decoded"),
        ("strange.wav", wav(bytes(320), code=0x1234), "an unknown audio codec"),
        ("header.mp3", b"ID3\x04\x00\x00\x00\x00\x00\x00", "is not audio"),
    ],
)
def test_a_file_that_is_no_audio_says_why(
    name: str, data: bytes, message: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    for act in (read_audio, probe_audio):
        if act is probe_audio and "rate of" in message:
            continue
        with pytest.raises(BadAudio, match=message) as caught:
            act(path)
        assert name in str(caught.value)


def test_a_missing_file_and_a_folder_say_so(tmp_path: Path) -> None:
    with pytest.raises(BadAudio, match=r"file not found.*nothing\.wav"):
        read_audio(tmp_path / "nothing.wav")
    with pytest.raises(BadAudio, match="is a folder"):
        read_audio(tmp_path)


def test_a_name_is_never_taken_for_an_address() -> None:
    with pytest.raises(BadAudio, match="file not found"):
        read_audio("concat:a.wav|b.wav")


@pytest.mark.parametrize(
    "playlist",
    [
        "ffconcat version 1.0\nfile secret.wav\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nsecret.wav\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:secret.wav\n#EXT-X-ENDLIST\n",
    ],
    ids=["concat", "hls", "hls with a protocol"],
)
def test_a_playlist_cannot_have_other_files_read(
    playlist: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret.wav").write_bytes(wav(pcm16(tone())))
    (tmp_path / "list.m3u8").write_text(playlist)
    monkeypatch.chdir(tmp_path)
    for source in ("list.m3u8", io.BytesIO(playlist.encode())):
        with pytest.raises(BadAudio):
            read_audio(source)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_no_bytes_raise_anything_but_bad_audio(data: st.DataObject) -> None:
    valid = wav(pcm16(tone(0.05)), code=data.draw(st.sampled_from([PCM, FLOAT, MULAW, 0x11])))
    broken = bytearray(valid)
    for _ in range(data.draw(st.integers(1, 8))):
        broken[data.draw(st.integers(0, 60))] = data.draw(st.integers(0, 255))
    try:
        audio = read(bytes(broken), rate=RATE)
    except BadAudio:
        return
    assert np.isfinite(audio.samples).all()
    assert np.abs(audio.samples).max(initial=0.0) <= 2.0


@pytest.mark.parametrize(
    ("container", "codec"),
    [
        ("w64", "pcm_s16le"), ("caf", "pcm_s16le"), ("flac", "flac"), ("mp4", "aac"),
        ("matroska", "pcm_s16le"), ("mpegts", "mp2"), ("avi", "pcm_s16le"), ("ogg", "flac"),
    ],
)  # fmt: skip
def test_no_broken_container_raises_anything_but_bad_audio(container: str, codec: str) -> None:
    valid, chance = sound_file(container, codec, tone(0.5)), random.Random(1)
    for _ in range(30):
        broken = bytearray(valid)
        for _ in range(chance.randint(1, 8)):
            broken[chance.randrange(min(400, len(broken)))] = chance.randrange(256)
        try:
            audio = read_audio(io.BytesIO(broken), rate=RATE, limit_s=30.0)
        except BadAudio:
            continue
        assert np.isfinite(audio.samples).all()


# --- video, and what a file says of itself -------------------------------------------------------


def video(path: Path, *, sound: bool) -> None:
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("mpeg4", rate=10)
        pictures.width = pictures.height = 64
        voice = container.add_stream("aac", rate=RATE, layout="mono") if sound else None
        for _ in range(10):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            container.mux(pictures.encode(frame))
        container.mux(pictures.encode(None))
        if voice is not None:
            sounds = av.AudioFrame.from_ndarray(tone()[None], format="fltp", layout="mono")
            sounds.sample_rate = RATE
            container.mux(voice.encode(sounds))
            container.mux(voice.encode(None))


def test_of_a_video_the_audio_is_taken(tmp_path: Path) -> None:
    video(tmp_path / "film.mp4", sound=True)
    assert read_audio(tmp_path / "film.mp4").seconds == pytest.approx(1.0, abs=0.1)
    info = probe_audio(tmp_path / "film.mp4")
    assert (info.codec, info.rate, info.channels) == ("aac", RATE, 1)
    assert "mp4" in info.container


def test_a_silent_film_has_no_audio(tmp_path: Path) -> None:
    video(tmp_path / "film.mp4", sound=False)
    with pytest.raises(BadAudio, match="only video"):
        read_audio(tmp_path / "film.mp4")


def test_an_mp4_with_its_index_at_the_end_can_come_through_a_pipe(tmp_path: Path) -> None:
    video(tmp_path / "film.mp4", sound=True)
    pipe = cast("BinaryIO", Pipe((tmp_path / "film.mp4").read_bytes()))
    assert read_audio(pipe).seconds == pytest.approx(1.0, abs=0.1)


def test_a_real_recording_reads_the_same_in_each_of_its_formats() -> None:
    folder = Path(__file__).parents[3] / "shared" / "speech" / "faster-whisper"
    if not folder.is_dir():
        pytest.skip(f"no recordings at {folder}")
    stereo, mono = read_audio(folder / "jfk.flac", rate=RATE), read_audio(folder / "jfk.wav")
    assert stereo.seconds == pytest.approx(mono.seconds, abs=0.01)
    assert float(np.corrcoef(stereo.samples[: 10 * RATE], mono.samples[: 10 * RATE])[0, 1]) > 0.9


# --- reading less than everything, and in pieces -------------------------------------------------


def test_a_limit_reads_only_the_start() -> None:
    audio = read_audio(io.BytesIO(wav(pcm16(tone(3.0)))), limit_s=0.25)
    np.testing.assert_allclose(audio.samples, tone(0.25), atol=1e-4)


@settings(deadline=None, max_examples=20)
@given(
    seconds=st.floats(0.0, 2.0),
    rate=st.sampled_from([8_000, 16_000, 22_050]),
    chunk_s=st.floats(0.001, 3.0),
)
def test_chunks_joined_are_the_whole(seconds: float, rate: int, chunk_s: float) -> None:
    data = wav(pcm16(tone(seconds)))

    async def chunks() -> list[Samples]:
        async with aclosing(stream_audio(io.BytesIO(data), rate, chunk_s=chunk_s)) as stream:
            return [chunk async for chunk in stream]

    parts = asyncio.run(chunks())
    assert all(len(part) == max(1, round(chunk_s * rate)) for part in parts[:-1])
    joined = np.concatenate([np.zeros(0, np.float32), *parts])
    np.testing.assert_array_equal(joined, read(data, rate=rate).samples)


async def test_a_stream_that_is_closed_early_closes_its_file(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    path.write_bytes(wav(bytes(2 * RATE * 600)))
    async with aclosing(stream_audio(path, RATE)) as stream:
        assert len(await anext(stream)) == RATE // 2
        assert str(path) in open_files()
    assert str(path) not in open_files()
    assert not [thread for thread in threading.enumerate() if "media" in thread.name]


async def test_a_cancelled_stream_closes_its_file(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    path.write_bytes(wav(bytes(2 * RATE * 600)))
    begun = asyncio.Event()

    async def listen() -> None:
        async with aclosing(stream_audio(path, RATE)) as stream:
            async for _ in stream:
                begun.set()
                await asyncio.Event().wait()

    task = asyncio.create_task(listen())
    await begun.wait()
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    assert str(path) not in open_files()


async def test_waiting_for_a_pipe_can_be_cancelled() -> None:
    ours, theirs = os.pipe()
    os.write(theirs, wav(bytes(2 * RATE), data_size=0xFFFFFFFF))
    begun = threading.Event()

    class Telling(io.FileIO):
        def read(self, size: int | None = -1) -> bytes:
            begun.set()
            return super().read(-1 if size is None else size) or b""

    async def listen() -> None:
        with Telling(ours) as pipe:
            async with aclosing(stream_audio(cast("BinaryIO", pipe), RATE)) as stream:
                await anext(stream)

    task = asyncio.create_task(listen())
    await asyncio.to_thread(begun.wait)
    task.cancel()
    await asyncio.wait({task})
    os.close(theirs)
    assert task.cancelled()


async def test_a_stream_of_nonsense_raises_bad_audio() -> None:
    with pytest.raises(BadAudio, match="is not audio"):
        async with aclosing(stream_audio(io.BytesIO(b"nonsense" * 100), RATE)) as stream:
            await anext(stream)


def open_files() -> list[str]:
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("this system does not tell which files are open")
    return [str(link.resolve()) for link in folder.iterdir() if link.is_symlink()]


LISTEN = """
import asyncio, resource, sys
from contextlib import aclosing, suppress
from vivavoce.media.decode import stream_audio

async def listen(path):
    samples = 0
    async with aclosing(stream_audio(path, 8000)) as stream:
        async for chunk in stream:
            samples += len(chunk)
    return samples

def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

asyncio.run(listen(sys.argv[1]))
before = peak_mb()
samples = asyncio.run(listen(sys.argv[2]))
print(samples / 8000, peak_mb() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts memory as Linux does")
def test_three_hours_take_no_more_memory_than_a_minute(tmp_path: Path) -> None:
    for name, seconds in (("minute.wav", 60), ("hours.wav", 3 * 3600)):
        with (tmp_path / name).open("wb") as file:
            file.write(wav(b"", rate=8_000, data_size=16_000 * seconds))
            file.truncate(44 + 16_000 * seconds)
    output = subprocess.run(
        [sys.executable, "-c", LISTEN, tmp_path / "minute.wav", tmp_path / "hours.wav"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    heard_s, growth_mb = map(float, output.split())
    assert heard_s == 3 * 3600
    assert growth_mb < 20


@pytest.mark.parametrize("form", ["w64", "caf", "flac", "wav", "aiff", "au"])
def test_whatever_is_wrong_with_a_file_it_is_read_or_refused(form: str) -> None:
    codec = {"flac": "flac", "aiff": "pcm_s16be", "au": "pcm_s16be"}.get(form, "pcm_s16le")
    whole = io.BytesIO()
    with av.open(whole, "w", format=form) as container:
        stream = container.add_stream(codec, rate=8_000, layout="mono")
        assert isinstance(stream, av.AudioStream)
        frame = av.AudioFrame.from_ndarray(np.ones((1, 8_000), np.int16), "s16", "mono")
        frame.rate = 8_000
        container.mux([*stream.encode(frame), *stream.encode(None)])
    data, chance = whole.getvalue(), random.Random(form)
    for _ in range(60):
        damaged = bytearray(data)
        for _ in range(chance.choice([1, 4, 16])):
            damaged[chance.randrange(200)] = chance.choice([0, 127, 128, 255])
        for read in (probe_audio, read_audio):
            with suppress(BadAudio):
                read(io.BytesIO(damaged))


def test_a_wav_of_64_bit_integers_is_read_or_refused() -> None:
    samples = (np.sin(np.arange(8_000) * 0.1) * 2**62).astype("<i8").tobytes()
    form = struct.pack("<HHIIHH", 1, 1, 8_000, 64_000, 8, 64)
    head = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(samples))
    file = b"RIFF" + struct.pack("<I", len(head) + len(samples)) + head + samples
    audio = read_audio(io.BytesIO(file))
    assert audio.seconds == pytest.approx(1.0)
    assert 0.4 < np.abs(audio.samples).max() < 0.6
