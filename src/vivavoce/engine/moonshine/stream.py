"""One utterance in Moonshine: its audio, what it was taken for so far, and when to look again."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from vivavoce.audio import Samples
from vivavoce.concurrency.model_thread import ModelThread, StopFlag
from vivavoce.engine.audio_window import Window
from vivavoce.engine.invented_text import invented
from vivavoce.engine.onnx import RunOptions, terminate
from vivavoce.engines import SttOptions, Transcript
from vivavoce.errors import EngineError
from vivavoce.text.joins import continued
from vivavoce.text.stable_prefix import StablePrefix

from .language_fit import FEWEST_WORDS, LanguageFit
from .model import RATE, MoonshineModel, Tokens

LEAD, TAIL = RATE // 10, 3 * RATE // 10
"""Digital silence around the speech, which spares a third of the errors made without."""

LONGEST, EARLIEST = 12 * RATE, 5 * RATE
"""An utterance longer than this is cut at its quietest point past EARLIEST, and what comes before
is not heard again: the encoder's work grows with the square of the length."""

PACE_S = 0.32
REST = 3
"""A partial waits for so much new audio, and for REST times as much as the last one took."""

BRISK_PACE_S, BRISK_AGAIN_S, BRISK_S = 0.09, 0.03, 1.5
"""A brisk partial waits for so much new audio, less after one without words, or as long as the last
one took, while the utterance with what is before its voice is no longer than BRISK_S."""

DIP_S = 0.12
"""So much speech that was not looked at yet is worth a look when it pauses."""

FINAL, PARTIAL = 0, 1
"""Priorities: someone waits for a final."""

MARGIN = 6
"""Tokens that even the shortest utterance may have, on top of its length's worth."""


NONE = Tokens()


@dataclass(frozen=True, slots=True)
class _Look:
    """What a stretch of the window was taken for. tokens: also the guess at the next reading."""

    span: tuple[int, int] = (0, 0)
    tokens: Tokens = NONE
    words: tuple[str, ...] = ()


class MoonshineStream:
    """One utterance. Nothing of it is heard twice but the window since the last cut."""

    def __init__(
        self,
        weights: MoonshineModel,
        thread: ModelThread,
        options: SttOptions,
        *,
        language: str | None,
        tokens_per_s: float,
        fit: LanguageFit | None = None,
    ) -> None:
        """fit: how probable it is that the speech is in the language; None where nobody knows."""
        self._weights = weights
        self._thread = thread
        self._partials = options.partials
        self._brisk = options.brisk
        self._bias = weights.bias(options.hotwords)
        self._language = language
        self._tokens_per_s = tokens_per_s
        self._fit = fit
        self._window = Window()
        self._settled: tuple[str, ...] = ()
        self._scores: list[float] = []
        self._settled_s = 0.0
        self._reading = _Look()
        self._stable = StablePrefix()
        self._told = None if options.brisk else Transcript("")
        self._news = 0
        self._cost = 0.0

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
        words = self._stable.update((*self._settled, *self._reading.words))
        transcript = self._transcript(words, len(self._stable.words))
        told = self._told
        if told and transcript.text == told.text and transcript.stable == told.stable:
            return None
        self._told = transcript
        return transcript

    def _due(self) -> bool:
        """Whether to look again: while someone speaks now and then, and at once when they pause.

        A pause may be the end. What was said before it is then known when `finish` is called.
        """
        pause = self._window.pause
        if pause is None:
            return self._news >= RATE * self._pace
        unread = pause - self._reading.span[1]
        return unread >= RATE * DIP_S and self._news >= RATE * self._cost

    @property
    def _pace(self) -> float:
        if self._brisk and len(self._window) <= RATE * BRISK_S:
            return max(BRISK_PACE_S if self._reading.words else BRISK_AGAIN_S, self._cost)
        return max(PACE_S, REST * self._cost)

    async def finish(self) -> Transcript:
        """The transcript of all audio so far; at once if no speech was fed since the last look.

        Stable words of partials stand, unless what came after them speaks clearly against one.
        """
        await self._catch_up(FINAL)
        words = (*self._settled, *self._reading.words)
        return self._transcript(words, len(words))

    async def aclose(self) -> None:
        """Let go of the audio."""
        self._window = Window()

    async def _catch_up(self, priority: int) -> None:
        """Read the window's speech, unless that has been done."""
        span = self._window.speech()
        if span != self._reading.span:
            self._reading = await self._read(span, priority)

    async def _cut(self) -> None:
        """Settle the window's first part and forget its audio."""
        cut = self._window.quietest(EARLIEST, LONGEST)
        reading = await self._read(self._window.speech(cut), PARTIAL)
        self._settled = self._stable.settle((*self._settled, *reading.words))
        self._scores += _heard_scores(reading)
        self._settled_s += _heard_s(reading)
        rest = self._reading.tokens.ids[len(reading.tokens.ids) :]
        self._reading = _Look(tokens=Tokens(rest))
        self._window.drop(cut)

    async def _read(self, span: tuple[int, int], priority: int) -> _Look:
        if span == (0, 0):
            return _Look()
        audible = self._window.part(span)
        samples = np.concatenate([np.zeros(LEAD, np.float32), audible, np.zeros(TAIL, np.float32)])
        guess = self._reading.tokens.ids
        sure = self._weights.prefix(guess, max(0, len(self._stable.words) - len(self._settled)))
        options = RunOptions()
        job = partial(self._decode, samples, guess, sure, options)
        tokens = await self._thread.run(job, priority=priority, on_stop=partial(terminate, options))
        text = self._weights.text(tokens.ids)
        if invented(text, tokens.scores, self._window.contrast_db, self._language):
            return _Look(span)
        after = " ".join(self._settled[-1:])
        return _Look(span, tokens, tuple(continued(after, text, self._language).split()))

    def _decode(
        self,
        samples: Samples,
        guess: Sequence[int],
        sure: int,
        options: RunOptions,
        stop: StopFlag,
    ) -> Tokens:
        limit = MARGIN + round(len(samples) / RATE * self._tokens_per_s)
        try:
            heard = self._weights.encode(samples, options)
            return self._weights.decode(heard, limit, guess, sure, stop.is_set, self._bias)
        except Exception as error:
            raise EngineError(f"moonshine failed at {len(samples)} samples: {error}") from error

    def _transcript(self, words: Sequence[str], stable: int) -> Transcript:
        scores = self._scores + _heard_scores(self._reading)
        confidence = math.exp(sum(scores) / len(scores)) if scores and words else None
        return Transcript(
            " ".join(words),
            stable=stable,
            language=self._language,
            language_confidence=self._in_language(scores, words),
            confidence=confidence,
            rivals=self._reading.tokens.rivals if self._reading.words else (),
        )

    def _in_language(self, scores: Sequence[float], words: Sequence[str]) -> float | None:
        seconds = self._settled_s + _heard_s(self._reading)
        if self._fit is None or len(words) < FEWEST_WORDS or not seconds:
            return None
        return self._fit.probability(sum(scores) / seconds)


def _heard_s(reading: _Look) -> float:
    return (reading.span[1] - reading.span[0]) / RATE if reading.words else 0.0


def _heard_scores(reading: _Look) -> list[float]:
    return list(reading.tokens.scores) if reading.words else []
