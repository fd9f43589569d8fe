"""Single keys from the terminal, for the event loop."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from vivavoce.errors import BadRequest


@contextmanager
def keys(on_key: Callable[[str], None], stream: TextIO | None = None) -> Iterator[None]:
    """Call `on_key` on the loop with each key that is pressed.

    stream: stdin unless given. A terminal gives keys at once and does not show them; a pipe gives
    what is written to it. Raises BadRequest for what is neither.
    """
    if sys.platform == "win32":
        _watch_console(on_key)
        yield
        return
    import termios
    import tty

    loop, fd = asyncio.get_running_loop(), (stream or sys.stdin).fileno()

    def read() -> None:
        data = os.read(fd, 64)
        if not data:
            loop.remove_reader(fd)
        for key in data.decode(errors="replace"):
            on_key(key)

    before = termios.tcgetattr(fd) if os.isatty(fd) else None
    try:
        loop.add_reader(fd, read)
    except OSError:
        raise BadRequest(
            "push-to-talk needs a keyboard, but stdin is not a terminal; run it in a terminal"
        ) from None
    try:
        if before is not None:
            tty.setcbreak(fd, termios.TCSANOW)
        yield
    finally:
        loop.remove_reader(fd)
        if before is not None:
            termios.tcsetattr(fd, termios.TCSANOW, before)


if sys.platform == "win32":
    import _thread
    import msvcrt
    import threading
    from contextlib import suppress

    def _watch_console(on_key: Callable[[str], None]) -> None:
        loop = asyncio.get_running_loop()

        def watch() -> None:
            with suppress(RuntimeError):  # the loop has ended
                while True:
                    key = msvcrt.getwch()
                    if key == "\x03":  # Ctrl-C, which getwch takes away from Python
                        _thread.interrupt_main()
                    loop.call_soon_threadsafe(on_key, key)

        threading.Thread(target=watch, daemon=True).start()
