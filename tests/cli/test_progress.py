"""Progress bars: on terminals only, and never in the results."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vivavoce.cli.progress import progress_bars
from vivavoce.media.decode import write_audio
from vivavoce.testing import say

ENGINES = ["--stt", "scripted:one two", "--vad", "scripted"]


@pytest.mark.skipif(sys.platform == "win32", reason="no such terminals there")
@pytest.mark.usefixtures("plugin")
def test_a_terminal_shows_how_far_a_file_is(tmp_path: Path) -> None:
    write_audio(say(3.0), tmp_path / "meeting.wav")
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "vivavoce", "transcribe", str(tmp_path / "meeting.wav")]
    with subprocess.Popen([*command, *ENGINES], stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        while piece := read(ours):
            shown += piece
        assert process.stdout is not None
        assert process.stdout.read() == b"one two\n"
    os.close(ours)
    assert b"meeting.wav" in shown
    assert b"%" in shown


def read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux says so when the other end is closed
        return b""


def test_where_there_is_no_terminal_nothing_is_shown(capfd: pytest.CaptureFixture[str]) -> None:
    with progress_bars("bytes") as show:
        show("a", 1, 2)
        show("b", 1, None)
    assert capfd.readouterr() == ("", "")
