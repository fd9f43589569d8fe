"""What the user says until the turn ends: its audio and its transcript."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np

from vivavoce.audio import Audio, Samples
from vivavoce.audio.levels import Powers
from vivavoce.audio.ring_buffer import RingBuffer
from vivavoce.concurrency.pending_calls import PendingCalls
from vivavoce.engines import Stt, SttOptions, SttStream, Transcript

from .level_dips import LevelDips

_FIRST_WORDS_S = 1.5
"""Within so much of it, what a possible interruption is taken for decides on the reply."""

_TURN_WINDOW_S = 8.0
"""How much of an utterance the turn detector may look at."""


class Utterance:
    """One utterance, fed to the STT while it is spoken.

    Run `transcribe` as a task; it ends with `aclose`. `feed` never waits. While the user is
    silent (`hold`), no partial is begun, so that `finish` finds the engine free; one that is being
    made when the voice falls silent is given up, but for the first words of what may interrupt.

    first_s: the STT is given nothing before so many seconds, unless it is to finish.
    """

    def __init__(
        self,
        turn: int,
        start: float,
        stt: Stt,
        options: SttOptions,
        work: PendingCalls,
        on_partial: Callable[[Transcript], None],
        timeout_s: float,
        *,
        first_s: float = 0.0,
    ) -> None:
        self.turn = turn
        self.start = start
        self.partial = Transcript("")
        self.seconds = 0.0
        self._stt = stt
        self._options = options
        self._work = work
        self._on_partial = on_partial
        self._timeout_s = timeout_s
        self._first_s = first_s
        self._ring = RingBuffer(_TURN_WINDOW_S, stt.rate)
        self._dips = LevelDips()
        self._pending: list[Samples] = []
        self._held = False
        self._news = asyncio.Event()
        self._free = asyncio.Lock()
        self._stream: SttStream | None = None
        self._looking: asyncio.Timeout | None = None
        self._closed = False

    def feed(self, samples: Samples, powers: Powers) -> None:
        """Take the next audio, at the STT's rate, and the powers that were measured in it."""
        self._ring.record(samples)
        self._pending.append(samples)
        self.seconds += len(samples) / self._stt.rate
        interrupts = self._options.brisk and self.seconds < _FIRST_WORDS_S
        if self._dips.feed(powers) and self._looking is not None and not interrupts:
            self._looking.reschedule(asyncio.get_running_loop().time())
            self._looking = None
        self._perhaps_wake()

    def hold(self, silent: bool) -> None:
        """Whether the user is silent just now."""
        self._held = silent
        if self._pending:
            self._perhaps_wake()

    def _perhaps_wake(self) -> None:
        if not self._held and self.seconds >= self._first_s:
            self._news.set()

    @property
    def audio(self) -> Audio:
        """The utterance so far, its last seconds at least."""
        return Audio(self._ring.since(0), self._stt.rate)

    async def transcribe(self) -> None:
        """Feed the STT and tell the partials, until `aclose`."""
        while not self._closed:
            await self._news.wait()
            self._news.clear()
            async with self._free:
                if self._pending and not self._held:
                    await self._look()

    async def finish(self) -> Transcript:
        """The transcript of everything fed so far; more may follow."""
        async with self._free:
            await self._drain(partials=False)
            stream = await self._open()
            transcript = await self._work.wait(stream.finish(), self._timeout_s)
            self.partial = transcript
            return transcript

    async def aclose(self) -> None:
        """End; nothing is told any more."""
        self._closed = True
        self._news.set()
        async with self._free:
            if self._stream is not None:
                await self._work.wait(self._stream.aclose())
                self._stream = None

    async def _look(self) -> None:
        """Feed what is pending, for a partial; `feed` ends that when the voice falls silent."""
        looking = self._looking = asyncio.timeout(None)
        try:
            async with looking:
                await self._drain(partials=True)
        except TimeoutError:
            if not looking.expired():
                raise
            self._news.set()  # the silence itself may be worth a look
        finally:
            self._looking = None

    async def _drain(self, *, partials: bool) -> None:
        stream = await self._open()
        samples, self._pending = self._pending, []
        if not samples:
            return
        joined = samples[0] if len(samples) == 1 else np.concatenate(samples)
        partial = await self._work.wait(stream.feed(joined), self._timeout_s)
        if partial is not None and not self._closed:
            self.partial = partial
            if partials:
                self._on_partial(partial)

    async def _open(self) -> SttStream:
        if self._stream is None:
            self._stream = await self._work.wait(self._stt.open(self._options), self._timeout_s)
        return self._stream
