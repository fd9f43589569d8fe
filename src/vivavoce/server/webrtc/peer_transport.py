"""The transports below one call: ICE, DTLS on it, and on that RTP's and SCTP's (RFC 8835).

Made of aiortc's parts. Its `RTCPeerConnection` puts them together for any peer; this is for a
server that answers once, and so is in command of ports, codecs and delay.
"""

from __future__ import annotations

from aiortc import (
    MediaStreamTrack,
    RTCCertificate,
    RTCDtlsParameters,
    RTCDtlsTransport,
    RTCIceTransport,
    RTCRtpSender,
    RTCSctpCapabilities,
    RTCSctpTransport,
)
from aiortc.rtcrtpparameters import (
    RTCRtpDecodingParameters,
    RTCRtpReceiveParameters,
    RTCRtpSendParameters,
)

from .aiortc_internals import receive_from, set_role, source_of, unread_window
from .description import Offer, write_answer
from .gatherer import Gatherer, PortConnection
from .microphone import PeerMicrophone
from .udp_ports import UdpPorts

_EXCESS_BYTES = 65_536
"""Past the window that it was told, aiortc keeps what a peer sends; honest ones stop at it."""


class PeerTransport:
    """What a call goes through. Made for one offer; `aclose` must follow."""

    def __init__(self, offer: Offer, ports: UdpPorts, track: MediaStreamTrack) -> None:
        self._offer = offer
        self._gatherer = Gatherer(ports)
        self.ice = RTCIceTransport(self._gatherer)
        self.dtls = RTCDtlsTransport(self.ice, [RTCCertificate.generateCertificate()])
        self.sctp = RTCSctpTransport(self.dtls) if offer.texts else None
        self._sender = RTCRtpSender(track, self.dtls)

    @property
    def connection(self) -> PortConnection:
        """ICE's own, which knows when the peer was last heard of."""
        return self._gatherer.connection

    @property
    def state(self) -> str:
        """`connecting`, `connected`, `failed`, or `closed` when the peer has hung up."""
        states = {self.ice.state, self.dtls.state}
        for state in ("failed", "closed", "connected"):
            if state in states:
                return state
        return "connecting"

    @property
    def flooded(self) -> bool:
        """Whether the peer has sent more by the data channel than it was allowed to."""
        return self.sctp is not None and unread_window(self.sctp) < -_EXCESS_BYTES

    async def answer(self) -> str:
        """Open the sockets and describe this side. Raises Problem (503) when no port is free."""
        await self._gatherer.gather()
        for candidate in self._offer.candidates:
            await self.ice.addRemoteCandidate(candidate)
        fingerprints = self.dtls.getLocalParameters().fingerprints
        return write_answer(
            self._offer,
            ice=self._gatherer.getLocalParameters(),
            candidates=self._gatherer.getLocalCandidates(),
            fingerprints=[each for each in fingerprints if each.algorithm == "sha-256"],
            ssrc=source_of(self._sender),
        )

    async def connect(self) -> None:
        """Reach the peer and agree on keys; afterwards `state` tells whether that went well."""
        offer = self._offer
        self.connection.ice_controlling = offer.ice.iceLite
        set_role(self.dtls, client=offer.active)
        await self.ice.start(offer.ice)
        if self.ice.state == "completed":
            await self.dtls.start(RTCDtlsParameters(fingerprints=list(offer.fingerprints)))

    async def send_audio(self) -> None:
        """Let the track's packets go out."""
        await self._sender.send(RTCRtpSendParameters(codecs=[self._offer.codec]))

    def receive_audio(self, microphone: PeerMicrophone) -> None:
        """Let the peer's packets come in."""
        offer = self._offer
        parameters = RTCRtpReceiveParameters(
            codecs=[offer.codec],
            encodings=[RTCRtpDecodingParameters(ssrc, offer.payload_type) for ssrc in offer.ssrcs],
        )
        receive_from(self.dtls, microphone, parameters)

    async def begin_texts(self) -> None:
        """Let data channels be opened."""
        if self.sctp is not None:
            size = self._offer.message_bytes
            capabilities = None if size is None else RTCSctpCapabilities(maxMessageSize=size)
            await self.sctp.start(capabilities, self._offer.sctp_port)

    async def aclose(self) -> None:
        """Hang up, and close the sockets."""
        await self._sender.stop()
        if self.sctp is not None:
            await self.sctp.stop()
        await self.dtls.stop()
        await self.ice.stop()
