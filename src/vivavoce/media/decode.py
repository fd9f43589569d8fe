"""Any container in, any container out, through libav.

Reading gives mono: the plain mean of all channels, whatever they are named, so that a voice on
any one of them is heard. NaN and infinities become silence, and what is past full scale is
clipped. Of a video the audio is taken. Of a damaged file everything that can be decoded is kept,
and a warning is logged.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet

from vivavoce.audio import MAX_RATE, MIN_RATE, Audio, Resampler, Samples, clean
from vivavoce.concurrency.model_thread import ModelThread, StopFlag
from vivavoce.errors import BadAudio

from .container import Input, Source, opened
from .encode import FORMATS, Writer, write_audio

__all__ = [
    "FORMATS", "MediaInfo", "Source", "Writer",
    "probe_audio", "read_audio", "stream_audio", "write_audio",
]  # fmt: skip

_log = logging.getLogger(__name__)
_CHUNKS_AHEAD = 4
_FULL_SCALE = {"u8": 2.0**7, "s16": 2.0**15, "s32": 2.0**31, "s64": 2.0**63}
_SHORT_S = 0.5
"""A file that ends this much before it said it would is called cut short."""


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a file says of its audio.

    duration: in seconds; None when the file does not tell.
    codec, container: as libav names them, such as `opus` and `ogg`.
    """

    duration: float | None
    rate: int
    channels: int
    codec: str
    container: str


def probe_audio(source: Source) -> MediaInfo:
    """What the source says of its audio, without decoding it. Raises BadAudio."""
    with _media(source) as media:
        return media.info()


def read_audio(source: Source, *, rate: int | None = None, limit_s: float | None = None) -> Audio:
    """The source's audio in one piece.

    rate: wanted, in Hz; None keeps the source's own.
    limit_s: how much to read from the start; None reads all.
    Raises BadAudio when there is nothing that can be decoded.
    """
    pieces: list[Samples] = []
    seconds = 0.0
    with _media(source) as media:
        final_rate = rate or media.stream.rate
        for piece in media.audio(rate):
            final_rate = piece.rate
            pieces.append(piece.samples)
            seconds += piece.seconds
            if limit_s is not None and seconds >= limit_s:
                break
    audio = Audio(np.concatenate(pieces) if pieces else np.zeros(0, np.float32), final_rate)
    return audio if limit_s is None else audio.cut(0, limit_s)


async def stream_audio(
    source: Source, rate: int, *, chunk_s: float = 0.5
) -> AsyncGenerator[Samples, None]:
    """The source's audio chunk by chunk at `rate`, decoded in a thread; consume under `aclosing`.

    Memory stays the same however long the source is. All chunks but the last have `chunk_s`.
    Closing it, or cancelling whoever awaits it, closes the file that it opened.
    Raises BadAudio when there is nothing that can be decoded.
    """
    size = max(1, round(chunk_s * rate))

    def work(emit: Callable[[Samples], None], stop: StopFlag) -> None:
        with _media(source, stop) as media:
            for chunk in _regrouped(media.audio(rate), size):
                emit(chunk)

    thread = ModelThread("media")
    try:
        chunks = thread.stream(work, ahead=_CHUNKS_AHEAD)
        async with aclosing(chunks):
            async for chunk in chunks:
                yield chunk
    finally:
        await thread.aclose()


