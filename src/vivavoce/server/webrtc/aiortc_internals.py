"""What aiortc and aioice keep to themselves and a call needs: no other module touches it.

pyproject.toml therefore pins both to compatible releases.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from aioice.ice import Connection, StunProtocol
from aiortc import (
    RTCDtlsTransport,
    RTCIceGatherer,
    RTCRtpReceiver,
    RTCRtpSender,
    RTCSctpTransport,
)
from aiortc.rtcrtpparameters import RTCRtpReceiveParameters
from aiortc.rtp import AnyRtcpPacket, RtpPacket


class PacketReceiver(Protocol):
    """What the peer's packets go to."""

    async def receive_rtp(self, packet: RtpPacket) -> None:
        """Take a packet of media."""
        ...

    def receive_rtcp(self, packet: AnyRtcpPacket) -> None:
        """Take a report."""
        ...

    def close(self) -> None:
        """Nothing more comes."""
        ...


class _Receiver:
    """Stands where aiortc expects its own RTCRtpReceiver."""

    def __init__(self, receiver: PacketReceiver) -> None:
        self._receiver = receiver

    async def _handle_rtp_packet(self, packet: RtpPacket, arrival_time_ms: int) -> None:
        await self._receiver.receive_rtp(packet)

    async def _handle_rtcp_packet(self, packet: AnyRtcpPacket) -> None:
        self._receiver.receive_rtcp(packet)

    def _handle_disconnect(self) -> None:
        self._receiver.close()


class OwnGatherer(RTCIceGatherer):
    """aiortc's gatherer with a connection of our own. It asks no STUN server."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(iceServers=[])
        self._connection = connection


def protocols_of(connection: Connection) -> list[StunProtocol]:
    """The connection's sockets; it uses those that are put here while it gathers."""
    protocols: list[StunProtocol] = connection._protocols
    return protocols


def set_role(dtls: RTCDtlsTransport, *, client: bool) -> None:
    """Who begins the handshake, where ICE's roles do not decide it."""
    dtls._set_role("client" if client else "server")


def receive_from(
    dtls: RTCDtlsTransport, receiver: PacketReceiver, parameters: RTCRtpReceiveParameters
) -> None:
    """Have the packets of these parameters go to the receiver."""
    dtls._register_rtp_receiver(_Receiver(receiver), parameters)


def take_packets(
    receiver: RTCRtpReceiver, take: Callable[[RtpPacket, int], Awaitable[None]]
) -> None:
    """Have packets go to `take` instead of the receiver's own buffer, which holds back 80 ms.

    take: gets the packet and when it came, in milliseconds.
    """
    setattr(receiver, "_handle_rtp_packet", take)  # noqa: B010 - mypy forbids to assign a method


async def send_report(dtls: RTCDtlsTransport, report: bytes) -> None:
    """Send an RTCP packet. Raises ConnectionError when the transport is closed."""
    await dtls._send_rtp(report)


def source_of(sender: RTCRtpSender) -> int:
    """The SSRC that the sender's packets will bear."""
    ssrc: int = sender._ssrc
    return ssrc


def unread_window(sctp: RTCSctpTransport) -> int:
    """Bytes that the peer may still send; below 0 where it has sent more than it was allowed."""
    window: int = sctp._advertised_rwnd
    return window
