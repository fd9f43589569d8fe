"""Package tools as child processes that end with us, watched while they download."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

POLL = 0.1
"""Seconds between two looks at how much has come."""


def run(
    command: Sequence[str], scratch: Path, suffix: str, tell: Callable[[int], None]
) -> tuple[int, str]:
    """Run it to its end; its exit status and what it wrote.

    command: ends when its stdin does. scratch: its folder for temporary files, so that what a
    killed tool leaves is found and removed. tell: takes the size of the largest file there whose
    name ends in `suffix`.
    """
    environment = os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(scratch))
    log = scratch / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own arguments, and no shell
            command, stdin=subprocess.PIPE, stdout=output, stderr=output, env=environment
        )
        try:
            while True:
                try:
                    status = process.wait(POLL)
                    break
                except subprocess.TimeoutExpired:
                    tell(_largest(scratch, suffix))
        finally:
            _end(process)
    return status, log.read_text(errors="replace")


def _end(process: subprocess.Popen[bytes]) -> None:
    """See that it has ended, whatever happens to us."""
    assert process.stdin is not None
    process.stdin.close()
    for end in (None, process.terminate, process.kill):
        if process.poll() is not None:
            return
        if end:
            end()
        with suppress(subprocess.TimeoutExpired):
            process.wait(2)


def _largest(folder: Path, suffix: str) -> int:
    """Any tool's way to show progress: the size of what it is writing."""
    largest = 0
    # The tool moves and removes what is walked; os.walk passes over folders that are gone.
    for place, _, names in os.walk(folder):
        for name in names:
            if name.endswith(suffix):
                with suppress(FileNotFoundError):
                    largest = max(largest, Path(place, name).stat().st_size)
    return largest
