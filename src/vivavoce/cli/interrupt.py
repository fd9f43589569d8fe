"""Ctrl-C, or SIGTERM, as the usual way to end a command: the first asks, the second insists.

The second ends the process there and then. As an exception it would meet whatever runs at that
moment, which would tell of it with a traceback.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Coroutine

T = TypeVar("T")

INTERRUPTED = 130
"""The exit code."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def interrupt_or_leave() -> None:
    """Have the first Ctrl-C raise KeyboardInterrupt, and the second end the process."""

    def first(*_: object) -> NoReturn:
        leave_when_interrupted()
        raise KeyboardInterrupt

    _terminal()
    for number in _SIGNALS:
        signal.signal(number, first)


def leave_when_interrupted() -> None:
    """Have the next Ctrl-C end the process at once, with `INTERRUPTED`."""

    def leave(*_: object) -> NoReturn:
        _terminal()()
        os._exit(INTERRUPTED)

    for number in _SIGNALS:
        signal.signal(number, leave)


def die_when_interrupted() -> None:
    """Have the next Ctrl-C kill the process, even while no Python code can run.

    Its exit code is then the system's own for this.
    """
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_DFL)


@contextmanager
def on_interrupt(stop: Callable[[], object]) -> Iterator[None]:
    """Have the first Ctrl-C call `stop` on the running loop, and the second end the process.

    Without effect in a thread that is not the main one: no signal comes to it.
    """
    import asyncio

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()

    def first(*_: object) -> None:
        leave_when_interrupted()
        loop.call_soon_threadsafe(stop)

    _terminal()
    with _waking(loop):
        before = {number: signal.signal(number, first) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                if signal.getsignal(number) is first:
                    signal.signal(number, handler)


def run_async(
    main: Coroutine[Any, Any, T],
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> T:
    """What the coroutine returns, run on a loop of its own.

    The first Ctrl-C cancels it; when it has ended, KeyboardInterrupt is raised.
    """
    import asyncio

    asked = False

    async def cancellable() -> T:
        task = asyncio.current_task()
        assert task is not None

        def cancel() -> None:
            nonlocal asked
            asked = True
            task.cancel()

        with on_interrupt(cancel):
            return await main

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        try:
            return runner.run(cancellable())
        except asyncio.CancelledError:
            if asked:
                raise KeyboardInterrupt from None
            raise


@contextmanager
def _waking(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Have the loop wake at each signal, even at one that comes just before it goes to sleep.

    Other loops than asyncio's for Unix see to that themselves.
    """
    before = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(before)
    if before != -1:
        yield
        return
    inner, outer = socket.socketpair()
    with inner, outer:
        inner.settimeout(0)
        outer.settimeout(0)
        loop.add_reader(inner, lambda: inner.recv(64))
        signal.set_wakeup_fd(outer.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(-1)
            loop.remove_reader(inner)


@cache
def _terminal() -> Callable[[], None]:
    """What leaves the terminal as it was at the first call: how it takes keys, and its cursor."""
    if sys.platform == "win32":
        return lambda: None
    import termios

    mode = termios.tcgetattr(0) if os.isatty(0) else None

    def restore() -> None:
        with suppress(OSError, termios.error):
            if mode is not None:
                termios.tcsetattr(0, termios.TCSANOW, mode)
            for screen in (1, 2):
                if os.isatty(screen):
                    os.write(screen, b"\x1b[?25h")

    return restore
