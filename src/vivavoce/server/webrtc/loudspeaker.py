"""What the peer hears: a sink for the session, and a track of packets for aiortc.

A packet of 20 ms leaves every 20 ms, but in silence: then only one each 400 ms that says so, as
Opus does by itself (DTX), so that a call in which nobody speaks costs next to nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from fractions import Fraction

from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av.packet import Packet
from av.stream import Stream

from vivavoce.audio import Samples
from vivavoce.devices.playback_queue import PlaybackQueue

from .codecs import FRAME, RATE, PacketEncoder

log = logging.getLogger(__name__)

FRAME_S = 0.02
_FADE = RATE // 200
_LATE_S = 0.06
"""A packet that is later than this is not caught up with: the sound is later from then on."""
_TAIL = 10
"""Packets of silence after a sound, which also carry it out of peers that hold some back."""
_PAUSE_S = 0.4
"""How often a pause is told; as libopus does."""
_MOST_S = 10.0
"""What may wait to be heard; a session that keeps to `lead_s` is far below."""


class PeerLoudspeaker(MediaStreamTrack):
    """One call's outgoing audio. rate: Hz. lead_s: how much wants to be queued."""

    kind = "audio"
    rate = RATE
    lead_s = 0.08

    def __init__(self) -> None:
        super().__init__()
        self.dropped_s = 0.0
        self._lead = PlaybackQueue(_FADE)
        self._news = asyncio.Event()
        self._encoder: PacketEncoder | None = None
        self._clock = RATE
        self._due = 0.0
        self._ticks = 0
        self._tail = _TAIL

    # --- the session's side ----------------------------------------------------------------------

    def write(self, samples: Samples) -> None:
        """Queue these; the first of them leave at once after a silence."""
        if len(self._lead) + len(samples) > _MOST_S * RATE:
            self.dropped_s += len(samples) / RATE
            log.warning("dropped %.1f s of a reply that the peer does not receive", self.dropped_s)
            return
        self._lead.put(samples)
        self._news.set()

    def flush(self) -> int:
        """Fall silent within 5 ms; exactly how many samples will not be sent."""
        return self._lead.flush()

    # --- aiortc's side ---------------------------------------------------------------------------

    def start(self, clock: int, encoder: PacketEncoder) -> None:
        """The connection stands. clock: of the timestamps, Hz."""
        self._clock, self._encoder = clock, encoder
        self._due = time.monotonic()

    async def recv(self) -> Packet[Stream]:
        """The next packet, when it is time for it."""
        if self.readyState != "live":
            raise MediaStreamError
        assert self._encoder is not None
        pause = self._encoder.pause
        if pause is not None and self._tail == 0 and not len(self._lead):
            told = self._due - FRAME_S + _PAUSE_S
            if not await self._sound_before(told):
                self._move_to(told)
                return self._packet(pause)
            self._move_to(max(time.monotonic(), self._due))
        else:
            await asyncio.sleep(self._due - time.monotonic())
            now = time.monotonic()
            if now - self._due > _LATE_S:
                self._move_to(now)
        self._tail = _TAIL if len(self._lead) else max(0, self._tail - 1)
        return self._packet(self._encoder.encode(self._lead.pop(FRAME)))

    def _packet(self, payload: bytes) -> Packet[Stream]:
        packet: Packet[Stream] = Packet(payload)
        packet.pts, packet.time_base = self._ticks, Fraction(1, self._clock)
        self._ticks += round(FRAME_S * self._clock)
        self._due += FRAME_S
        return packet

    def _move_to(self, due: float) -> None:
        """The next packet is for this moment; what lies between was silence."""
        skipped = max(0, round((due - self._due) * self._clock))
        self._ticks += skipped
        self._due += skipped / self._clock

    async def _sound_before(self, moment: float) -> bool:
        """Wait for something to say, but no longer than this."""
        self._news.clear()
        timer = asyncio.get_running_loop().call_later(moment - time.monotonic(), self._news.set)
        try:
            await self._news.wait()
        finally:
            timer.cancel()
        return bool(len(self._lead))
