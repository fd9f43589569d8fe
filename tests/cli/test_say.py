"""`vivavoce say`, with espeak-ng where a real voice is wanted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from vivavoce.media.decode import probe_audio, read_audio

Run = Callable[..., subprocess.CompletedProcess[str]]
VIVAVOCE = [sys.executable, "-m", "vivavoce"]


@pytest.mark.parametrize("ending", ["wav", "mp3", "ogg", "flac", "m4a"])
def test_a_text_becomes_a_file_of_the_wanted_kind(
    ending: str, vivavoce: Run, tmp_path: Path
) -> None:
    path = tmp_path / f"hello.{ending}"
    ran = vivavoce("say", "Hello there, how are you?", "-o", path)
    assert (ran.returncode, ran.stdout) == (0, "")
    assert f"wrote {path}" in ran.stderr
    audio = read_audio(path)
    assert 0.8 < audio.seconds < 4.0
    assert audio.dbfs > -40


def test_speech_goes_through_a_pipe(tmp_path: Path) -> None:
    command = [*VIVAVOCE, "say", "Hello there.", "--tts", "espeak-ng", "-o", "-"]
    ran = subprocess.run(command, capture_output=True, check=True)
    assert ran.stdout.startswith(b"RIFF")
    path = tmp_path / "piped.wav"
    path.write_bytes(ran.stdout)
    assert 0.4 < read_audio(path).seconds < 2.0


@pytest.mark.usefixtures("plugin")
def test_json_tells_when_each_word_is_spoken(vivavoce: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    text = "One two three. And then four five six."
    ran = vivavoce("say", text, "--tts", "scripted", "-o", path, "--json")
    told = json.loads(ran.stdout)
    assert told["engine"] == "scripted"
    assert told["output"] == str(path)
    assert told["seconds"] == pytest.approx(read_audio(path).seconds)
    assert [word["text"].strip(".") for word in told["words"]] == text.replace(".", "").split()
    assert [word["start"] for word in told["words"]] == [i * 0.25 for i in range(8)]
    assert told["words"][-1]["end"] == told["seconds"] == 2.0


@pytest.mark.usefixtures("plugin")
def test_speed_comes_from_the_option_or_the_configuration(vivavoce: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    (tmp_path / "slow.yaml").write_text("tts: scripted\nsession: {speed: 0.5}\n")
    seconds = []
    for more in ([], ["--speed", "2"]):
        arguments = ["say", "One two.", "--config", tmp_path / "slow.yaml", "-o", path]
        assert vivavoce(*arguments, *more).returncode == 0
        seconds.append(read_audio(path).seconds)
    assert seconds == [1.0, 0.25]


@pytest.mark.usefixtures("plugin")
def test_text_comes_from_a_pipe_in_any_pieces(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    text = "Grüße aus Köln. " * 50
    command = [*VIVAVOCE, "say", "-", "--tts", "scripted", "-o", str(path), "--json"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for start in range(0, len(text.encode()), 7):
            process.stdin.write(text.encode()[start : start + 7])
            process.stdin.flush()
        process.stdin.close()
        told = json.loads(process.stdout.read())
    assert len(told["words"]) == 150
    assert "�" not in json.dumps(told, ensure_ascii=False)
    assert probe_audio(path).duration == pytest.approx(150 * 0.25)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["", "-o", "a.wav"], "nothing to speak"),
        (["🎉", "-o", "a.wav"], "nothing to speak"),
        (["hi", "-o", "a.xyz"], "cannot write 'xyz' files; use one of wav, mp3"),
        (["hi", "-o", "nowhere/a.wav"], "does not exist"),
        (["hi", "-o", "a.wav", "--voice", "klingonese"], "unknown voice 'klingonese'"),
    ],
)
def test_what_cannot_be_said_is_an_error_and_no_file(
    arguments: list[str],
    message: str,
    vivavoce: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = vivavoce("say", *arguments)
    assert ran.returncode == 1
    assert message in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_an_error(vivavoce: Run, tmp_path: Path) -> None:
    (tmp_path / "a.wav").symlink_to("/dev/full")
    ran = vivavoce("say", "Hello there.", "-o", tmp_path / "a.wav")
    assert ran.returncode == 1
    assert f"{tmp_path / 'a.wav'}: No space left on device" in ran.stderr
    assert ran.stderr.count("\n") == 1


@pytest.mark.usefixtures("plugin")
def test_a_word_is_pronounced_as_told_and_a_wrong_one_is_named(
    vivavoce: Run, tmp_path: Path
) -> None:
    common = ("say", "Use nginx.", "--tts", "scripted", "-o", tmp_path / "a.wav", "--json")
    told = json.loads(vivavoce(*common, "--pronounce", "nginx=engine x").stdout)
    assert [word["text"] for word in told["words"]] == ["Use", "nginx."]
    assert told["seconds"] == pytest.approx(0.75)
    wrong = vivavoce(*common, "--pronounce", "nginx")
    assert wrong.returncode == 2
    assert "write WORD=SOUND" in wrong.stderr


@pytest.mark.usefixtures("plugin")
def test_ssml_is_spoken_as_it_says(vivavoce: Run, tmp_path: Path) -> None:
    common = ("--tts", "scripted", "-o", tmp_path / "a.wav", "--json")
    text = "<speak>One<break time='1s'/>two.</speak>"
    assert json.loads(vivavoce("say", text, *common).stdout)["seconds"] == pytest.approx(1.5)
    broken = vivavoce("say", "<speak>One", *common)
    assert "SSML: line 1" in broken.stderr
    assert "Traceback" not in broken.stderr
