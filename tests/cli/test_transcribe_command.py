"""`vivavoce transcribe`, with an engine that hears what it is told to hear."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.media.sounds import sound_file
from vivavoce.audio import Audio
from vivavoce.media.decode import write_audio
from vivavoce.testing import hush, say

Run = Callable[..., subprocess.CompletedProcess[str]]
ENGINES = ["--stt", "scripted:one two|three four", "--vad", "scripted"]
pytestmark = pytest.mark.usefixtures("plugin")


def recording(path: Path, *voiced: float) -> Path:
    """Stretches of voice, each with silence around it."""
    parts = [hush(0.5).samples]
    for seconds in voiced:
        parts += [say(seconds).samples, hush(2.0).samples]
    write_audio(Audio(np.concatenate(parts), 16_000), path)
    return path


def test_text_goes_to_stdout_a_line_a_segment(vivavoce: Run, tmp_path: Path) -> None:
    ran = vivavoce("transcribe", recording(tmp_path / "a.mp3", 0.5, 0.5), *ENGINES)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "".join(ran.stdout.split()) == "onetwothreefour"


def test_json_has_the_text_and_the_times(vivavoce: Run, tmp_path: Path) -> None:
    ran = vivavoce("transcribe", recording(tmp_path / "a.wav", 0.5), "--format", "json", *ENGINES)
    told = json.loads(ran.stdout)
    assert told["text"] == "one two"
    [segment] = told["segments"]
    assert segment["start"] == pytest.approx(0.5, abs=0.3)


def test_several_files_are_told_apart(vivavoce: Run, tmp_path: Path) -> None:
    files = [recording(tmp_path / "a.wav", 0.5), recording(tmp_path / "b.wav", 0.5)]
    ran = vivavoce("transcribe", *files, *ENGINES)
    assert ran.stdout == f"==> {files[0]} <==\none two\n==> {files[1]} <==\nthree four\n"
    ran = vivavoce("transcribe", *files, "--format", "json", *ENGINES)
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [line["file"] for line in lines] == [str(file) for file in files]
    assert [line["text"] for line in lines] == ["one two", "three four"]


def test_a_recording_can_come_on_stdin(tmp_path: Path) -> None:
    data = recording(tmp_path / "a.ogg", 0.5).read_bytes()
    command = [sys.executable, "-m", "vivavoce", "transcribe", "-", "--format", "vtt", *ENGINES]
    ran = subprocess.run(command, input=data, capture_output=True, check=True)
    assert ran.stdout.startswith(b"WEBVTT\n")
    assert b"one two" in ran.stdout


@pytest.mark.parametrize(
    ("form", "ending", "start"),
    [
        ("text", "txt", "one"),
        ("json", "json", "{"),
        ("srt", "srt", "1\n"),
        ("vtt", "vtt", "WEBVTT"),
    ],
)
def test_a_folder_gets_a_file_each(
    form: str, ending: str, start: str, vivavoce: Run, tmp_path: Path
) -> None:
    files = [recording(tmp_path / "a.wav", 0.5), recording(tmp_path / "b.wav", 0.5)]
    folder = tmp_path / "texts" / "today"
    ran = vivavoce("transcribe", *files, "-o", folder, "--format", form, *ENGINES)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert sorted(path.name for path in folder.iterdir()) == [f"a.{ending}", f"b.{ending}"]
    assert (folder / f"a.{ending}").read_text().startswith(start)


def test_a_file_is_written_in_the_format_of_its_name(vivavoce: Run, tmp_path: Path) -> None:
    arguments = ["transcribe", recording(tmp_path / "a.wav", 0.5), "-o", tmp_path / "a.srt"]
    assert vivavoce(*arguments, *ENGINES).returncode == 0
    assert " --> " in (tmp_path / "a.srt").read_text()


def test_a_batch_goes_on_where_it_stopped(vivavoce: Run, tmp_path: Path) -> None:
    files = [recording(tmp_path / "a.wav", 0.5), recording(tmp_path / "b.wav", 0.5)]
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.txt").write_text("done before")
    arguments = ["transcribe", *files, "-o", tmp_path / "out", *ENGINES]
    ran = vivavoce(*arguments)
    assert ran.returncode == 0
    assert "a.txt already exists" in ran.stderr
    assert (tmp_path / "out" / "a.txt").read_text() == "done before"
    assert (tmp_path / "out" / "b.txt").read_text() == "one two\n"
    assert vivavoce(*arguments, "--force").returncode == 0
    assert (tmp_path / "out" / "a.txt").read_text() == "one two\n"


def test_one_bad_file_does_not_stop_the_others(vivavoce: Run, tmp_path: Path) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_text("no sound at all")
    files = [tmp_path / "none.wav", bad, recording(tmp_path / "good.wav", 0.5)]
    ran = vivavoce("transcribe", *files, "-o", tmp_path / "out", *ENGINES)
    assert ran.returncode == 1
    assert "file not found" in ran.stderr
    assert "bad.wav is not audio" in ran.stderr
    assert ran.stderr.count("\n") == 2
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["good.txt"]


def test_a_failing_engine_loses_only_that_file(vivavoce: Run, tmp_path: Path) -> None:
    files = [recording(tmp_path / "a.wav", 0.5), recording(tmp_path / "b.wav", 0.5)]
    engines = ["--stt", "scripted:!|three four", "--vad", "scripted"]
    ran = vivavoce("transcribe", *files, "-o", tmp_path / "out", *engines)
    assert ran.returncode == 1
    assert "too tired" in ran.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["b.txt"]


def test_files_of_the_same_stem_keep_their_whole_names(vivavoce: Run, tmp_path: Path) -> None:
    files = [recording(tmp_path / "a.wav", 0.5), recording(tmp_path / "a.mp3", 0.5)]
    assert vivavoce("transcribe", *files, "-o", tmp_path / "out", *ENGINES).returncode == 0
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["a.mp3.txt", "a.wav.txt"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x/a.wav", "y/a.wav", "-o", "out"], "2 files would all be written to"),
        (["a.wav", "b.wav", "--format", "srt"], "several files as srt need an output folder"),
        ([], "Missing argument 'FILES...'"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(
    arguments: list[str],
    message: str,
    vivavoce: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = vivavoce("transcribe", *arguments, *ENGINES)
    assert ran.returncode == 2
    assert message in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_language_that_the_engine_lacks_stops_at_once(vivavoce: Run, tmp_path: Path) -> None:
    file = recording(tmp_path / "a.wav", 0.5)
    ran = vivavoce("transcribe", file, file, "--language", "xx", *ENGINES)
    assert ran.returncode == 1
    assert ran.stderr == "error: scripted: unknown language 'xx'; try en\n"


def test_silence_and_no_samples_at_all_are_no_error(vivavoce: Run, tmp_path: Path) -> None:
    for seconds in (3.0, 0.0):
        write_audio(hush(seconds), tmp_path / "a.wav")
        ran = vivavoce("transcribe", tmp_path / "a.wav", *ENGINES)
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_speech_without_its_words_is_warned_of(vivavoce: Run, tmp_path: Path) -> None:
    file = recording(tmp_path / "a.wav", 6.0)
    ran = vivavoce("transcribe", file, "--stt", "scripted:hm", "--vad", "scripted")
    assert (ran.returncode, ran.stdout) == (0, "hm\n")
    assert ran.stderr.startswith(f"warning: {file}: words are missing: 6 s of speech gave hardly")
    assert "--stt whisper:base" in ran.stderr
    ran = vivavoce(
        "transcribe", file, "--stt", "scripted:hm", "--vad", "scripted", "--format", "json"
    )
    [warning] = json.loads(ran.stdout)["warnings"]
    assert warning["code"] == "words_missing"
    assert warning["stretches"] == [pytest.approx([0.5, 6.5], abs=0.3)]


def test_words_have_times_in_any_format_with_an_engine_that_tells_none(
    vivavoce: Run, tmp_path: Path
) -> None:
    file = recording(tmp_path / "a.wav", 0.5)
    ran = vivavoce("transcribe", file, "--words", *ENGINES)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert [line.split("\t")[2:] for line in ran.stdout.splitlines()] == [
        ["one", "~"],
        ["two", "~"],
    ]
    ran = vivavoce("transcribe", file, "--words", "--format", "json", *ENGINES)
    [segment] = json.loads(ran.stdout)["segments"]
    assert [word["text"] for word in segment["words"]] == ["one", "two"]
    assert segment["words_estimated"] is True


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_a_fifo_is_read_whole_by_its_path(vivavoce: Run, tmp_path: Path) -> None:
    data, path = recording(tmp_path / "a.mp3", 0.5, 0.5).read_bytes(), tmp_path / "fifo"
    os.mkfifo(path)
    threading.Thread(target=path.write_bytes, args=(data,), daemon=True).start()
    ran = vivavoce("transcribe", path, *ENGINES)
    assert (ran.returncode, ran.stdout.split()) == (0, ["one", "two", "three", "four"])


def test_what_is_wrong_with_a_recording_is_told_beside_its_text(
    vivavoce: Run, tmp_path: Path
) -> None:
    whole = recording(tmp_path / "a.flac", 0.5, 0.5).read_bytes()
    (tmp_path / "half.flac").write_bytes(whole[: len(whole) * 2 // 3])
    ran = vivavoce("transcribe", tmp_path / "half.flac", "--format", "json", *ENGINES)
    warnings = json.loads(ran.stdout)["warnings"]
    assert "recording_faulty" in [warning["code"] for warning in warnings]
    assert "the recording is cut short" in ran.stderr


def call(path: Path) -> Path:
    """Two sides of a call: the second speaks where the first is silent."""
    first = np.concatenate([hush(0.5).samples, say(0.5).samples, hush(5.0).samples])
    second = np.concatenate([hush(3.0).samples, say(0.5).samples, hush(2.5).samples])
    path.write_bytes(sound_file("wav", "pcm_s16le", np.stack([first, second])))
    return path


def test_separate_channels_are_merged_by_time_with_the_channel_as_speaker(
    vivavoce: Run, tmp_path: Path
) -> None:
    file = call(tmp_path / "call.wav")
    ran = vivavoce("transcribe", file, "--channels", "separate", "--format", "json", *ENGINES)
    segments = json.loads(ran.stdout)["segments"]
    assert [segment["speaker"] for segment in segments] == ["channel 1", "channel 2"]
    assert [segment["start"] for segment in segments] == pytest.approx([0.5, 3.0], abs=0.3)


def test_one_channel_is_heard_alone(vivavoce: Run, tmp_path: Path) -> None:
    file = call(tmp_path / "call.wav")
    ran = vivavoce("transcribe", file, "--channels", "right", "--format", "json", *ENGINES)
    [segment] = json.loads(ran.stdout)["segments"]
    assert segment["start"] == pytest.approx(3.0, abs=0.3)
    assert "speaker" not in segment
    wrong = vivavoce("transcribe", file, "--channels", "3", *ENGINES)
    assert (wrong.returncode, "there is no channel 3" in wrong.stderr) == (1, True)
    unknown = vivavoce("transcribe", file, "--channels", "both", *ENGINES)
    assert unknown.returncode != 0
    assert "choose mix, left, right, separate, or a number" in unknown.stderr
