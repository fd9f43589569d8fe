"""What the peer's microphone captured, as audio that runs with the time.

Takes the place of aiortc's receiver, which holds 80 ms back, stands still for 300 ms when a
packet is lost, and keeps a thread for each call.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator

import numpy as np
from aiortc import RTCDtlsTransport
from aiortc.rtcrtpreceiver import StreamStatistics
from aiortc.rtp import AnyRtcpPacket, RtcpReceiverInfo, RtcpRrPacket, RtcpSrPacket, RtpPacket

from vivavoce.audio import Audio, Samples

from .aiortc_internals import send_report
from .codecs import RATE, PacketDecoder
from .jitter_buffer import Gap, JitterBuffer, Piece

_REPORT_S = 5.0
"""How often the peer is told how well it is heard (RFC 3550, section 6.2)."""


class PeerMicrophone:
    """One call's incoming audio."""

    def __init__(self) -> None:
        self._order: JitterBuffer | None = None
        self._decoder: PacketDecoder | None = None
        self._payload_type = -1
        self._report: _Report | None = None
        self._news = asyncio.Event()
        self._closed = False

    @property
    def dropped_s(self) -> float:
        """How much audio was dropped because nobody took it."""
        return self._order.dropped_s if self._order else 0.0

    def start(
        self, transport: RTCDtlsTransport, payload_type: int, clock: int, decoder: PacketDecoder
    ) -> None:
        """The connection stands: time runs from now.

        payload_type: of the only packets that are understood. clock: of their timestamps, Hz.
        """
        self._payload_type, self._decoder = payload_type, decoder
        self._order = JitterBuffer(clock, time.monotonic())
        self._report = _Report(transport, clock)
        self._news.set()

    def close(self) -> None:
        """End the audio."""
        self._closed = True
        self._news.set()

    async def audio(self) -> AsyncGenerator[Audio, None]:
        """The audio at 48 kHz, piece by piece as packets come, until `close`."""
        loop = asyncio.get_running_loop()
        while not self._closed:
            if self._order is None:
                await self._news.wait()
                self._news.clear()
                continue
            piece = self._order.pop(time.monotonic())
            if piece is not None:
                samples = self._sound(piece)
                if len(samples):
                    yield Audio(samples, RATE)
                continue
            self._news.clear()
            timer = loop.call_later(self._order.due - time.monotonic(), self._news.set)
            try:
                await self._news.wait()
            finally:
                timer.cancel()

    def _sound(self, piece: Piece) -> Samples:
        assert self._decoder is not None
        match piece:
            case Gap(seconds, "silent"):
                return np.zeros(round(seconds * RATE), np.float32)
            case Gap():
                return self._decoder.conceal()
            case payload:
                return self._decoder.decode(payload)

    # --- called by the transport -----------------------------------------------------------------

    async def receive_rtp(self, packet: RtpPacket) -> None:
        """Take a packet of sound; others are left alone."""
        if packet.payload_type != self._payload_type or self._closed:
            return
        assert self._order is not None
        assert self._decoder is not None
        assert self._report is not None
        payload: bytes = packet.payload
        if payload:
            now = time.monotonic()
            ticks = self._decoder.ticks(payload)
            pause = self._decoder.is_pause(payload)
            self._order.put(packet.timestamp, payload, ticks, now, pause=pause)
            self._news.set()
        await self._report.count(packet)

    def receive_rtcp(self, packet: AnyRtcpPacket) -> None:
        """Take the peer's report."""
        if isinstance(packet, RtcpSrPacket) and self._report is not None:
            self._report.seen(packet)


class _Report:
    """Tells the sender what has come of its packets (RFC 3550, section 6.4.2)."""

    def __init__(self, transport: RTCDtlsTransport, clock: int) -> None:
        self._transport = transport
        self._clock = clock
        self._ssrc: int | None = None
        self._statistics = StreamStatistics(clock)
        self._next = time.monotonic() + _REPORT_S
        self._sender_report: tuple[int, float] | None = None

    def seen(self, packet: RtcpSrPacket) -> None:
        """The sender's own report has come; the next one refers to it."""
        middle = (packet.sender_info.ntp_timestamp >> 16) & 0xFFFFFFFF
        self._sender_report = middle, time.monotonic()

    async def count(self, packet: RtpPacket) -> None:
        """A packet has come; report when it is time."""
        if packet.ssrc != self._ssrc:
            self._ssrc, self._statistics = packet.ssrc, StreamStatistics(self._clock)
        self._statistics.add(packet)
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _REPORT_S
        last, since = self._sender_report or (0, now)
        info = RtcpReceiverInfo(
            ssrc=packet.ssrc,
            fraction_lost=self._statistics.fraction_lost,
            packets_lost=self._statistics.packets_lost,
            highest_sequence=self._statistics.max_seq or 0,
            jitter=self._statistics.jitter & 0xFFFFFFFF,
            lsr=last,
            dlsr=int(min(now - since, 65535.0) * 65536),
        )
        report = RtcpRrPacket(ssrc=packet.ssrc ^ 1, reports=[info])
        try:
            await send_report(self._transport, bytes(report))
        except ConnectionError:
            return
