"""Memory that a load has left behind goes back to the system once nobody is there."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Callable


class MemoryReturn:
    """Asked now and then; acts once after each time that the server was busy.

    glibc keeps freed memory in its arenas, one for each thread, and cycles of objects wait for the
    collector.
    """

    def __init__(self, give_back: Callable[[], None] | None = None) -> None:
        self._give_back = give_back or collect_and_trim
        self._was_busy = False

    def step(self, *, busy: bool) -> bool:
        """Take note of whether somebody is there; whether memory was given back."""
        idle_again = self._was_busy and not busy
        self._was_busy = busy
        if idle_again:
            self._give_back()
        return idle_again


def collect_and_trim() -> None:
    """Collect cycles, and give freed memory to the system, where its allocator can (glibc)."""
    gc.collect()
    if sys.platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
    if trim is not None:
        trim(0)
