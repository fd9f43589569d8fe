"""One utterance in Whisper: its audio, what it was taken for so far, and when to look again."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from vivavoce.audio import Samples
from vivavoce.concurrency.model_thread import ModelThread, StopFlag
from vivavoce.engine.audio_window import Window
from vivavoce.engines import Transcript
from vivavoce.text.stable_prefix import StablePrefix

from .model import RATE, Task, WhisperWeights
from .windows import SHORTEST_S, Decoded, Understood, transcript_of, understand

LEAD = RATE // 10
"""Digital silence before the speech, whose first sound would be missed at a window's very edge."""

LONGEST, EARLIEST = 16 * RATE, 8 * RATE
"""An utterance longer than this is cut at its quietest point past EARLIEST, and what comes before
is not heard again: so the last look costs no more than this, however long somebody has talked."""

PACE_S = 0.6
REST = 2
"""A partial waits for so much new audio, and for REST times as much as the last one took."""

DIP_S = 0.12
"""So much speech that was not looked at yet is worth a look when it pauses."""

SURE = 0.7
"""A language found with this probability in what was cut holds for the rest of the utterance."""

FINAL, PARTIAL, FILE = 0, 1, 2
"""Priorities: a final, which someone waits for, goes before all partials and recordings."""


@dataclass(frozen=True, slots=True)
class _SpanRead:
    """What a stretch of the window was taken for; times are of the utterance."""

    span: tuple[int, int] = (0, 0)
    decoded: Decoded | None = None

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(self.decoded.text.split()) if self.decoded else ()


class WhisperStream:
    """One utterance: what is settled, and the audio after it with what it was understood as."""

    def __init__(
        self, weights: WhisperWeights, thread: ModelThread, task: Task, partials: bool
    ) -> None:
        self._weights = weights
        self._thread = thread
        self._task = task
        self._partials = partials
        self._window = Window()
        self._dropped = 0
        self._settled: list[Decoded] = []
        self._said: tuple[str, ...] = ()
        self._look = _SpanRead()
        self._language = task.language
        self._confidence: float | None = None
        self._news = 0
        self._cost = 0.0
        self._shown = ("", 0)
        self._stable = StablePrefix()

    async def feed(self, samples: Samples) -> Transcript | None:
        """Take the next audio; return the new partial, where it is time for one and it changed."""
        self._window.add(samples)
        self._news += len(samples)
        while len(self._window) > LONGEST:
            await self._cut()
        if not self._partials or not self._due():
            return None
        started, news, self._news = time.perf_counter(), self._news, 0
        try:
            await self._catch_up(PARTIAL)
        except asyncio.CancelledError:
            self._news += news
            raise
        self._cost = time.perf_counter() - started
        words = self._stable.update((*self._said, *self._look.words))
        shown = " ".join(words), len(self._stable.words)
        if shown == self._shown:
            return None
        self._shown = shown
        return replace(self._transcript(), text=shown[0], words=(), stable=shown[1])

    def _due(self) -> bool:
        """Whether to look again: while someone speaks now and then, and at once when they pause.

        A pause may be the end. What was said before it is then known when `finish` is called.
        """
        pause = self._window.pause
        if pause is None:
            return self._news >= RATE * max(PACE_S, REST * self._cost)
        unread = pause - self._look.span[1]
        return unread >= RATE * DIP_S and self._news >= RATE * self._cost

    async def finish(self) -> Transcript:
        """The transcript of all audio so far; at once if no speech was fed since the last look."""
        await self._catch_up(FINAL)
        transcript = self._transcript()
        return replace(transcript, stable=len(transcript.text.split()))

    async def aclose(self) -> None:
        """Let go of the audio."""
        self._window = Window()

    async def _catch_up(self, priority: int) -> None:
        """Read the window's speech, unless that has been done."""
        span = self._window.speech()
        if span != self._look.span:
            self._look = await self._read(span, priority)

    async def _cut(self) -> None:
        """Settle the window's first part and forget its audio."""
        cut = self._window.quietest(EARLIEST, LONGEST)
        look = await self._read(self._window.speech(cut), PARTIAL)
        if look.decoded:
            self._settled.append(look.decoded)
            self._task = replace(self._task, prompt=f"{self._task.prompt} {look.decoded.text}")
            if (self._confidence or 0.0) >= SURE:
                self._task = replace(self._task, language=self._language)
        self._said = self._stable.settle((*self._said, *look.words))
        self._look = _SpanRead()
        self._window.drop(cut)
        self._dropped += cut

    async def _read(self, span: tuple[int, int], priority: int) -> _SpanRead:
        if min(span[1], len(self._window)) - span[0] < SHORTEST_S * RATE:
            return _SpanRead(span)
        samples = np.concatenate([np.zeros(LEAD, np.float32), self._window.part(span)])
        job = partial(self._understand, samples, self._task)
        understood = await self._thread.run(job, priority=priority)
        if understood.language_confidence is not None:
            self._language = understood.language
            self._confidence = understood.language_confidence
        [decoded] = understood.windows
        begins = (self._dropped + span[0] - LEAD) / RATE
        return _SpanRead(span, decoded and decoded.later(begins))

    def _understand(self, samples: Samples, task: Task, stop: StopFlag) -> Understood:
        return understand(self._weights, [samples], task, stop)

    def _transcript(self) -> Transcript:
        decoded = [*self._settled, *([self._look.decoded] if self._look.decoded else [])]
        return transcript_of(decoded, self._language, self._confidence)
