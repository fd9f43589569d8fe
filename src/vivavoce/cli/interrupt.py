"""Ctrl-C as the usual way to end a command."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def on_interrupt(stop: Callable[[], None]) -> Iterator[None]:
    """Have the first Ctrl-C, or SIGTERM, call `stop` on the loop; a second one interrupts."""
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)

    def first() -> None:
        for number in signals:
            loop.remove_signal_handler(number)
        stop()

    try:
        for number in signals:
            loop.add_signal_handler(number, first)
    except (NotImplementedError, RuntimeError):  # Windows; a thread that is not the main one
        yield
        return
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
