"""A browser's side of a WebRTC call, by aiortc's own `RTCPeerConnection`.

    async with open_peer() as peer:
        await peer.call("http://127.0.0.1:8080/v1/realtime/calls")
        peer.speak(question)
        event = await peer.text()
        await peer.hears(lambda: peer.recording.dbfs > -40)

It uses this machine's loopback only, and notes packets as they arrive: the 80 ms that aiortc's
receiver holds back are not in its times.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpCodecCapability,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, CodecContext, Packet

from vivavoce.audio import Audio, Samples, from_pcm16, to_pcm16
from vivavoce.audio.g711 import mulaw_decode
from vivavoce.server.webrtc.aiortc_internals import take_packets

RATE = 48_000
FRAME = RATE // 50


@dataclass(frozen=True, slots=True)
class Heard:
    """One packet. at: its arrival, on `time.monotonic`. start: in seconds from the first one.

    samples: at 48 kHz, or at 8 kHz where G.711 was agreed on.
    """

    at: float
    start: float
    samples: Samples
    size: int


class Voice(MediaStreamTrack):
    """The peer's microphone: what is spoken into it, else silence, in real time."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.ready = np.zeros(0, np.float32)
        self._begun: float | None = None
        self._sent = 0

    async def recv(self) -> AudioFrame:
        if self.readyState != "live":
            raise MediaStreamError
        self._begun = self._begun or time.monotonic()
        await asyncio.sleep(self._begun + self._sent / RATE - time.monotonic())
        samples, self.ready = self.ready[:FRAME], self.ready[FRAME:]
        samples = np.pad(samples, (0, FRAME - len(samples)))
        # Stereo, as aiortc encodes it: its own way there from mono costs 3 dB.
        pcm = np.frombuffer(to_pcm16(samples), "<i2").repeat(2)
        frame = AudioFrame.from_ndarray(pcm[None, :], format="s16", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._sent, Fraction(1, RATE)
        self._sent += FRAME
        return frame


class Peer:
    """One call, seen from the browser's side. Made by `open_peer`."""

    def __init__(self, connection: RTCPeerConnection, voice: Voice) -> None:
        self.connection = connection
        self.voice = voice
        self.texts: asyncio.Queue[str | bytes] = asyncio.Queue()
        self.opened = asyncio.Event()
        self.gone = asyncio.Event()
        self.heard: list[Heard] = []
        self.rate = RATE
        self.channel: Any = None
        self._news = asyncio.Event()
        self._decoder = CodecContext.create("libopus", "r")
        self._decoder.format, self._decoder.layout = "s16", "mono"
        self._decoder.sample_rate = RATE
        self._first: int | None = None

    async def offer(self) -> str:
        """The offer, with the loopback address."""
        offer = await self.connection.createOffer()
        self._keep_to_loopback()
        await self.connection.setLocalDescription(offer)
        return self.connection.localDescription.sdp

    async def accept(self, answer: str) -> None:
        """Take the answer and connect."""
        for receiver in self.connection.getReceivers():
            take_packets(receiver, self._take)
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def call(
        self, url: str, *, headers: Mapping[str, str] | None = None, session: str | None = None
    ) -> httpx.Response:
        """Exchange offer and answer with a server, and connect. Raises for an error's status.

        session: JSON of the session, sent with the offer as a form.
        """
        offer = await self.offer()
        async with httpx.AsyncClient(headers=headers) as client:
            if session is None:
                head = {"Content-Type": "application/sdp"}
                response = await client.post(url, content=offer, headers=head)
            else:
                form = {"sdp": (None, offer), "session": (None, session)}
                response = await client.post(url, files=form)
        response.raise_for_status()
        await self.accept(response.text)
        return response

    def speak(self, audio: Audio) -> None:
        """Say this into the microphone, after what is still being said."""
        self.voice.ready = np.concatenate([self.voice.ready, audio.resampled(RATE).samples])

    def send(self, text: str | bytes) -> None:
        """Send a text; the channel must be open."""
        self.channel.send(text)

    async def text(self, timeout: float = 10.0) -> str:
        """The next text."""
        async with asyncio.timeout(timeout):
            text = await self.texts.get()
        assert isinstance(text, str)
        return text

    def vanish(self) -> None:
        """Cut the network without a word."""
        for protocol in self.connection.getSenders()[0].transport.transport._connection._protocols:
            protocol.transport.abort()

    async def hears(self, enough: Callable[[], bool], timeout: float = 10.0) -> None:
        """Wait until that is so; looks at each packet."""
        async with asyncio.timeout(timeout):
            while not enough():
                self._news.clear()
                await self._news.wait()

    @property
    def recording(self) -> Audio:
        """All that was heard, each packet at its place in time."""
        ends = [round(each.start * self.rate) + len(each.samples) for each in self.heard]
        samples = np.zeros(max(ends, default=0), np.float32)
        for each in self.heard:
            start = round(each.start * self.rate)
            samples[start : start + len(each.samples)] = each.samples
        return Audio(samples, self.rate)

    async def _take(self, packet: Any, arrival_time_ms: int) -> None:
        at = time.monotonic()
        if packet.payload_type == 0:
            self.rate, samples = 8_000, mulaw_decode(packet.payload)
        else:
            frames = self._decoder.decode(Packet(packet.payload))
            samples = np.concatenate([from_pcm16(frame.to_ndarray().tobytes()) for frame in frames])
        self._first = packet.timestamp if self._first is None else self._first
        ticks = (packet.timestamp - self._first) % (1 << 32)
        self.heard.append(Heard(at, ticks / self.rate, samples, len(packet.payload)))
        self._news.set()

    def _keep_to_loopback(self) -> None:
        parts = [*self.connection.getSenders(), self.connection.sctp]
        for part in parts:
            if part is not None:
                inner = part.transport.transport.iceGatherer._connection
                gather = type(inner).get_component_candidates

                async def on_loopback(
                    component: int, addresses: list[str], inner: Any = inner, gather: Any = gather
                ) -> Any:
                    return await gather(inner, component, ["127.0.0.1"])

                setattr(inner, "get_component_candidates", on_loopback)  # noqa: B010


@asynccontextmanager
async def open_peer(
    *, label: str | None = "oai-events", codec: str | None = None, audio: bool = True
) -> AsyncIterator[Peer]:
    """A peer with a microphone and a data channel, hung up at the end.

    label: the data channel's; None opens none. codec: the only one it offers, as `PCMU`.
    """
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer = Peer(connection, Voice())
    if audio:
        connection.addTrack(peer.voice)
        if codec is not None:
            only = RTCRtpCodecCapability(f"audio/{codec}", 8_000, 1)
            connection.getTransceivers()[0].setCodecPreferences([only])
    if label is not None:
        peer.channel = channel = connection.createDataChannel(label)
        channel.on("open", peer.opened.set)
        channel.on("message", peer.texts.put_nowait)
        channel.on("close", peer.gone.set)

    @connection.on("connectionstatechange")
    def look() -> None:
        if connection.connectionState in {"closed", "failed"}:
            peer.gone.set()

    try:
        yield peer
    finally:
        await connection.close()


@asynccontextmanager
async def leaving_nothing() -> AsyncIterator[None]:
    """What runs within leaves no task, thread or socket behind."""
    await asyncio.to_thread(int)  # the loop's own threads are there from now on
    tasks, threads, sockets = asyncio.all_tasks(), _threads(), _sockets()
    yield
    left = asyncio.all_tasks() - tasks
    if left:
        await asyncio.wait(left, timeout=5)
    left = {task for task in left if not task.done()}
    assert not left, f"tasks left behind: {left}"
    assert not (new := _threads() - threads), f"threads left behind: {new}"
    assert not (new := _sockets() - sockets), f"sockets left behind: {new}"


def _threads() -> set[str]:
    """All but those that wait for the loop's next blocking call."""
    names = {thread.name for thread in threading.enumerate()}
    return {name for name in names if not name.startswith(("asyncio_", "uvloop_"))}


def _sockets() -> set[str]:
    """The open ones, as far as the system tells."""
    found = set()
    for entry in Path("/proc/self/fd").glob("*"):
        with suppress(OSError):
            target = str(entry.readlink())
            if target.startswith("socket:"):
                found.add(target)
    return found
