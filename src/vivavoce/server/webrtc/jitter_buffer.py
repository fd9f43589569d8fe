"""RTP packets put into the order of their time; what is missing becomes gaps, so that time runs.

Pure: the caller says what time it is. There is no delay for the sake of an even flow, for what
listens is no ear: a packet is given as soon as those before it are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

_WRAP = 1 << 32
_JUMP_S = 5.0
"""A timestamp that is so far from the one expected begins a new count."""

_FAST_S = 2.0
"""How far a stream may run ahead of the clock; beyond, it is cut, whatever a peer makes up."""
_MOST = 400
"""Packets that may wait, however short they are."""
_DRIFT = 0.02
"""How much of a packet's lateness counts as the way having grown longer; the rest is jitter."""


@dataclass(frozen=True, slots=True)
class Gap:
    """No packet for `seconds`. kind: `lost` on the way, or the peer is `silent`."""

    seconds: float
    kind: Literal["lost", "silent"]


Piece: TypeAlias = "bytes | Gap"


@dataclass(frozen=True, slots=True)
class _Arrived:
    payload: bytes
    ticks: int
    pause: bool
    at: float


class JitterBuffer:
    """One stream's packets.

    rate: ticks of its timestamps in a second. now: when the stream begins, in seconds.
    late_s: how long a missing packet is waited for once one after it has come.
    patience_s: how long nothing may come before silence stands in; when the peer has said that
    it pauses, pause_s. keep_s: how much may wait to be taken; beyond, the oldest is dropped.
    dropped_s: how much was.
    """

    def __init__(
        self,
        rate: int,
        now: float,
        *,
        frame_s: float = 0.02,
        late_s: float = 0.04,
        patience_s: float = 0.1,
        pause_s: float = 0.02,
        keep_s: float = 2.0,
    ) -> None:
        self.dropped_s = 0.0
        self._rate = rate
        self._frame = round(frame_s * rate)
        self._late_s, self._patience_s, self._pause_s = late_s, patience_s, pause_s
        self._keep = round(keep_s * rate)
        self._waiting: dict[int, _Arrived] = {}
        self._next = 0
        self._given_s = now
        self._counted = False
        self._begun = now  # when timestamp 0 was, by the packets that came quickest
        self._filled = self._ahead = 0
        self._paused = False

    def put(self, timestamp: int, payload: bytes, ticks: int, now: float, *, pause: bool) -> None:
        """A packet has come. timestamp: as in the packet. ticks: how long its sound is.

        pause: whether it says that silence goes on. What has had its turn already is ignored.
        """
        at = self._unwrapped(timestamp, now)
        if at < self._next:
            behind = self._next - at
            if pause or behind > self._filled:
                return
            # Silence stood in for it too early: give it now, and so much less silence later.
            self._ahead += behind
            self._filled -= behind
            self._next = at
        self._waiting.setdefault(at, _Arrived(payload, ticks, pause, now))
        while max(self._waiting) - min(self._waiting) > self._keep or len(self._waiting) > _MOST:
            oldest = min(self._waiting)
            self.dropped_s += self._waiting.pop(oldest).ticks / self._rate
            self._next = max(self._next, min(self._waiting))

    def pop(self, now: float) -> Piece | None:
        """What is next; None until `due`, or until another packet has come."""
        while (piece := self._piece(now)) is not None:
            seconds = piece.seconds if isinstance(piece, Gap) else piece.ticks / self._rate
            if self._given_s + seconds > now + _FAST_S:
                self.dropped_s += seconds
                continue
            self._given_s += seconds
            return piece if isinstance(piece, Gap) else piece.payload
        return None

    @property
    def due(self) -> float:
        """When `take` will give something though no other packet comes."""
        if self._waiting:
            first = min(self._waiting)
            at_once = first <= self._next or self._paused or self._filled
            return self._waiting[first].at + (0.0 if at_once else self._late_s)
        patience = self._pause_s if self._paused else self._patience_s
        return self._begun + (self._next + self._frame + self._ahead) / self._rate + patience

    def _piece(self, now: float) -> _Arrived | Gap | None:
        while self._waiting:
            first = min(self._waiting)
            if first <= self._next:
                return self._given(first)
            missing = first - self._next
            if self._paused or self._filled:
                skipped = min(missing, self._ahead)
                self._ahead -= skipped
                self._next += skipped
                if missing > skipped:
                    return self._gap(min(missing - skipped, self._frame), "silent")
            elif now >= self._waiting[first].at + self._late_s:
                return self._gap(min(missing, self._frame), "lost")
            else:
                return None
        if now < self.due:
            return None
        self._filled += self._frame
        return self._gap(self._frame, "silent")

    def _given(self, first: int) -> _Arrived:
        packet = self._waiting.pop(first)
        self._next = first + packet.ticks
        self._filled, self._paused = 0, packet.pause
        late = packet.at - first / self._rate - self._begun
        self._begun += late if late < 0 else late * _DRIFT
        return packet

    def _gap(self, ticks: int, kind: Literal["lost", "silent"]) -> Gap:
        self._next += ticks
        return Gap(ticks / self._rate, kind)

    def _unwrapped(self, timestamp: int, now: float) -> int:
        """The timestamp on a count that never wraps; the stream's first one begins it."""
        near = (timestamp - self._next + _WRAP // 2) % _WRAP - _WRAP // 2
        if self._counted and abs(near) <= _JUMP_S * self._rate:
            return self._next + near
        self._counted = True
        self._waiting.clear()
        self._next, self._filled, self._ahead = timestamp, 0, 0
        self._begun = now - timestamp / self._rate
        return timestamp
