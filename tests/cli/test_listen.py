"""`vivavoce listen`, with an engine that hears what it is told to hear."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

from vivavoce.audio import Audio, to_pcm16
from vivavoce.cli.caption_output import Output, form_of, partial_line
from vivavoce.cli.pcm import Encoding, PcmInput
from vivavoce.engines import Transcript, Word
from vivavoce.testing import hush, say
from vivavoce.transcripts.live_captions import Caption

Run = Callable[..., subprocess.CompletedProcess[str]]
ENGINES = ["--stt", "scripted:one two|three four", "--vad", "scripted"]
SPEECH = [hush(0.5), say(0.5), hush(1.5), say(0.5), hush(0.5)]


def pcm(audio: Sequence[Audio], encoding: Encoding = "s16le") -> bytes:
    samples = np.concatenate([part.samples for part in audio])
    return to_pcm16(samples) if encoding == "s16le" else samples.astype("<f4").tobytes()


def listen(data: bytes, *args: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "vivavoce", "listen", "--stdin", *ENGINES, *args]
    return subprocess.run(command, input=data, capture_output=True, check=False)


# --- the command ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("plugin")
def test_finals_go_to_stdout_a_line_each() -> None:
    ran = listen(pcm(SPEECH))
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.split() == b"one two three four".split()
    assert len(ran.stdout.splitlines()) == 2


@pytest.mark.usefixtures("plugin")
def test_floats_of_another_rate_are_understood_as_json() -> None:
    speech = [hush(0.5, rate=48_000), say(0.5, rate=48_000), hush(0.5, rate=48_000)]
    ran = listen(pcm(speech, "f32le"), "--rate", "48000", "--encoding", "f32le", "--format", "json")
    (line,) = ran.stdout.splitlines()
    told = json.loads(line)
    assert told["text"] == "one two"
    assert told["start"] == pytest.approx(0.5, abs=0.05)
    assert "final" not in told


@pytest.mark.usefixtures("plugin")
def test_partials_are_in_the_json_when_asked_for() -> None:
    ran = listen(pcm(SPEECH), "--format", "json", "--partials")
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [line["text"] for line in lines if line["final"]] == ["one two", "three four"]
    assert [line["stable"] for line in lines if not line["final"]][:2] == [0, 1]


@pytest.mark.usefixtures("plugin")
def test_a_file_gets_what_its_ending_says(tmp_path: Path) -> None:
    path = tmp_path / "captions.srt"
    ran = listen(pcm(SPEECH), "-o", str(path))
    assert (ran.returncode, ran.stdout) == (0, b"")
    assert path.read_text().startswith("1\n00:00:00,")
    assert "\n2\n" in path.read_text()


@pytest.mark.usefixtures("plugin")
def test_ctrl_c_keeps_what_was_said_so_far() -> None:
    command = [sys.executable, "-m", "vivavoce", "listen", "--stdin", *ENGINES]
    command += ["--format", "json", "--partials"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as ran:  # type: ignore[call-overload]
        ran.stdin.write(pcm(SPEECH[:4]))
        ran.stdin.flush()
        while json.loads(ran.stdout.readline())["text"] != "three four":
            pass
        ran.send_signal(signal.SIGINT)
        last = ran.stdout.read().splitlines()[-1]
        assert (ran.wait(), ran.stderr.read()) == (0, b"")
    assert (json.loads(last)["text"], json.loads(last)["final"]) == ("three four", True)


@pytest.mark.usefixtures("plugin")
def test_no_input_gives_no_captions() -> None:
    for data in (b"", b"\0", pcm([hush(1.0)])):
        ran = listen(data)
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"", b"")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--partials"], "--partials needs --format json"),
        (["--format", "vtt"], "'vtt' is not one of"),
        (["--encoding", "mp3"], "'mp3' is not one of"),
        (["--rate", "3"], "1000<=x<=768000"),
    ],
)
def test_a_wrong_option_is_told_without_a_traceback(
    vivavoce: Run, args: list[str], words: str
) -> None:
    ran = vivavoce("listen", "--stdin", *args)
    assert ran.returncode == 2
    assert words in ran.stderr


def test_a_folder_that_is_not_there_is_an_error(vivavoce: Run, tmp_path: Path) -> None:
    ran = vivavoce("listen", "--stdin", "-o", tmp_path / "none" / "a.txt")
    assert ran.returncode == 1
    assert "No such file or directory" in ran.stderr


# --- raw audio -----------------------------------------------------------------------------------


class Pipe(io.BytesIO):
    """Gives these pieces, one a read."""

    def __init__(self, *pieces: bytes) -> None:
        super().__init__()
        self.pieces = list(pieces)

    def read1(self, size: int | None = -1, /) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""


async def read(*pieces: bytes, encoding: Encoding = "s16le") -> list[float]:
    source = PcmInput(Pipe(*pieces), 16_000, encoding).source()
    async with aclosing(source) as chunks:
        return [float(sample) for audio in chunks_of([a async for a in chunks]) for sample in audio]


def chunks_of(audio: list[Audio]) -> list[list[float]]:
    return [part.samples.tolist() for part in audio]


async def test_samples_may_be_torn_anywhere() -> None:
    data = to_pcm16(np.linspace(-1, 1, 50, dtype=np.float32))
    whole = await read(data)
    assert len(whole) == 50
    assert await read(*(data[at : at + 1] for at in range(len(data)))) == whole
    assert await read(data[:33], data[33:34], data[34:]) == whole


async def test_half_a_sample_at_the_end_is_left_out() -> None:
    assert len(await read(b"\0\0\0")) == 1
    assert await read(np.float32(0.5).tobytes() + b"\1\2", encoding="f32le") == [0.5]


async def test_a_closed_input_ends_though_nothing_comes() -> None:
    out, into = os.pipe()
    with open(out, "rb") as stream, open(into, "wb", buffering=0) as writer:  # noqa: ASYNC230, PTH123
        pcm_input = PcmInput(stream, 16_000, "s16le")
        source = pcm_input.source()
        writer.write(b"\0\0" * 10)
        assert len((await anext(source)).samples) == 10
        pcm_input.close()
        pcm_input.close()
        assert [audio async for audio in source] == []
        writer.close()


# --- what is written -----------------------------------------------------------------------------


def caption(start: float, end: float, text: str, *, final: bool = True, stable: int = 0) -> Caption:
    return Caption(start, end, Transcript(text, stable=stable), final)


def test_cues_never_overlap_though_short_ones_are_shown_longer(tmp_path: Path) -> None:
    path = tmp_path / "a.srt"
    with Output("srt", path) as out:
        out.show(caption(1.0, 1.2, "Yes."))
        out.show(caption(1.4, 3.0, "And no."))
    assert path.read_text() == (
        "1\n00:00:01,000 --> 00:00:02,000\nYes.\n\n2\n00:00:02,000 --> 00:00:03,000\nAnd no.\n\n"
    )


def test_captions_are_in_the_file_as_soon_as_they_are_final(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with Output("json", path) as out:
        out.show(Caption(0.0, 1.0, Transcript("Hi", (Word("Hi", 0.0, 1.0),)), final=True))
        line = json.loads(path.read_text())
    assert line == {
        "start": 0.0,
        "end": 1.0,
        "text": "Hi",
        "words": [{"text": "Hi", "start": 0.0, "end": 1.0}],
    }


def test_a_final_without_words_is_written_only_where_partials_are(tmp_path: Path) -> None:
    for partials, count in ((False, 0), (True, 1)):
        path = tmp_path / f"{partials}.jsonl"
        with Output("json", path, partials=partials) as out:
            out.show(caption(0.0, 1.0, ""))
        assert len(path.read_text().splitlines()) == count


@pytest.mark.parametrize(
    ("name", "form"), [("a.srt", "srt"), ("a.JSONL", "json"), ("a.txt", "text"), ("a", "text")]
)
def test_the_ending_decides_the_format(name: str, form: str) -> None:
    assert form_of(Path(name)) == form
    assert form_of(None) == "text"


def test_a_partial_fits_one_line_and_dims_what_may_change() -> None:
    line = partial_line(caption(0, 1, "one two three", final=False, stable=2), 80)
    assert line == "one two \x1b[2mthree\x1b[0m"
    long = " ".join(f"word{number}" for number in range(50))
    shown = partial_line(caption(0, 1, long, final=False, stable=99), 30)
    assert shown.startswith("… ")
    assert shown.endswith("word49")
    assert len(shown) <= 30
