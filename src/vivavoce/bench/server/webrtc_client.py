"""A caller by WebRTC, who notes packets as they arrive: its own jitter buffer is in no time.

Needs aiortc, of the `server` extra.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction
from typing import Any

import httpx
import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, CodecContext, Packet
from av.error import FFmpegError
from pydantic_core import from_json

from vivavoce.audio import Samples, from_pcm16, to_pcm16
from vivavoce.bench.speech import SpeechClip
from vivavoce.server.webrtc.aiortc_internals import take_packets

from .questions import PATIENCE_S, Asked, Playing
from .realtime_client import RealtimeEndpoint, ServerFailed, SessionRefused

_RATE = 48_000
_FRAME = _RATE // 50
_LOOPBACK = "127.0.0.1"


class SimulatedMicrophone(MediaStreamTrack):
    """What is said into it, else silence; each frame is given when its sound is over."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()
        self._ready: Samples = np.zeros(0, np.float32)
        self._began = 0.0
        self._given = 0

    def say(self, samples: Samples) -> float:
        """Say this next; when it begins, on `time.perf_counter`."""
        self._ready = samples
        return self._began + self._given / _RATE

    async def recv(self) -> AudioFrame:
        """The next 20 ms."""
        if self.readyState != "live":
            raise MediaStreamError
        if not self.begun.is_set():
            self._began = time.perf_counter()
            self.begun.set()
        samples, self._ready = self._ready[:_FRAME], self._ready[_FRAME:]
        samples = np.pad(samples, (0, _FRAME - len(samples)))
        # Stereo, as aiortc encodes it: its own way there from mono costs 3 dB.
        pcm = np.frombuffer(to_pcm16(samples), "<i2").repeat(2)
        frame = AudioFrame.from_ndarray(pcm[None, :], format="s16", layout="stereo")
        frame.sample_rate, frame.time_base, frame.pts = _RATE, Fraction(1, _RATE), self._given
        self._given += _FRAME
        await asyncio.sleep(max(0.0, self._began + self._given / _RATE - time.perf_counter()))
        return frame


class WebRtcCaller:
    """One call. Made by `open_call`."""

    def __init__(self, endpoint: RealtimeEndpoint) -> None:
        self._endpoint = endpoint
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._microphone = SimulatedMicrophone()
        self._connection.addTrack(self._microphone)
        channel = self._connection.createDataChannel("oai-events")
        channel.on("message", self._take_text)
        self._open = asyncio.Event()
        channel.on("open", self._open.set)
        self._heard = asyncio.Event()
        self._playing = Playing()
        self._words: list[str] = []
        self._decoder = CodecContext.create("libopus", "r")
        self._decoder.format, self._decoder.layout = "s16", "mono"
        self._decoder.sample_rate = _RATE

    async def connect(self) -> None:
        """Exchange the descriptions, and wait until audio flows. Raises ServerFailed, Refused."""
        endpoint = self._endpoint
        try:
            async with asyncio.timeout(endpoint.patience_s):
                self._reach_loopback()
                await self._connection.setLocalDescription(await self._connection.createOffer())
                answer = await self._answer(self._connection.localDescription.sdp)
                for receiver in self._connection.getReceivers():
                    take_packets(receiver, self._take_packet)
                await self._connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
                await self._open.wait()
                await self._microphone.begun.wait()
        except TimeoutError:
            raise ServerFailed(
                f"{endpoint.base} started no WebRTC call within {endpoint.patience_s:g} s"
            ) from None
        except ValueError as error:
            raise ServerFailed(f"{endpoint.base} returned invalid SDP: {error}") from error

    async def ask(self, clip: SpeechClip) -> Asked:
        """Ask at the speed of speech; back when the first sound is there."""
        self._playing, self._words = Playing(), []
        self._heard.clear()
        begun = self._microphone.say(clip.audio.resampled(_RATE).samples)
        end = begun + clip.end
        try:
            async with asyncio.timeout(max(0.0, end + PATIENCE_S - time.perf_counter())):
                await self._heard.wait()
        except TimeoutError:
            return Asked(clip.name, begun, None)
        assert self._playing.first_sound is not None
        return Asked(clip.name, begun, self._playing.first_sound - end, "".join(self._words))

    async def aclose(self) -> None:
        """Hang up."""
        await self._connection.close()

    async def _answer(self, offer: str) -> str:
        url = f"{self._endpoint.base}/v1/realtime/calls"
        headers = {**self._endpoint.headers, "Content-Type": "application/sdp"}
        try:
            async with httpx.AsyncClient(timeout=self._endpoint.patience_s) as client:
                response = await client.post(url, content=offer, headers=headers)
        except httpx.HTTPError as error:
            raise ServerFailed(f"cannot reach {url}: {error!r}") from error
        if response.is_error:
            code = str(response.status_code)
            raise SessionRefused(f"{url} returned HTTP {code}: {response.text[:200]}", code)
        return response.text

    async def _take_packet(self, packet: Any, arrival_time_ms: int) -> None:
        at = time.perf_counter()
        try:
            frames = self._decoder.decode(Packet(packet.payload))
        except FFmpegError:
            return
        for frame in frames:
            self._playing.feed(from_pcm16(frame.to_ndarray().tobytes()), _RATE, at)
        if self._playing.first_sound is not None:
            self._heard.set()

    def _take_text(self, text: str | bytes) -> None:
        event = from_json(text)
        if event["type"] == "response.output_audio_transcript.delta":
            self._words.append(event["delta"])

    def _reach_loopback(self) -> None:
        """Have it offer the loopback too: a machine without a network can measure itself."""
        for part in (*self._connection.getSenders(), self._connection.sctp):
            assert part is not None
            inner = part.transport.transport.iceGatherer._connection  # noqa: SLF001 - no other way
            gather = inner.get_component_candidates

            async def with_loopback(
                component: int, addresses: list[str], *args: Any, gather: Any = gather
            ) -> Any:
                return await gather(component, [*addresses, _LOOPBACK], *args)

            setattr(inner, "get_component_candidates", with_loopback)  # noqa: B010


@asynccontextmanager
async def open_call(endpoint: RealtimeEndpoint) -> AsyncIterator[WebRtcCaller]:
    """A call that stands; hung up at the end.

    Raises Refused when the server takes none, and ServerFailed for any other failure.
    """
    caller = WebRtcCaller(endpoint)
    try:
        await caller.connect()
        yield caller
    finally:
        await caller.aclose()
