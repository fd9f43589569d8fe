"""The caller's end of the line: plays what the agent sends, and knows what was heard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from vivavoce.audio import Resampler, Samples, dbfs
from vivavoce.conversation.playout import AUDIBLE

from .timeline import Hold, Sounding

_FRAME_S = 0.01
_JOINED_S = 0.03
"""Silences up to this long do not break a sounding."""


@dataclass(slots=True)
class _PlayedPiece:
    """Audio laid on the time line. loud: where it is audible."""

    reply: str
    start: float
    samples: Samples
    rate: int
    loud: Sequence[tuple[float, float]] = ()

    def __post_init__(self) -> None:
        self.loud = tuple(_audible(self))

    @property
    def end(self) -> float:
        return self.start + len(self.samples) / self.rate


class CallerLoudspeaker:
    """Plays each piece when it comes, or after the one before. Times in seconds of the call."""

    def __init__(self) -> None:
        self._pieces: list[_PlayedPiece] = []
        self.until = 0.0

    def play(self, samples: Samples, rate: int, reply: str, at: float) -> None:
        """More has come."""
        if len(samples):
            piece = _PlayedPiece(reply, max(at, self.until), samples, rate)
            self._pieces.append(piece)
            self.until = piece.end

    def flush(self, at: float) -> float:
        """Drop what has not been played yet; returns how many seconds."""
        dropped = max(0.0, self.until - at)
        while self._pieces and self._pieces[-1].start >= at:
            self._pieces.pop()
        if self._pieces and self._pieces[-1].end > at:
            last = self._pieces[-1]
            last.samples = last.samples[: round((at - last.start) * last.rate)]
            last.loud = tuple(_audible(last))
        self.until = min(self.until, at)
        return dropped

    def played(self, reply: str) -> tuple[Samples, float]:
        """A reply's audio as it was played, without what interrupted it, and its seconds."""
        own = [piece for piece in self._pieces if piece.reply == reply]
        samples = np.concatenate([np.zeros(0, np.float32), *(piece.samples for piece in own)])
        return samples, sum(len(piece.samples) / piece.rate for piece in own)

    def replies(self) -> list[str]:
        """Those that were played, in order."""
        return list(dict.fromkeys(piece.reply for piece in self._pieces))

    def holds(self, least_s: float) -> list[Hold]:
        """Where it ran dry in a reply for at least so long."""
        return [
            Hold(last.reply, last.end, following.start)
            for last, following in zip(self._pieces, self._pieces[1:], strict=False)
            if last.reply == following.reply and following.start - last.end >= least_s
        ]

    def heard_s(self, at: float, since: float) -> float:
        """For how long the reply that is or was last audible had been heard by then."""
        spans = [one for one in self.soundings(since) if one.start <= at]
        if not spans:
            return 0.0
        first = next(one for one in spans if one.reply == spans[-1].reply)
        return at - first.start

    def silent_s(self, at: float) -> float:
        """Seconds since something was audible; infinite when nothing ever was."""
        ends = [min(one.end, at) for one in self.soundings(at - 5.0) if one.start <= at]
        return at - ends[-1] if ends else float("inf")

    def soundings(self, since: float = 0.0) -> list[Sounding]:
        """What was audible."""
        found: list[Sounding] = []
        for piece in self._pieces:
            if piece.end < since:
                continue
            for start, end in piece.loud:
                last = found[-1] if found else None
                if last and last.reply == piece.reply and start - last.end <= _JOINED_S:
                    found[-1] = Sounding(piece.reply, last.start, end)
                else:
                    found.append(Sounding(piece.reply, start, end))
        return found

    def between(self, start: float, end: float, rate: int) -> Samples:
        """What it plays in this time, on a line of this rate."""
        line = np.zeros(round((end - start) * rate), np.float32)
        for piece in reversed(self._pieces):
            if piece.end <= start:
                break
            if piece.start >= end or piece.rate != rate:
                continue
            offset = round((piece.start - start) * rate)
            part = piece.samples[max(0, -offset) :][: len(line) - max(0, offset)]
            line[max(0, offset) : max(0, offset) + len(part)] = part
        return line

    @property
    def rate(self) -> int | None:
        """Of what it plays."""
        return self._pieces[-1].rate if self._pieces else None

    def levels(self, seconds: float, step_s: float) -> list[float]:
        """In dB, a step at a time."""
        rate = self.rate or 16_000
        count = round(seconds / step_s)
        return [level(self.between(i * step_s, (i + 1) * step_s, rate)) for i in range(count)]


class Echo:
    """The agent's voice on its way into the caller's microphone, a chunk at a time.

    Times go on from chunk to chunk. level: a factor. delay_s: from loudspeaker to microphone.
    """

    def __init__(self, speaker: CallerLoudspeaker, rate: int, level: float, delay_s: float) -> None:
        self._speaker = speaker
        self._rate = rate
        self._level = level
        self._delay_s = delay_s
        self._resampler: Resampler | None = None
        self._ready = np.zeros(0, np.float32)

    def chunk(self, start: float, seconds: float) -> Samples:
        """What is heard of it in this time."""
        wanted = round(seconds * self._rate)
        rate = self._speaker.rate
        if rate is None:
            return np.zeros(wanted, np.float32)
        if self._resampler is None or self._resampler.source_rate != rate:
            self._resampler = Resampler(rate, self._rate)
        begun = start - self._delay_s
        line = self._speaker.between(begun, begun + seconds, rate)
        self._ready = np.concatenate((self._ready, self._resampler.feed(line)))
        out, self._ready = self._ready[:wanted], self._ready[wanted:]
        padding = np.zeros(wanted - len(out), np.float32)
        return np.concatenate((padding, out)) * np.float32(self._level)


def level(samples: Samples) -> float:
    """In dB of full scale, -90 at least."""
    return max(-90.0, round(dbfs(samples), 1))


def _audible(piece: _PlayedPiece) -> Iterator[tuple[float, float]]:
    step = max(1, round(_FRAME_S * piece.rate))
    loud = np.flatnonzero(np.abs(piece.samples) > AUDIBLE)
    if not len(loud):
        return
    # Runs of audible samples with less than a frame between them.
    breaks = np.flatnonzero(np.diff(loud) > step)
    firsts = loud[np.concatenate(([0], breaks + 1))]
    lasts = loud[np.concatenate((breaks, [len(loud) - 1]))]
    for first, last in zip(firsts, lasts, strict=True):
        yield piece.start + int(first) / piece.rate, piece.start + int(last + 1) / piece.rate
