"""What the microphone captured, block by block, with what the loudspeaker played at the time.

An echo canceller learns one delay and loses it when blocks slip, so pairs are made by the times
at which the devices say that their blocks met the air, not by the order in which they came.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from vivavoce.audio import Samples

AIM_S = 0.03
"""A captured block meets the one that is heard so much later: late enough that no echo comes
before its cause, early enough that it is there already when devices buffer 40 ms each."""

_BLOCK_S = 0.01
_SLACK_S = 0.015
_SHARE = 0.1
"""Of a new delay in the average; the devices' times jitter by some milliseconds."""

_ODD_S, _ODD = 0.05, 5
"""A delay that differs by more is a glitch, unless so many in a row do."""

_LATE = 6
"""Captured blocks that wait for the loudspeaker's to arrive; one more, and they go without."""

_AHEAD = 6
"""Blocks that the loudspeaker may be ahead where the devices tell no times."""

_LONGEST = 100
"""Blocks of the loudspeaker's that are kept at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """10 ms. at: when its first sample met the air, on the devices' clock; None if not known."""

    samples: Samples
    at: float | None = None


class BlockAlignment:
    """Two queues of blocks, taken in pairs. Not safe for threads by itself."""

    def __init__(self) -> None:
        self._near: deque[Block] = deque()
        self._far: deque[Block] = deque()
        self._late = False
        self._delay_s: float | None = None
        self._odd = 0

    def __len__(self) -> int:
        """How many captured blocks wait."""
        return len(self._near)

    def captured(self, block: Block) -> None:
        """The microphone's next."""
        self._near.append(block)

    def played(self, block: Block) -> None:
        """The loudspeaker's next."""
        self._far.append(block)
        if len(self._far) > _LONGEST:
            self._far.popleft()

    def drop(self) -> None:
        """Forget the oldest captured block; what was played then goes with it in time."""
        self._near.popleft()

    def next(self, *, alone: bool = False) -> tuple[Block, Block | None] | None:
        """A captured block, and what was played at the time if that is known.

        None when the next pair is not complete yet. alone: nothing is played that matters.
        """
        if not self._near:
            self._late = False
            return None
        if alone:
            return self._near.popleft(), None
        near = self._near[0]
        early = self._align(near)
        if self._far or self._late or len(self._near) > _LATE:
            self._late = not self._far
            far = None if early or not self._far else self._far.popleft()
            return self._near.popleft(), far
        return None

    def _align(self, near: Block) -> bool:
        """Drop what was played too long ago; whether the next was played too late for `near`."""
        if near.at is None or (self._far and self._far[0].at is None):
            while len(self._far) - len(self._near) > _AHEAD:
                self._far.popleft()
            return False
        while self._far and self._measure(self._far[0], near):
            assert self._delay_s is not None
            if self._delay_s > AIM_S + _SLACK_S:
                self._delay_s -= _BLOCK_S
                return True
            if self._delay_s >= AIM_S - _SLACK_S:
                return False
            self._far.popleft()
            self._delay_s += _BLOCK_S
        return False

    def _measure(self, far: Block, near: Block) -> bool:
        """Follow the delay between these two; whether it is to be relied on."""
        assert far.at is not None, "a device tells all times or none"
        assert near.at is not None
        delay_s = far.at - near.at
        if self._delay_s is None or (self._odd >= _ODD):
            self._delay_s = delay_s
        self._odd = self._odd + 1 if abs(delay_s - self._delay_s) > _ODD_S else 0
        if not self._odd:
            self._delay_s += _SHARE * (delay_s - self._delay_s)
        return not self._odd
