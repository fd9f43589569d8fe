"""One browser's call."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncGenerator
from contextlib import suppress
from types import TracebackType
from typing import Self

from vivavoce.audio import Audio
from vivavoce.config.server_settings import ServerSettings
from vivavoce.conversation.playout import Sink
from vivavoce.errors import BadRequest, describe

from . import Patience
from .codecs import decoder, encoder
from .data_channel import DataChannel
from .description import Offer, read_offer
from .loudspeaker import PeerLoudspeaker
from .microphone import PeerMicrophone
from .peer_transport import PeerTransport
from .udp_ports import UdpPorts

log = logging.getLogger(__name__)

_LOOK_S = 1.0
"""How often it is looked whether the peer is still there."""


class WebRtcCall:
    """One browser's connection: audio both ways, and a data channel for events.

    id: for logs and addresses. closed: set when the peer is gone, or did not come; reason says
    why then. Made by `open_call`.
    """

    def __init__(self, settings: ServerSettings, patience: Patience) -> None:
        self.id = f"rtc_{uuid.uuid4().hex}"
        self.closed = asyncio.Event()
        self.reason = ""
        self._ports = UdpPorts.of(settings)
        self._patience = patience
        self._microphone = PeerMicrophone()
        self._loudspeaker = PeerLoudspeaker()
        self._texts = DataChannel(settings.limits.unsent_mb * 1e6, self._close)
        self._group = asyncio.TaskGroup()
        self._life: asyncio.Task[None] | None = None
        self._line: PeerTransport | None = None
        self._offer: Offer | None = None

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            await self.aclose()
        finally:
            # Its one task has ended; an error of the caller's leaves as it is, not in a group.
            await self._group.__aexit__(None, None, None)

    @property
    def sink(self) -> Sink:
        """What the peer hears, at 48 kHz; `flush` knows exactly what had not left."""
        return self._loudspeaker

    @property
    def dropped_s(self) -> float:
        """How much of the peer's audio was dropped because nobody took it in time."""
        return self._microphone.dropped_s

    async def answer(self, offer: str) -> str:
        """The answer (SDP) to the peer's offer (SDP), with all addresses; given once.

        Raises BadRequest for an offer that is none, or cannot be met; Problem (503) when no port
        is free.
        """
        if self._line is not None or self.closed.is_set():
            raise BadRequest("the call has already been answered; start a new one")
        self._offer = read_offer(offer)
        self._line = line = PeerTransport(self._offer, self._ports, self._loudspeaker)
        answer = await line.answer()
        line.ice.on("statechange", self._look)
        line.dtls.on("statechange", self._look)
        if line.sctp is not None:
            line.sctp.on("datachannel", self._texts.attach)
        self._life = self._group.create_task(self._live(self._offer, line))
        return answer

    def audio(self) -> AsyncGenerator[Audio, None]:
        """The peer's microphone at 48 kHz, some 20 ms at a time, until the call is over.

        Begins when the connection stands. What is lost, late, or not sent in silence is made up
        for, so that its time is the wall clock's. Of more than 2 s that nobody took the oldest
        are dropped, and counted in `dropped_s`.
        """
        return self._microphone.audio()

    def messages(self) -> AsyncGenerator[str, None]:
        """The texts that come by the data channel, until the call is over.

        A peer that sends binary data, or more than is read, is hung up on.
        """
        return self._texts.messages()

    def send(self, text: str) -> None:
        """Send it by the data channel, whole; it waits until the channel is open.

        A peer that leaves more than `limits.unsent_mb` unread is hung up on. To one that offered
        no data channel nothing is sent.
        """
        if self._offer is None or self._offer.texts is not None:
            self._texts.send(text)

    async def aclose(self) -> None:
        """Hang up; leaves no task, socket or timer. Safe to call twice."""
        self._close("hung up")
        if self._life is not None:
            self._life.cancel()
            await asyncio.wait({self._life})
        if self._line is not None:
            line, self._line = self._line, None
            await line.aclose()

    def _close(self, reason: str) -> None:
        if not self.closed.is_set():
            self.reason = reason
            self.closed.set()
            log.info("call %s ended: %s", self.id, reason)
            self._microphone.close()
            self._texts.close()

    def _look(self) -> None:
        match self._line and self._line.state:
            case "failed":
                self._close("the connection failed")
            case "closed":
                self._close("the peer hung up")

    async def _live(self, offer: Offer, line: PeerTransport) -> None:
        """Connect, and stay until the peer is gone."""
        try:
            await self._connect(line)
            if line.state == "connected" and not self.closed.is_set():
                await self._begin(offer, line)
                await self._stay(offer, line)
        except ConnectionError:
            self._close("the connection was lost")
        except Exception as error:  # whatever a peer's bytes do to the libraries
            log.exception("call %s failed", self.id)
            self._close(f"the call failed: {describe(error)}")

    async def _connect(self, line: PeerTransport) -> None:
        try:
            async with asyncio.timeout(self._patience.connect_s):
                await line.connect()
        except TimeoutError:
            self._close(
                f"no connection within {self._patience.connect_s:g} s; the peer must be able to "
                "reach server.public_address over UDP on server.ice_ports"
            )

    async def _begin(self, offer: Offer, line: PeerTransport) -> None:
        name, clock = offer.codec_name, offer.codec.clockRate
        self._microphone.start(line.dtls, offer.payload_type, clock, decoder(name))
        if offer.peer_speaks:
            line.receive_audio(self._microphone)
        if offer.peer_listens:
            self._loudspeaker.start(clock, encoder(name))
            await line.send_audio()
        await line.begin_texts()

    async def _stay(self, offer: Offer, line: PeerTransport) -> None:
        """Until the call is over; ends it when the peer has vanished."""
        patience = self._patience
        clock = asyncio.get_running_loop().time
        begun = clock()
        while not self.closed.is_set():
            if clock() - line.connection.heard_at > patience.silent_s:
                self._close(f"the peer sent nothing for {patience.silent_s:g} s")
            elif offer.texts and not self._texts.open and clock() - begun > patience.channel_s:
                self._close(f"the peer opened no data channel within {patience.channel_s:g} s")
            elif line.flooded:
                self._close("the peer sends more than is allowed")
            with suppress(TimeoutError):
                async with asyncio.timeout(min(_LOOK_S, patience.silent_s, patience.channel_s)):
                    await self.closed.wait()
