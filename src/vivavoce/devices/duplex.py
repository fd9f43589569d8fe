"""Microphone and loudspeaker as a session's source and sink; no device is needed for it.

    on the devices' threads              on the event loop
    microphone  → captured() ─┬─ BlockAlignment → source(): cleaned of the echo
    loudspeaker ← rendered() ─┘← PlaybackQueue ── write(), flush()

The clock is the microphone's. Each block that it captured meets the block that the loudspeaker
took at the time, so an echo canceller sees both sides of the room.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Protocol

import numpy as np

from vivavoce.audio import Audio, Samples, clean
from vivavoce.errors import EngineUnavailable

from .block_alignment import Block, BlockAlignment
from .playback_queue import PlaybackQueue

log = logging.getLogger(__name__)

BLOCK_S = 0.01
FADE_S = 0.005
"""A flush fades out for so long, and what comes after it fades in."""

_LUMP = 2
"""Blocks given at once where more are there; more would make the session's clock jump."""

_PATIENCE = 8
"""Stalls in a row that are worth a warning; opening a device may take a second."""


class Cleaner(Protocol):
    """Takes what is not the user's voice out of what the microphone captured."""

    def clean(self, captured: Samples, rendered: Samples, delay_s: float | None) -> Samples:
        """One block. delay_s: from when it was captured to when `rendered` is heard, if known."""
        ...


class Duplex:
    """A caller's microphone and loudspeaker, in blocks of 10 ms.

    rate: Hz, of both; a multiple of 100. cleaner: None passes on what the microphone captured.
    lead_s: how much of the reply waits for the loudspeaker, at most.
    keep_s: how much of the microphone's audio waits for the loop; beyond, the oldest is dropped.
    stall_s: a microphone that gives nothing for so long has stalled; silence stands in for it.
    """

    def __init__(
        self,
        rate: int,
        *,
        cleaner: Cleaner | None = None,
        lead_s: float = 0.05,
        keep_s: float = 2.0,
        stall_s: float = 0.25,
    ) -> None:
        assert rate % 100 == 0, rate
        self.rate = rate
        self.lead_s = lead_s
        self.block = round(BLOCK_S * rate)
        self.dropped_s = 0.0
        self._cleaner = cleaner
        self._keep = round(keep_s / BLOCK_S)
        self._stall_s = stall_s
        self._lock = threading.Lock()
        self._pairing = BlockAlignment()
        self._lead = PlaybackQueue(round(FADE_S * rate))
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()
        self._stalls = 0
        self._dropping = self._closed = False
        self._failure = ""

    # --- the session's side ----------------------------------------------------------------------

    def write(self, samples: Samples) -> None:
        """Queue these for the loudspeaker."""
        with self._lock:
            self._lead.put(samples)

    def flush(self) -> int:
        """Fall silent within 5 ms; how many samples will not be heard."""
        with self._lock:
            return self._lead.flush()

    async def source(self) -> AsyncGenerator[Audio, None]:
        """The microphone's audio, in real time, until `close`.

        Raises EngineUnavailable when the device is lost.
        """
        self._loop = asyncio.get_running_loop()
        while not self._closed:
            blocks = self._ready()
            if blocks:
                yield Audio(np.concatenate(blocks), self.rate)
            else:
                await self._more()
        if self._failure:
            raise EngineUnavailable(self._failure)

    def close(self) -> None:
        """End the source."""
        self._closed = True
        self._wake()

    def lose(self, failure: str) -> None:
        """A device is gone, whatever thread finds out; the source raises it."""
        self._failure = self._failure or failure
        self.close()

    # --- the devices' side -----------------------------------------------------------------------

    def captured(self, samples: Samples, at: float | None = None) -> None:
        """The microphone's next block; it may be reused after return.

        at: when its first sample was captured, in seconds on the devices' clock.
        """
        with self._lock:
            self._stalls = 0
            self._push(Block(clean(samples.astype(np.float32)), at))
        self._wake()

    def rendered(self, at: float | None = None) -> Samples:
        """The loudspeaker's next block; silence where there is nothing to play.

        at: when its first sample will be heard, on the same clock.
        """
        with self._lock:
            samples = self._lead.pop(self.block)
            if self._cleaner is None:
                return samples
            self._pairing.played(Block(samples, at))
            waiting = bool(len(self._pairing))
        if waiting:
            self._wake()
        return samples

    def _push(self, block: Block) -> None:
        self._pairing.captured(block)
        if len(self._pairing) > self._keep:
            self._pairing.drop()
            self.dropped_s += BLOCK_S
            self._dropping = True

    def _wake(self) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended before the device
                self._loop.call_soon_threadsafe(self._news.set)

    # --- from one to the other -------------------------------------------------------------------

    def _ready(self) -> list[Samples]:
        """The next blocks, cleaned; none when the devices must be waited for."""
        blocks: list[Samples] = []
        while len(blocks) < _LUMP:
            with self._lock:
                pair = self._pairing.next(alone=self._cleaner is None)
            if pair is None:
                break
            blocks.append(self._cleaned(*pair))
        if blocks:
            self._tell_drops()
        return blocks

    def _cleaned(self, near: Block, far: Block | None) -> Samples:
        if self._cleaner is None:
            return near.samples
        if far is None:
            return self._cleaner.clean(near.samples, np.zeros(self.block, np.float32), None)
        delay_s = None if far.at is None or near.at is None else far.at - near.at
        return self._cleaner.clean(near.samples, far.samples, delay_s)

    async def _more(self) -> None:
        """Wait for a block, or for as long as a microphone may be late."""
        self._news.clear()
        try:
            async with asyncio.timeout(self._stall_s):
                await self._news.wait()
        except TimeoutError:
            self._stand_in()

    def _stand_in(self) -> None:
        """Give silence for the time that the microphone gave nothing."""
        with self._lock:
            self._stalls += 1
            if self._stalls == _PATIENCE:
                log.warning("the microphone delivers no audio; using silence")
            for _ in range(round(self._stall_s / BLOCK_S)):
                self._push(Block(np.zeros(self.block, np.float32)))

    def _tell_drops(self) -> None:
        with self._lock:
            dropping, self._dropping = self._dropping, False
        if dropping:
            log.warning(
                "this machine is too slow for the microphone; dropped %.1f s so far", self.dropped_s
            )
