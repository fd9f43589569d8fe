"""The playout clock: what of a reply has really left for the user's ear."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from vivavoce.audio import Resampler, Samples
from vivavoce.audio.gain_ramp import GainRamp
from vivavoce.engines import Word
from vivavoce.text.phrases import Phrase, heard

AUDIBLE = 10 ** (-50 / 20)
"""Amplitude from which a sample counts as audible."""

DUCKED = 10 ** (-14 / 20)
"""The gain of a reply while the user makes a sound: still heard, and clearly below a voice."""

_ROUNDING_S = 0.002
"""How far resampling may shorten a phrase."""


class Sink(Protocol):
    """Where a transport takes the reply's audio."""

    @property
    def rate(self) -> int:
        """Hz of the samples it takes."""
        ...

    @property
    def lead_s(self) -> float:
        """How much audio it wants ahead of the ear, in seconds. It gets as much as the clock
        moves at a time where that is more. Infinite for one that plays by itself, far away: it
        gets everything at once, is never paused, and is taken to play in real time.
        """
        ...

    def write(self, samples: Samples) -> None:
        """Queue these for the ear; about `lead_s` is ever queued. Must not block."""
        ...

    def flush(self) -> int | None:
        """Drop what has not left yet, at once. Returns how many samples that was, or None when
        it cannot be known; the session's clock decides then.
        """
        ...


class Speaker:
    """One session's way to the ear, on the session's clock.

    Audio that has not been played is kept, so that a pause can flush the sink and go on later
    from where it stopped. Ducked audio is heard as any other.
    """

    def __init__(self, sink: Sink, *, ahead_s: float = 3.0) -> None:
        self._sink = sink
        self.far = math.isinf(sink.lead_s)
        self._ahead = math.inf if self.far else round(ahead_s * sink.rate)
        self._lead = self._least_lead = (
            math.inf if self.far else max(1, round(sink.lead_s * sink.rate))
        )
        self._unplayed: deque[Samples] = deque()
        self._pushed = self._written = self._played = 0
        self._start = 0
        self._owed = 0.0
        self._moved = asyncio.Event()
        self._resampler: Resampler | None = None
        self._on_sound: Callable[[], None] | None = None
        self._fader = GainRamp(sink.rate)
        self.paused = False

    @property
    def position(self) -> float:
        """Seconds of the current reply that have left for the ear."""
        return max(0, self._played - self._start) / self._sink.rate

    @property
    def sounding(self) -> bool:
        """Whether there is audio that has not been played yet."""
        return self._pushed > self._played

    def begin(self, rate: int, on_sound: Callable[[], None]) -> None:
        """A new reply at this rate, to be heard after what is not played yet.

        on_sound: called when its first audible sample is written.
        """
        if not self.sounding:
            self._owed = 0.0
        self._start = self._pushed
        self._resampler = Resampler(rate, self._sink.rate)
        self._on_sound = on_sound

    async def play(self, samples: Samples) -> None:
        """Queue audio of the current reply; waits while enough is queued already."""
        assert self._resampler is not None
        self._push(self._resampler.feed(samples))
        await self._until(lambda: self._pushed - self._played <= self._ahead)

    def complete(self) -> None:
        """The current reply's audio is complete."""
        assert self._resampler is not None
        self._push(self._resampler.flush())

    async def drained(self) -> None:
        """Wait until everything has been played."""
        await self._until(lambda: self._pushed == self._played)

    def tick(self, seconds: float) -> None:
        """The session's clock moved on."""
        self._lead = max(self._least_lead, round(seconds * self._sink.rate))
        if not self.sounding or self.paused:
            return
        self._owed += seconds * self._sink.rate
        steps = int(self._owed)
        self._owed -= steps
        self._advance(min(steps, self._written - self._played))
        self._write()

    def duck(self, ducked: bool) -> None:
        """Whether what has not left yet is to be heard at a low level; changes smoothly."""
        if not self.far:
            self._fader.to(DUCKED if ducked else 1.0)

    def pause(self) -> None:
        """Fall silent at once, keeping what has not been played."""
        if self.paused:
            return
        self.paused = True
        dropped = self._sink.flush()
        if dropped is not None:
            self._advance(max(0, self._written - dropped - self._played))
        self._written = self._played

    def resume(self) -> None:
        """Go on from where `pause` stopped, from silence to the level of before."""
        if self.paused:
            self._fader.cut()
        self.paused = False
        self._write()

    def flush(self) -> None:
        """Fall silent at once and forget what has not been played."""
        self.pause()
        self.paused = False
        self._fader = GainRamp(self._sink.rate)
        self._unplayed.clear()
        self._pushed = self._written = self._played
        self._on_sound = None
        self._moved.set()

    def _push(self, samples: Samples) -> None:
        if len(samples):
            self._unplayed.append(samples)
            self._pushed += len(samples)
            self._write()

    def _write(self) -> None:
        """Give the sink what it wants ahead of the ear."""
        wanted = self._pushed if self.far else round(self._played + self._lead)
        room = min(wanted, self._pushed) - self._written
        if room <= 0 or self.paused:
            return
        ahead = self._written - self._played
        pieces = []
        for chunk in self._unplayed:
            if ahead >= len(chunk):
                ahead -= len(chunk)
                continue
            piece = chunk[ahead : ahead + room]
            ahead = 0
            room -= len(piece)
            pieces.append(piece)
            if not room:
                break
        samples = pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
        self._written += len(samples)
        if self._on_sound is not None and np.abs(samples).max() > AUDIBLE:
            self._on_sound()
            self._on_sound = None
        self._sink.write(self._fader.apply(samples))

    def _advance(self, steps: int) -> None:
        self._played += steps
        while steps:
            chunk = self._unplayed[0]
            if len(chunk) > steps:
                self._unplayed[0] = chunk[steps:]
                break
            steps -= len(chunk)
            self._unplayed.popleft()
        self._moved.set()

    async def _until(self, done: Callable[[], bool]) -> None:
        while not done():
            self._moved.clear()
            await self._moved.wait()


@dataclass(slots=True)
class _Line:
    """A phrase, and where its audio lies in the reply."""

    phrase: Phrase
    start: float
    seconds: float = 0.0
    words: list[Word] = field(default_factory=list)
    complete: bool = False


class ReplyScript:
    """A reply's phrases laid along its audio; tells what was heard at any position."""

    def __init__(self) -> None:
        self._lines: list[_Line] = []

    @property
    def seconds(self) -> float:
        """How much audio the phrases have so far."""
        return self._lines[-1].start + self._lines[-1].seconds if self._lines else 0.0

    def begin(self, phrase: Phrase) -> None:
        """The audio that follows is this phrase's; the one before is complete."""
        start = self.seconds
        self.complete()
        self._lines.append(_Line(phrase, start))

    def add(self, seconds: float, words: tuple[Word, ...]) -> None:
        """A piece of the phrase's audio."""
        self._lines[-1].seconds += seconds
        self._lines[-1].words.extend(words)

    def complete(self) -> None:
        """The last phrase has all of its audio."""
        if self._lines:
            self._lines[-1].complete = True

    def heard(self, position: float) -> str:
        """The text, as written, that had been played out at this position, in seconds."""
        parts = []
        for line in self._lines:
            end = line.start + line.seconds
            if line.complete and position >= end - _ROUNDING_S:
                parts.append(line.phrase.written)
            elif position > line.start:
                total = line.seconds if line.complete else None
                parts.append(heard(line.phrase, line.words, position - line.start, total))
        return "".join(parts)
