"""Where a long recording may be cut so that no word is; pure.

The voice is found frame by frame with a VAD. Speech across short pauses stays in one piece; a
piece that grows too long is cut at the longest pause in it, and speech without any pause where
it is quietest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from vivavoce.audio import Samples
from vivavoce.audio.levels import quietest

_QUIET_S = 0.04
"""Where no pause is, a run is cut in the middle of its quietest moment of this length."""


@dataclass(frozen=True, slots=True)
class SegmentSettings:
    """How pieces are made. Times in seconds.

    The defaults made the fewest errors with Moonshine tiny on English sentences joined with
    pauses of 0.12 to 0.5 s: 2.9 % of the words, against 4.8 % with 5 s at the longest.

    longest_s: of a piece, from its first voice to its last.
    join_s: a pause longer than this always ends a piece.
    pause_s: silence this long is between words, not in one, so a piece may be cut there.
    pad_s: audio kept on both sides of the voice, as far as it belongs to no other piece.
    voice_s: less voice than this in a piece is noise, and is left out.
    start_threshold, stop_threshold: VAD probabilities at which voice begins and ends.
    """

    longest_s: float = 15.0
    join_s: float = 1.5
    pause_s: float = 0.19
    pad_s: float = 0.4
    voice_s: float = 0.09
    start_threshold: float = 0.5
    stop_threshold: float = 0.35


@dataclass(frozen=True, slots=True, eq=False)
class AudioSegment:
    """A stretch of the recording to transcribe by itself. Times in seconds from its beginning.

    at: of the first of `samples`. start, end: of the voice. voiced: how much of it is voice.
    """

    samples: Samples
    at: float
    start: float
    end: float
    voiced: float


@dataclass(slots=True)
class _Run:
    """Unbroken voice, in samples from the recording's beginning. torn: from the run before."""

    start: int
    end: int
    torn: bool = False


class AudioSegmenter:
    """Cuts a stream into pieces; holds a little more than one piece at a time.

    rate: of the samples. frame_s: what one probability covers.
    """

    def __init__(self, rate: int, frame_s: float, settings: SegmentSettings | None = None) -> None:
        self._rate = rate
        self._frame = frame_s * rate
        self._settings = settings or SegmentSettings()
        self._samples: Samples = np.zeros(0, np.float32)
        self._base = 0
        self._frames = 0
        self._speaking = False
        self._runs: list[_Run] = []

    def feed(self, samples: Samples, probabilities: Sequence[float]) -> list[AudioSegment]:
        """Take the next audio, and the VAD's view of what it knows so far; give whole pieces."""
        self._samples = np.concatenate([self._samples, samples])
        pieces: list[AudioSegment] = []
        for probability in probabilities:
            self._judge(probability)
            pieces += self._cut()
        self._forget()
        return pieces

    def flush(self) -> list[AudioSegment]:
        """What is left at the recording's end."""
        end = self._base + len(self._samples)
        if self._speaking:
            self._runs[-1].end = end
        self._speaking = False
        return self._emit(len(self._runs), end)

    @property
    def _now(self) -> int:
        return round(self._frames * self._frame)

    def _judge(self, probability: float) -> None:
        start = self._now
        self._frames += 1
        settings = self._settings
        limit = settings.stop_threshold if self._speaking else settings.start_threshold
        spoke, self._speaking = self._speaking, probability >= limit
        if self._speaking:
            if not spoke:
                self._runs.append(_Run(start, start))
            self._runs[-1].end = self._now

    def _cut(self) -> list[AudioSegment]:
        """The pieces that the voice so far makes complete."""
        if not self._runs:
            return []
        settings, now = self._settings, self._now
        if now - self._runs[-1].end > settings.join_s * self._rate:
            return self._emit(len(self._runs), now)
        if now - self._runs[0].start < settings.longest_s * self._rate:
            return []
        count = self._longest_pause()
        if count is None:
            count = self._split()
        after = self._runs[count].start if count < len(self._runs) else now
        return self._emit(count, after)

    def _longest_pause(self) -> int | None:
        """How many runs come before the best pause to cut at; None where there is no pause.

        The first third is spared, for short pieces have too little context to be understood.
        """
        first, shortest = self._runs[0].start, self._settings.pause_s * self._rate
        silences = [after.start - before.end for before, after in pairwise(self._runs)]
        silences.append(self._now - self._runs[-1].end)
        spared = first + self._settings.longest_s * self._rate / 3
        pauses = [at for at, silence in enumerate(silences, 1) if silence >= shortest]
        late = [at for at in pauses if self._runs[at - 1].end >= spared]
        if late:
            return max(late, key=lambda at: silences[at - 1])
        return pauses[-1] if pauses else None

    def _split(self) -> int:
        """Cut a run in two where the sound is quietest, in the last third of what there is."""
        first, now = self._runs[0].start, self._now
        start = max(now - round(self._settings.longest_s * self._rate / 3), first)
        sound = self._samples[start - self._base : now - self._base]
        at = start + quietest(sound, self._rate, _QUIET_S)
        count = 1 + max(index for index, run in enumerate(self._runs) if run.start < at)
        run = self._runs[count - 1]
        if at < run.end:
            self._runs.insert(count, _Run(at, run.end, torn=True))
            run.end = at
        return count

    def _emit(self, count: int, after: int) -> list[AudioSegment]:
        """The first `count` runs as a piece. after: where the next voice begins, or may begin."""
        runs, self._runs = self._runs[:count], self._runs[count:]
        voiced = sum(run.end - run.start for run in runs)
        if not runs or (voiced < self._settings.voice_s * self._rate and not runs[0].torn):
            return []
        pad = round(self._settings.pad_s * self._rate)
        start, end = runs[0].start, runs[-1].end
        first = max(start - pad, self._base)
        last = min(end + pad, (end + after) // 2 if self._runs else after)
        samples = self._samples[first - self._base : last - self._base]
        piece = AudioSegment(
            samples,
            first / self._rate,
            start / self._rate,
            end / self._rate,
            voiced / self._rate,
        )
        self._drop(max(last, self._base))
        return [piece]

    def _forget(self) -> None:
        """Let go of the audio that no piece can need."""
        voice = self._runs[0].start if self._runs else self._now
        self._drop(voice - round(self._settings.pad_s * self._rate))

    def _drop(self, until: int) -> None:
        if until > self._base:
            self._samples = self._samples[until - self._base :].copy()
            self._base = until
