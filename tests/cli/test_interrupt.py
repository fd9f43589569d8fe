"""Ctrl-C in a process of its own: the first asks, the second ends it wherever it is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import pytest

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Ctrl-C cannot be sent to one process"
)

INT, TERM = signal.SIGINT, signal.SIGTERM

STUBBORN = """
import asyncio, threading
from vivavoce.cli.interrupt import on_interrupt, run_async

busy = threading.Barrier(2)

def spin():
    try:
        if busy.wait() == 0:
            print("busy", flush=True)
        while True:
            pass
    except BaseException as error:
        print("met", repr(error), flush=True)

async def main():
    asked = asyncio.Event()
    with on_interrupt(asked.set):
        print("begun", flush=True)
        await asked.wait()
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.to_thread(spin))
            group.create_task(asyncio.sleep(0)).add_done_callback(lambda _: spin())

run_async(main())
"""
"""Once it is asked to end, two threads are busy for ever, and tell of each exception they meet."""

CANCELLED = """
import asyncio
from vivavoce.cli.interrupt import run_async

async def main():
    try:
        print("begun", flush=True)
        await asyncio.Event().wait()
    finally:
        print("tidied", flush=True)

try:
    run_async(main())
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""

ENDING = """
import threading
from vivavoce.cli.main import main

def keep():
    threading.main_thread().join()
    print("ending", flush=True)
    threading.Event().wait()

threading.Thread(target=keep).start()
main(["config", "show", "--help"])
"""
"""Its work is done, but a thread keeps the interpreter."""

RAW = """
import tty
from vivavoce.cli.interrupt import interrupt_or_leave

interrupt_or_leave()
tty.setraw(0)
try:
    print("begun", flush=True)
    while True:
        pass
except KeyboardInterrupt:
    print("interrupted", flush=True)
while True:
    pass
"""


class Program:
    """One that runs."""

    def __init__(self, process: subprocess.Popen[str], out: IO[str]) -> None:
        self._process = process
        self._out = out

    def says(self, line: str) -> None:
        """Wait for its next line, which must be this."""
        assert self._out.readline().rstrip() == line

    def tells(self, line: str) -> None:
        """Wait for a line that is this."""
        assert any(said.rstrip() == line for said in self._out)

    def gets(self, number: int) -> None:
        self._process.send_signal(number)

    def ends(self) -> tuple[int, str]:
        """Its exit code, and what it said since."""
        return self._process.wait(), self._out.read()


@contextmanager
def running(program: str, stdin: int = subprocess.DEVNULL) -> Iterator[Program]:
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield Program(process, process.stdout)
        finally:
            process.kill()


@pytest.mark.parametrize(("first", "second"), [(INT, INT), (INT, TERM), (TERM, INT), (TERM, TERM)])
def test_the_second_is_met_by_nothing_that_runs(first: int, second: int) -> None:
    with running(STUBBORN) as program:
        program.says("begun")
        program.gets(first)
        program.says("busy")
        program.gets(second)
        assert program.ends() == (130, "")


@pytest.mark.parametrize("number", [INT, TERM])
def test_the_first_cancels_what_has_no_better_way_to_end(number: int) -> None:
    with running(CANCELLED) as program:
        program.says("begun")
        program.gets(number)
        program.says("tidied")
        program.says("interrupted")
        assert program.ends() == (0, "")


@pytest.mark.parametrize("number", [INT, TERM])
def test_one_is_enough_while_the_interpreter_ends(number: int) -> None:
    with running(ENDING) as program:
        program.tells("ending")
        program.gets(number)
        assert program.ends() == (-number, "")


def test_the_terminal_is_left_as_it_was() -> None:
    import termios

    leader, follower = os.openpty()
    before = termios.tcgetattr(follower)
    with running(RAW, stdin=follower) as program:
        program.says("begun")
        assert termios.tcgetattr(follower)[3] != before[3]
        program.gets(INT)
        program.says("interrupted")
        program.gets(INT)
        assert program.ends() == (130, "")
        assert termios.tcgetattr(follower) == before
    os.close(leader)
    os.close(follower)
