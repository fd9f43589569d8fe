"""What audio is carried as: Opus, or G.711 for peers without it. One call's state each.

A `PacketEncoder` turns 20 ms into a packet, a `PacketDecoder` a packet into samples; both run on
the event loop, for a packet takes about 0.2 and 0.05 ms.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from fractions import Fraction
from typing import Protocol

import av
import numpy as np

from vivavoce.audio import Resampler, Samples, from_pcm16, to_pcm16
from vivavoce.audio.g711 import alaw_decode, alaw_encode, mulaw_decode, mulaw_encode

log = logging.getLogger(__name__)

RATE = 48_000
"""Hz of all samples here; Opus's own."""
FRAME = RATE // 50

_BIT_RATE = 32_000
"""What Opus needs for a voice at full bandwidth (RFC 7587, section 3.1.1: 28 to 40 kbit/s)."""
_TOC = 0xFC
"""The part of a packet's first byte that says how it is coded; the rest counts its frames
(RFC 6716, section 3.1)."""
_SPARSE = 2
"""Bytes up to which an Opus packet holds no sound: the peer says nothing for a while."""


class PacketEncoder(Protocol):
    """Samples to packets. pause: a packet that says that silence goes on; None if it must be
    sent as sound.
    """

    @property
    def pause(self) -> bytes | None: ...  # noqa: D102

    def encode(self, frame: Samples) -> bytes:
        """The packet of the next 20 ms."""
        ...


class PacketDecoder(Protocol):
    """Packets to samples."""

    def decode(self, payload: bytes) -> Samples:
        """The packet's sound; none if it is broken."""
        ...

    def conceal(self) -> Samples:
        """What may have been in a packet that was lost; silence where that cannot be guessed."""
        ...

    def ticks(self, payload: bytes) -> int:
        """How long the packet's sound is, in ticks of its timestamps."""
        ...

    def is_pause(self, payload: bytes) -> bool:
        """Whether the packet only says that silence goes on, so that few others follow."""
        ...


class OpusEncoder:
    """A voice, mono."""

    def __init__(self) -> None:
        self._codec = av.CodecContext.create("libopus", "w")
        self._codec.bit_rate = _BIT_RATE
        self._codec.format, self._codec.layout = "s16", "mono"
        self._codec.sample_rate, self._codec.time_base = RATE, Fraction(1, RATE)
        self._codec.options = {"application": "voip", "frame_duration": "20"}
        self._pts = 0
        self._last = b""

    @property
    def pause(self) -> bytes | None:
        """A frame without data, coded as the packet before it."""
        return bytes([self._last[0] & _TOC]) if self._last else None

    def encode(self, frame: Samples) -> bytes:
        """The packet of the next 20 ms."""
        samples = np.frombuffer(to_pcm16(frame), "<i2")
        whole = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
        whole.sample_rate, whole.time_base, whole.pts = RATE, Fraction(1, RATE), self._pts
        self._pts += FRAME
        self._last = b"".join(bytes(packet) for packet in self._codec.encode(whole))
        return self._last


class OpusDecoder:
    """Mono, whatever the peer sends."""

    def __init__(self) -> None:
        self._codec = av.CodecContext.create("libopus", "r")
        self._codec.format, self._codec.layout = "s16", "mono"
        self._codec.sample_rate = RATE
        self._toc: int | None = None

    def decode(self, payload: bytes) -> Samples:
        """The packet's sound; none if it is broken."""
        try:
            frames = self._codec.decode(av.Packet(payload))
        except av.FFmpegError as error:
            log.info("cannot decode an Opus packet: %s", error)
            return np.zeros(0, np.float32)
        self._toc = payload[0] & _TOC if payload else self._toc
        parts = [from_pcm16(frame.to_ndarray().tobytes()) for frame in frames]
        return parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0, np.float32), *parts])

    def conceal(self) -> Samples:
        """What the codec makes of the sound before: it goes on and fades."""
        if self._toc is None:
            return np.zeros(FRAME, np.float32)
        return self.decode(bytes([self._toc]))

    def ticks(self, payload: bytes) -> int:
        """As the packet's head says (RFC 6716, section 3.1)."""
        if not payload:
            return FRAME
        config, code = payload[0] >> 3, payload[0] & 3
        if config < 12:
            frame = (480, 960, 1920, 2880)[config % 4]
        elif config < 16:
            frame = (480, 960)[config % 2]
        else:
            frame = (120, 240, 480, 960)[config % 4]
        if code < 3:
            return frame * (1, 2, 2)[code]
        return frame * (payload[1] & 0x3F if len(payload) > 1 else 1) or FRAME

    def is_pause(self, payload: bytes) -> bool:
        """Whether the peer has stopped sending for as long as it is silent (DTX)."""
        return len(payload) <= _SPARSE


class G711Encoder:
    """The telephone's sound: 8 kHz."""

    pause = None

    def __init__(self, encode: Callable[[Samples], bytes]) -> None:
        self._encode = encode
        self._resampler = Resampler(RATE, 8_000, live=True)
        self._ready = np.zeros(FRAME // 6, np.float32)

    def encode(self, frame: Samples) -> bytes:
        """The packet of the next 20 ms; 20 ms behind, for the resampler needs some ahead."""
        self._ready = np.concatenate([self._ready, self._resampler.feed(frame)])
        due, self._ready = self._ready[: FRAME // 6], self._ready[FRAME // 6 :]
        return self._encode(due)


class G711Decoder:
    """The telephone's sound: 8 kHz."""

    def __init__(self, decode: Callable[[bytes], Samples]) -> None:
        self._decode = decode
        self._resampler = Resampler(8_000, RATE, live=True)

    def decode(self, payload: bytes) -> Samples:
        """The packet's sound."""
        return self._resampler.feed(self._decode(payload))

    def conceal(self) -> Samples:
        """Silence."""
        return np.zeros(FRAME, np.float32)

    def ticks(self, payload: bytes) -> int:
        """A sample a byte."""
        return len(payload)

    def is_pause(self, payload: bytes) -> bool:
        """Whether the packet says that silence goes on; G.711 has no such packets."""
        return False


def encoder(name: str) -> PacketEncoder:
    """For a codec's name in SDP, in lower case."""
    match name:
        case "opus":
            return OpusEncoder()
        case "pcmu":
            return G711Encoder(mulaw_encode)
    return G711Encoder(alaw_encode)


def decoder(name: str) -> PacketDecoder:
    """For a codec's name in SDP, in lower case."""
    match name:
        case "opus":
            return OpusDecoder()
        case "pcmu":
            return G711Decoder(mulaw_decode)
    return G711Decoder(alaw_decode)
