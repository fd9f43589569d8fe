"""Voice activity detection that goes on when an engine fails, in the middle of a stream too."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vivavoce.audio import Resampler, Samples
from vivavoce.engines import Vad, VadStream
from vivavoce.errors import VivavoceError

from .chain import Chain, ChainLink, Trial


class FallbackVad(Chain[Vad]):
    """Voice activity detection by the first engine that works, in the first one's frames."""

    def __init__(self, engines: Sequence[Vad], patience_s: float = 5.0) -> None:
        super().__init__("vad", engines, patience_s)

    @property
    def rate(self) -> int:
        """Hz of the samples that streams take."""
        return self.links[0].engine.rate

    @property
    def frame(self) -> int:
        """Samples in a frame."""
        return self.links[0].engine.frame

    def open(self) -> VadStream:
        """A new caller's stream."""
        return _FallbackVadStream(self)


class _FallbackVadStream:
    """One caller's; keeps the frame that is not whole yet, to give it to the next engine."""

    def __init__(self, chain: FallbackVad) -> None:
        self._chain = chain
        self._frame = chain.frame
        self._rest: Samples = np.zeros(0, np.float32)
        self._link, self._stream, _ = self._opened(Trial(), None, self._rest)

    def feed(self, samples: Samples) -> Sequence[float]:
        """The probability of speech for each frame that these samples complete."""
        try:
            probabilities = self._stream.feed(samples)
        except VivavoceError as error:
            trial = Trial()
            trial.note(self._chain, self._link, error)
            given = np.concatenate((self._rest, samples))
            self._link, self._stream, probabilities = self._opened(trial, self._link, given)
        if self._link.fault is not None:
            self._chain.answered(self._link)
        if len(self._chain.links) > 1:
            kept = (len(self._rest) + len(samples)) % self._frame
            joined = np.concatenate((self._rest, samples[-kept:] if kept else samples[:0]))
            self._rest = joined[len(joined) - kept :]
        return probabilities

    def reset(self) -> None:
        """Forget everything heard."""
        self._rest = self._rest[:0]
        self._stream.reset()

    def _opened(
        self, trial: Trial, failed: ChainLink[Vad] | None, samples: Samples
    ) -> tuple[ChainLink[Vad], VadStream, Sequence[float]]:
        """A stream of the first engine that works, and what it makes of these samples."""
        for link in self._chain.attempts():
            if link is failed:
                continue
            try:
                stream = self._fitting(link.engine)
                return link, stream, stream.feed(samples) if len(samples) else ()
            except VivavoceError as error:
                trial.note(self._chain, link, error)
        raise trial.outcome

    def _fitting(self, engine: Vad) -> VadStream:
        chain = self._chain
        if (engine.rate, engine.frame) == (chain.rate, chain.frame):
            return engine.open()
        return _ReframedVadStream(engine, chain.rate, chain.frame)


class _ReframedVadStream:
    """An engine's stream as one of another rate and length of frames."""

    def __init__(self, engine: Vad, rate: int, frame: int) -> None:
        self._stream = engine.open()
        self._rates = rate, engine.rate
        self._resampler = Resampler(*self._rates, live=True)
        self._frame = frame
        self._rest: Samples = np.zeros(0, np.float32)
        self._last = 0.0

    def feed(self, samples: Samples) -> Sequence[float]:
        """For each frame what the engine last thought; the most, where it thought several times."""
        joined = np.concatenate((self._rest, samples))
        whole = len(joined) - len(joined) % self._frame
        self._rest = joined[whole:]
        return [self._judge(joined[at : at + self._frame]) for at in range(0, whole, self._frame)]

    def reset(self) -> None:
        """Forget everything heard."""
        self._stream.reset()
        self._resampler = Resampler(*self._rates, live=True)
        self._rest, self._last = self._rest[:0], 0.0

    def _judge(self, frame: Samples) -> float:
        self._last = max(self._stream.feed(self._resampler.feed(frame)), default=self._last)
        return self._last
