"""Any container in, any container out, through libav.

Reading gives mono: by default a mix of all channels in which no voice is lost, whatever they are
named. Each sound keeps the time that its container gives it: where nothing was recorded is
silence. NaN and infinities become silence, and what is past full scale is clipped. Of a video the
audio is taken. Of a damaged file everything that can be decoded is kept, and a warning says so.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace

import av
import numpy as np

from vivavoce.audio import Audio, Samples
from vivavoce.concurrency.model_thread import ModelThread, StopFlag
from vivavoce.errors import BadAudio, describe

from .channels import Channels, parse_channels
from .decoder import MediaInfo, ReadOptions, opened_decoder
from .encode import FORMATS, Writer, write_audio
from .frames import ChannelSamples
from .source import Source

__all__ = [
    "FORMATS", "AudioFile", "Channels", "MediaInfo", "ReadOptions", "Source", "Writer",
    "opened_audio", "parse_channels", "probe_audio", "read_audio", "read_channels",
    "stream_audio", "write_audio",
]  # fmt: skip

_FAULTS = ArithmeticError, LookupError, TypeError, ValueError, RuntimeError
_log = logging.getLogger(__name__)
_CHUNKS_AHEAD = 4


def probe_audio(source: Source) -> MediaInfo:
    """What the source says of its audio, without decoding it. Raises BadAudio."""
    with _translated(source), opened_decoder(source, ReadOptions()) as decoder:
        return decoder.info()


def read_audio(
    source: Source,
    *,
    rate: int | None = None,
    limit_s: float | None = None,
    channels: Channels = "mix",
    options: ReadOptions | None = None,
) -> Audio:
    """The source's audio in one piece; what was wrong with it is logged as a warning.

    rate: wanted, in Hz; None keeps the source's own.
    limit_s: how much to read from the start; None reads all.
    channels: see `Channels`; `separate` gives the first one, see `read_channels`.
    options: instead of rate and channels.
    Raises BadAudio when there is nothing that can be decoded.
    """
    options = options or ReadOptions(rate=rate, channels=channels)
    return read_channels(source, options, limit_s=limit_s)[0]


def read_channels(
    source: Source, options: ReadOptions, *, limit_s: float | None = None
) -> list[Audio]:
    """The source's audio in one piece a channel; one, unless they are wanted separate."""
    pieces: list[ChannelSamples] = []
    seconds = 0.0
    with _translated(source), opened_decoder(source, options) as decoder:
        final_rate = options.rate or decoder.info().rate
        for samples, final_rate in decoder.pieces():
            pieces.append(samples)
            seconds += samples.shape[1] / final_rate
            if limit_s is not None and seconds >= limit_s:
                break
        _log_all(decoder.name, decoder.warnings)
    joined = np.concatenate(pieces, axis=1) if pieces else np.zeros((1, 0), np.float32)
    whole = [Audio(channel, final_rate) for channel in joined]
    return whole if limit_s is None else [audio.cut(0, limit_s) for audio in whole]


async def stream_audio(
    source: Source,
    rate: int,
    *,
    chunk_s: float = 0.5,
    channels: Channels = "mix",
    options: ReadOptions | None = None,
    warnings: list[str] | None = None,
) -> AsyncGenerator[Samples, None]:
    """The source's audio chunk by chunk at `rate`, decoded in a thread; consume under `aclosing`.

    Memory stays the same however long the source is. All chunks but the last have `chunk_s`.
    Closing it, or cancelling whoever awaits it, closes the file that it opened.
    Where channels are wanted separate, a chunk is (channels, n).
    options: instead of channels; its rate is ignored.
    warnings: gets what was wrong with the recording, which otherwise is logged.
    Raises BadAudio when there is nothing that can be decoded.
    """
    wanted = replace(options or ReadOptions(channels=channels), rate=rate)
    async with opened_audio(source, wanted, chunk_s=chunk_s) as file:
        async for chunk in file.chunks:
            yield chunk if wanted.channels == "separate" else chunk[0]
        if warnings is None:
            _log_all(str(getattr(source, "name", source)), file.warnings)
        else:
            warnings += file.warnings


@dataclass(slots=True)
class AudioFile:
    """An open recording.

    chunks: (channels, n) at `rate`; one channel, unless they are wanted separate.
    warnings: what a person should know of it: damage, a premature end. Complete after the last
    chunk.
    cpu_s: time of the processor that decoding has taken so far.
    """

    info: MediaInfo
    rate: int
    chunks: AsyncGenerator[ChannelSamples, None]
    warnings: list[str]
    cpu_s: float = 0.0


@asynccontextmanager
async def opened_audio(
    source: Source, options: ReadOptions, *, chunk_s: float = 0.5
) -> AsyncIterator[AudioFile]:
    """The source, opened once, and decoded in a thread as its chunks are asked for.

    Leaving the block closes the file that it opened. Raises BadAudio when it holds no audio; so
    do the chunks when none of it can be decoded.
    """
    warnings: list[str] = []
    file: AudioFile | None = None

    def work(emit: Callable[[MediaInfo | ChannelSamples], None], stop: StopFlag) -> None:
        begun = time.thread_time()
        with _translated(source), opened_decoder(source, options, stop) as decoder:
            decoder.warnings = warnings
            info = decoder.info()
            emit(info)
            size = max(1, round(chunk_s * (options.rate or info.rate)))
            for chunk in _regrouped(decoder.pieces(), size):
                if file is not None:
                    file.cpu_s = time.thread_time() - begun
                emit(chunk)

    thread = ModelThread("media")
    try:
        items = thread.stream(work, ahead=_CHUNKS_AHEAD)
        async with aclosing(items):
            info = await anext(items)
            assert isinstance(info, MediaInfo)
            async with aclosing(_only_chunks(items)) as chunks:
                file = AudioFile(info, options.rate or info.rate, chunks, warnings)
                yield file
    finally:
        await thread.aclose()


@contextmanager
def _translated(source: Source) -> Iterator[None]:
    """Whatever a codec or a container makes the libraries raise is BadAudio."""
    try:
        yield
    except (*_FAULTS, av.FFmpegError) as error:
        name = getattr(source, "name", source)
        raise BadAudio(f"{name} cannot be decoded: {describe(error)}") from error


async def _only_chunks(
    items: AsyncGenerator[MediaInfo | ChannelSamples, None],
) -> AsyncGenerator[ChannelSamples, None]:
    async for item in items:
        assert not isinstance(item, MediaInfo)
        yield item


def _regrouped(pieces: Iterator[tuple[ChannelSamples, int]], size: int) -> Iterator[ChannelSamples]:
    """The same samples in chunks of `size`; the last is what remains."""
    waiting: list[ChannelSamples] = []
    count = 0
    for piece, _ in pieces:
        waiting.append(piece)
        count += piece.shape[1]
        if count >= size:
            joined = np.concatenate(waiting, axis=1)
            whole = count - count % size
            yield from np.split(joined[:, :whole], whole // size, axis=1)
            waiting, count = [joined[:, whole:]], count - whole
    if count:
        yield np.concatenate(waiting, axis=1)


def _log_all(name: str, warnings: list[str]) -> None:
    for warning in warnings:
        _log.warning("%s: %s", name, warning)
