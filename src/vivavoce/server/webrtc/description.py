"""Offers as browsers make them, and the answers: SDP (RFC 8866, RFC 9429)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aiortc import RTCDtlsFingerprint, RTCDtlsParameters, RTCIceCandidate, RTCIceParameters
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.sdp import MediaDescription, SessionDescription, candidate_to_sdp

from vivavoce.errors import BadRequest

MOST_CHARS = 200_000
"""Of an offer; those of browsers have some 10,000."""
MESSAGE_BYTES = 262_144
"""The largest text that the peer may send, as aiortc takes them."""

_CODECS = ("opus", "pcmu", "pcma")
"""In the order of preference."""
_DIGESTS = {"sha-256", "sha-384", "sha-512"}
_CANDIDATES = 32
"""Addresses of the peer that are tried."""
_REVERSED = {"sendonly": "recvonly", "recvonly": "sendonly"}
_OPUS = "minptime=10;stereo=0;useinbandfec=0;usedtx=1;maxaveragebitrate=64000"
"""What we want to hear (RFC 7587): a packet each 20 ms or less often, and next to none in silence.
Not the copies for lost packets: the decoder cannot use them."""


@dataclass(frozen=True, slots=True)
class Section:
    """One of the offer's sections. head: its kind, protocol and formats, as in the m-line."""

    kind: str
    protocol: str
    formats: str
    mid: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What a peer wants.

    audio, texts: the sections for them; texts may be missing. direction: ours of the audio.
    active: whether we begin the handshake. message_bytes: the largest text it takes; None is
    not told, 0 is any.
    """

    sections: Sequence[Section]
    audio: Section
    texts: Section | None
    codec: RTCRtpCodecParameters
    direction: str
    ssrcs: Sequence[int]
    ice: RTCIceParameters
    fingerprints: Sequence[RTCDtlsFingerprint]
    candidates: Sequence[RTCIceCandidate]
    active: bool
    sctp_port: int
    message_bytes: int | None

    @property
    def payload_type(self) -> int:
        """The codec's number in packets."""
        assert self.codec.payloadType is not None
        return self.codec.payloadType

    @property
    def codec_name(self) -> str:
        """In lower case."""
        return self.codec.name.lower()

    @property
    def peer_listens(self) -> bool:
        """Whether the peer wants to hear us."""
        return self.direction in {"sendrecv", "sendonly"}

    @property
    def peer_speaks(self) -> bool:
        """Whether the peer may speak."""
        return self.direction in {"sendrecv", "recvonly"}


def read_offer(text: str) -> Offer:
    """The offer in this SDP. Raises BadRequest, saying what is wrong with it."""
    if len(text) > MOST_CHARS:
        raise BadRequest(
            f"the offer has {len(text):,} characters, over the limit of {MOST_CHARS:,}"
        )
    if not text.lstrip().startswith("v="):
        raise BadRequest("the offer is not SDP: it does not start with 'v=0'")
    try:
        parsed = SessionDescription.parse(text.strip() + "\r\n")
    except (
        ArithmeticError, AssertionError, AttributeError, LookupError, StopIteration, TypeError,
        ValueError,
    ) as error:  # fmt: skip
        detail = f": {error}" if str(error) else ""
        raise BadRequest(f"the offer is not valid SDP{detail}") from None
    return _understood(parsed)


def write_answer(
    offer: Offer,
    *,
    ice: RTCIceParameters,
    candidates: Sequence[RTCIceCandidate],
    fingerprints: Sequence[RTCDtlsFingerprint],
    ssrc: int,
) -> str:
    """The answer to this offer: its audio and its texts over one transport, and nothing else."""
    used = [section for section in offer.sections if _is_used(offer, section)]
    lines = [
        "v=0",
        f"o=- {secrets.randbits(62)} 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {' '.join(section.mid for section in used)}",
        "a=msid-semantic:WMS *",
    ]
    transport = list(_transport(offer, ice, candidates, fingerprints))
    first = candidates[0]
    for section in offer.sections:
        port = first.port if _is_used(offer, section) else 0
        lines += [
            f"m={section.kind} {port} {section.protocol} {_formats(offer, section)}",
            f"c=IN IP{6 if ':' in first.ip else 4} {first.ip}",
            f"a=mid:{section.mid}",
        ]
        if section is offer.audio:
            lines += [*transport, *_audio(offer, ssrc)]
        elif section is offer.texts:
            lines += [
                *transport,
                f"a=sctp-port:{offer.sctp_port}",
                f"a=max-message-size:{MESSAGE_BYTES}",
            ]
        else:
            lines.append("a=inactive")
    return "".join(f"{line}\r\n" for line in lines)


