"""How loud a voice is, against the room and against the caller as they spoke before; pure."""

from __future__ import annotations

from collections import deque

import numpy as np

from .audio import Samples, dbfs

FRAME_S = 0.02
_LEAST_DB = -100.0
_WINDOW = 5
"""Frames over which a voice's level is taken: 0.1 s hold a vowel, and no click fills them."""

_ROOM = 250
_FEW = 5
_FLOOR = 0.2
"""The room is what a fifth of the last 5 s stay below, the caller's own turns left out."""

ABOVE_FLOOR_DB = 10.5
"""Babble's loudest 0.1 s are 10 dB above its floor at most, a voice 10 dB louder than babble is
10.7 dB above it after 0.2 s, and 12.8 dB at its loudest, at least: over three babbles, and nine
sentences in four synthesized voices."""

BELOW_CALLER_DB = 12.0
"""A caller says "wait" more softly than a sentence; who sits in the room behind them is 16 dB
below or more."""

_TURNS = 5


class Loudness:
    """Of all that is heard, in dB of full scale.

    level: the loudest 0.1 s since `begin`. caller: how loud their latest turns were, the median,
    or None before the first.
    """

    def __init__(self, rate: int) -> None:
        self.level = _LEAST_DB
        self._frame = round(FRAME_S * rate)
        self._rest: Samples = np.zeros(0, np.float32)
        self._latest: deque[float] = deque(maxlen=_WINDOW)
        self._room: deque[float] = deque(maxlen=_ROOM)
        self._since_begun = 0
        self._turns: deque[float] = deque(maxlen=_TURNS)

    def hear(self, samples: Samples) -> None:
        """Take the next audio."""
        audio = np.concatenate([self._rest, samples])
        whole = len(audio) - len(audio) % self._frame
        self._rest = audio[whole:].copy()
        for frame in audio[:whole].reshape(-1, self._frame):
            db = max(_LEAST_DB, dbfs(frame))
            self._latest.append(10 ** (db / 10))
            self._room.append(db)
            self._since_begun += 1
            self.level = max(self.level, self._now)

    def begin(self) -> None:
        """A voice has just begun."""
        self.level = self._now
        self._since_begun = 0

    def learn(self) -> None:
        """The voice since `begin` was a turn of the caller's."""
        self._turns.append(self.level)
        for _ in range(min(self._since_begun, len(self._room))):
            self._room.pop()
        self._since_begun = 0

    @property
    def caller(self) -> float | None:
        """As above."""
        return float(np.median(self._turns)) if self._turns else None

    @property
    def floor(self) -> float | None:
        """The level of the room; None while too little of it was heard."""
        return float(np.quantile(self._room, _FLOOR)) if len(self._room) >= _FEW else None

    def stands_out(self, least_db: float) -> bool:
        """Whether the voice since `begin` may be the caller's, rather than somebody's behind them.

        least_db: how loud it is to be of a caller who has not spoken yet.
        """
        floor, caller = self.floor, self.caller
        if floor is not None and self.level < floor + ABOVE_FLOOR_DB:
            return False
        return self.level >= (least_db if caller is None else caller - BELOW_CALLER_DB)

    @property
    def _now(self) -> float:
        """The level of the last 0.1 s."""
        power = sum(self._latest) / _WINDOW
        return float(10 * np.log10(power)) if power else _LEAST_DB