def _regrouped(pieces: Iterator[Audio], size: int) -> Iterator[Samples]:
    """The same samples in chunks of `size`; the last is what remains."""
    waiting: list[Samples] = []
    count = 0
    for piece in pieces:
        waiting.append(piece.samples)
        count += len(piece.samples)
        if count >= size:
            joined = np.concatenate(waiting)
            whole = count - count % size
            yield from np.split(joined[:whole], whole // size)
            waiting, count = [joined[whole:]], count - whole
    if count:
        yield np.concatenate(waiting)


@contextmanager
def _media(source: Source, stop: StopFlag | None = None) -> Iterator[_Media]:
    with opened(source, stop) as (data, container):
        yield _Media(data, container)


class _Media:
    """An open container and its audio stream."""

    def __init__(self, data: Input, container: InputContainer) -> None:
        stream = container.streams.best("audio")
        if not isinstance(stream, AudioStream):
            kinds = sorted({stream.type for stream in container.streams} - {"audio"})
            only = f", only {' and '.join(kinds)}" if kinds else ""
            raise BadAudio(f"{data.name} has no audio that can be decoded{only}")
        # A codec that libav does not know has no context, whatever the types say.
        if not getattr(stream, "codec_context", None):
            raise BadAudio(f"{data.name} has audio in a codec that is not known")
        self.stream = stream
        self._data = data
        self._why = ""
        self._container = container

    def info(self) -> MediaInfo:
        codec = self.stream.codec_context
        duration = None
        if self.stream.duration is not None and self.stream.time_base is not None:
            duration = float(self.stream.duration * self.stream.time_base)
        elif self._container.duration is not None:
            duration = self._container.duration / av.time_base
        container = self._container.format.name
        return MediaInfo(duration, codec.sample_rate, codec.channels, codec.name, container)

    def audio(self, rate: int | None) -> Iterator[Audio]:
        """The audio, piece by piece, at `rate` or at the rate of its first piece."""
        resampler: Resampler | None = None
        seconds = 0.0
        for piece in self._decoded():
            rate = rate or piece.rate
            if resampler is None or resampler.source_rate != piece.rate:
                if resampler is not None:
                    yield Audio(resampler.flush(), rate)
                resampler = Resampler(piece.rate, rate)
            seconds += piece.seconds
            yield Audio(resampler.feed(piece.samples), rate)
        if resampler is not None and rate is not None:
            yield Audio(resampler.flush(), rate)
        declared = self.info().duration or 0.0
        if seconds < declared - _SHORT_S:
            _log.warning(
                "%s is cut short: %.1f s of %.1f s are there", self._data.name, seconds, declared
            )

    def _decoded(self) -> Iterator[Audio]:
        """The audio as it is stored; what cannot be decoded is left out."""
        decoded = broken = 0
        for packet in self._packets():
            try:
                frames = self.stream.codec_context.decode(packet)
            except av.FFmpegError as error:
                self._why = str(error.strerror)
                broken += 1
                continue
            for frame in frames:
                decoded += 1
                if not MIN_RATE <= frame.sample_rate <= MAX_RATE:
                    raise BadAudio(
                        f"{self._data.name} has a rate of {frame.sample_rate} Hz; "
                        f"it must be {MIN_RATE} to {MAX_RATE} Hz"
                    )
                yield Audio(_mono(frame), frame.sample_rate)
        self._data.check()
        if self._why and not decoded:
            raise BadAudio(f"{self._data.name} holds no audio that can be decoded ({self._why})")
        if broken:
            _log.warning("%s is damaged: %d of its packets are unreadable", self._data.name, broken)

    def _packets(self) -> Iterator[Packet[AudioStream] | None]:
        """The stream's packets, and None in the end, which flushes the decoder."""
        try:
            yield from self._container.demux(self.stream)
        except av.FFmpegError as error:
            self._data.check()
            self._why = str(error.strerror)
            _log.warning("%s is damaged: %s", self._data.name, self._why)
            yield None


def _mono(frame: AudioFrame) -> Samples:
    values = frame.to_ndarray()
    if not frame.format.is_planar:
        values = values.reshape(-1, frame.layout.nb_channels).T
    scale = _FULL_SCALE.get(frame.format.name.removesuffix("p"))
    if scale is None:
        with np.errstate(over="ignore"):
            samples = clean(values.astype(np.float32))
    else:
        samples = values.astype(np.float32) / np.float32(scale)
        if values.dtype == np.uint8:
            samples -= 1.0
    mono: Samples = samples[0] if len(samples) == 1 else samples.mean(axis=0, dtype=np.float32)
    return mono