def _understood(parsed: SessionDescription) -> Offer:
    sections = [
        Section(media.kind, media.profile, " ".join(map(str, media.fmt)), media.rtp.muxId)
        for media in parsed.media
    ]
    audio = _first(parsed, "audio")
    if audio is None:
        raise BadRequest("the offer has no audio (no m=audio): add a microphone or a transceiver")
    texts = _first(parsed, "application")
    codec = _codec(audio)
    ice, dtls = _keys(audio)
    _check(parsed, audio, texts)
    return Offer(
        sections=sections,
        audio=sections[parsed.media.index(audio)],
        texts=None if texts is None else sections[parsed.media.index(texts)],
        codec=codec,
        direction=_REVERSED.get(audio.direction or "sendrecv", audio.direction or "sendrecv"),
        ssrcs=[ssrc.ssrc for ssrc in audio.ssrc[:1]],
        ice=ice,
        fingerprints=dtls.fingerprints,
        candidates=_reachable(parsed),
        active=dtls.role != "client",
        sctp_port=(texts.sctp_port if texts else None) or 5000,
        message_bytes=_message_bytes(texts),
    )


def _first(parsed: SessionDescription, kind: str) -> MediaDescription | None:
    return next((media for media in parsed.media if media.kind == kind), None)


def _codec(audio: MediaDescription) -> RTCRtpCodecParameters:
    for name, payload_type in (("PCMU", 0), ("PCMA", 8)):  # need no a=rtpmap
        named = [codec.payloadType for codec in audio.rtp.codecs]
        if payload_type in audio.fmt and payload_type not in named:
            audio.rtp.codecs.append(RTCRtpCodecParameters(f"audio/{name}", 8000, 1, payload_type))
    for wanted in _CODECS:
        for codec in audio.rtp.codecs:
            clock = 48_000 if wanted == "opus" else 8_000
            if codec.name.lower() == wanted and codec.clockRate == clock:
                return codec
    offered = ", ".join(str(codec) for codec in audio.rtp.codecs) or "none"
    raise BadRequest(
        f"none of the offered codecs is supported ({offered}); offer opus, PCMU or PCMA"
    )


def _message_bytes(texts: MediaDescription | None) -> int | None:
    return texts.sctpCapabilities.maxMessageSize if texts and texts.sctpCapabilities else None


def _keys(audio: MediaDescription) -> tuple[RTCIceParameters, RTCDtlsParameters]:
    """What the peer is known by. Raises BadRequest where it is not all there."""
    ice, dtls = audio.ice, audio.dtls
    if ice is None or not ice.usernameFragment or not ice.password:
        raise BadRequest("the offer has no a=ice-ufrag and a=ice-pwd; create it with createOffer()")
    if dtls is None or not dtls.fingerprints:
        raise BadRequest("the offer has no a=fingerprint and a=setup; create it with createOffer()")
    if not any(each.algorithm.lower() in _DIGESTS for each in dtls.fingerprints):
        raise BadRequest("no a=fingerprint in the offer is supported; offer sha-256")
    return ice, dtls


def _check(
    parsed: SessionDescription, audio: MediaDescription, texts: MediaDescription | None
) -> None:
    if not all(media.rtp.muxId for media in parsed.media):
        raise BadRequest("a section of the offer has no a=mid; create it with createOffer()")
    if not audio.rtcp_mux:
        raise BadRequest("the offer has no a=rtcp-mux; set rtcpMuxPolicy to 'require'")
    bundles = [group.items for group in parsed.group if group.semantic == "BUNDLE"]
    mids = {media.rtp.muxId for media in (audio, texts) if media}
    if texts and not any(mids <= set(bundle) for bundle in bundles):
        raise BadRequest("audio and data channel must share a transport: offer a=group:BUNDLE")


def _reachable(parsed: SessionDescription) -> list[RTCIceCandidate]:
    """The peer's addresses. Not names ending in .local, which hide them on purpose and take
    seconds to resolve: the peer's own packets will show them.
    """
    candidates = [candidate for media in parsed.media for candidate in media.ice_candidates]
    usable = [
        candidate
        for candidate in candidates
        if candidate.component == 1
        and candidate.protocol.lower() == "udp"
        and not candidate.ip.endswith(".local")
    ]
    return usable[:_CANDIDATES]


def _is_used(offer: Offer, section: Section) -> bool:
    return section is offer.audio or section is offer.texts


def _formats(offer: Offer, section: Section) -> str:
    return str(offer.payload_type) if section is offer.audio else section.formats


def _transport(
    offer: Offer,
    ice: RTCIceParameters,
    candidates: Sequence[RTCIceCandidate],
    fingerprints: Sequence[RTCDtlsFingerprint],
) -> Iterator[str]:
    for candidate in candidates:
        yield f"a=candidate:{candidate_to_sdp(candidate)}"
    yield "a=end-of-candidates"
    yield f"a=ice-ufrag:{ice.usernameFragment}"
    yield f"a=ice-pwd:{ice.password}"
    for fingerprint in fingerprints:
        yield f"a=fingerprint:{fingerprint.algorithm} {fingerprint.value}"
    yield f"a=setup:{'active' if offer.active else 'passive'}"


def _audio(offer: Offer, ssrc: int) -> Iterator[str]:
    payload_type = offer.payload_type
    yield f"a={offer.direction}"
    yield "a=rtcp-mux"
    yield f"a=rtpmap:{payload_type} {offer.codec}"
    if offer.codec_name == "opus":
        yield f"a=fmtp:{payload_type} {_OPUS}"
    if offer.peer_listens:
        yield "a=msid:vivavoce voice"
        yield f"a=ssrc:{ssrc} cname:vivavoce"
