"""A recording's audio in time: its files one after another, each frame where it belongs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import numpy as np

from vivavoce.audio import MAX_RATE, MIN_RATE, Resampler
from vivavoce.concurrency.model_thread import StopFlag
from vivavoce.errors import BadAudio

from .channels import ChannelReader, Channels
from .container import Source, opened_container, opened_input
from .frames import ChannelSamples, samples_of
from .link import Link
from .source import Input

_SILENCE_S = 10.0
"""Silence is made in pieces of this length."""

_STATED = {"wav", "w64", "flac", "matroska,webm", "ogg", "caf", "aiff", "au", "asf", "tta", "wv"}
_MP4 = "mov,mp4,m4a,3gp,3g2,mj2"


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What is wanted of a recording.

    rate: in Hz; None keeps the recording's own, as it begins.
    channels: see `Channels`.
    language: of the speech, which chooses among several tracks.
    track: a number, counted from 1, or a part of the track's title.
    """

    rate: int | None = None
    channels: Channels = "mix"
    language: str | None = None
    track: str | None = None


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a file says of its audio.

    duration: in seconds; None when the file does not tell.
    codec, container: as libav names them, such as `opus` and `ogg`.
    stated: whether the file states its duration, which otherwise is an estimate.
    """

    duration: float | None
    rate: int
    channels: int
    codec: str
    container: str
    stated: bool = False


class Decoder:
    """An open recording.

    name: of the source, for messages. warnings: what a person should know, once it was read.
    """

    def __init__(self, data: Input, options: ReadOptions, stack: ExitStack) -> None:
        self.name = data.name
        self.warnings: list[str] = []
        self._data = data
        self._options = options
        self._stack = stack
        self._rate = options.rate
        self._reader: ChannelReader | None = None
        self._resamplers: list[Resampler] = []
        self._shape = (0, 0)
        self._tried, self._behind = 0, False
        self._link = self._open_link(first=True)

    def info(self) -> MediaInfo:
        """What the file says of its audio. Raises BadAudio when it holds none."""
        codec, container = self._link.stream.codec_context, self._link.container
        rate, channels = codec.sample_rate, codec.channels
        if not rate or not channels:
            rate, channels = self._link.peek()
        name = container.format.name
        return MediaInfo(
            self._link.length(), rate, channels, codec.name, name, name in {*_STATED, _MP4}
        )

    def pieces(self) -> Iterator[tuple[ChannelSamples, int]]:
        """The audio piece by piece, (channels, n), and its rate.

        Raises BadAudio when there is nothing that can be decoded.
        """
        errors: list[BadAudio] = []
        decoded = False
        while True:
            try:
                for piece in self._placed(self._link):
                    decoded = True
                    yield piece
            except BadAudio as error:
                errors.append(error)
            if self._other_track():
                continue
            if not self._go_on(errors):
                break
        yield from self._flushed()
        self._data.check()
        if errors and not decoded:
            raise errors[0]
        self.warnings += [f"a part of the recording is left out: {error}" for error in errors]

    def _other_track(self) -> bool:
        """Turn to the container's next track if this one holds nothing."""
        if self._link.count or not self._link.others or not self._data.seekable():
            return False
        self._tried += 1
        self._data.seek(0)
        self._link = self._open_link(first=not self._behind)
        return True

    def _go_on(self, errors: list[BadAudio]) -> bool:
        """Open the next file of the chain that can be read; False after the last."""
        follows = self._data.follow()
        self.warnings += self._link.findings(whole=not follows)
        self._tried, self._behind = 0, True
        while follows:
            try:
                self._link = self._open_link(first=False)
            except BadAudio as error:
                errors.append(error)
            else:
                return True
            follows = self._data.follow()
        return False

    def _open_link(self, *, first: bool) -> Link:
        self._stack.close()
        container = self._stack.enter_context(opened_container(self._data))
        options = self._options
        return Link(
            container, self._data, options.language, options.track, first=first, tried=self._tried
        )

    def _placed(self, link: Link) -> Iterator[tuple[ChannelSamples, int]]:
        """The link's audio, with silence where nothing was recorded."""
        for frame, gap in link.frames():
            shape = frame.layout.nb_channels, frame.sample_rate
            if shape != self._shape:
                yield from self._flushed()
                self._begin(*shape)
            left = round(gap * shape[1])
            while left > 0:
                size = min(left, round(_SILENCE_S * shape[1]))
                yield self._read(np.zeros((shape[0], size), np.float32))
                left -= size
            yield self._read(samples_of(frame))

    def _begin(self, channels: int, rate: int) -> None:
        if not MIN_RATE <= rate <= MAX_RATE:
            raise BadAudio(
                f"{self._data.name} has a rate of {rate} Hz; it must be {MIN_RATE} to {MAX_RATE} Hz"
            )
        if self._reader is None:
            self._reader = ChannelReader(self._options.channels, channels, self._data.name)
        self._rate = self._rate or rate
        self._shape = channels, rate

    def _read(self, samples: ChannelSamples) -> tuple[ChannelSamples, int]:
        assert self._reader is not None
        assert self._rate is not None
        selected = self._reader.select(samples)
        if not self._resamplers:
            source_rate = self._shape[1]
            self._resamplers = [Resampler(source_rate, self._rate) for _ in selected]
        fed = [it.feed(channel) for it, channel in zip(self._resamplers, selected, strict=True)]
        return self._reader.mix(np.stack(fed), self._rate), self._rate

    def _flushed(self) -> Iterator[tuple[ChannelSamples, int]]:
        """What is still inside, when the rate or the channels change and in the end."""
        if self._reader is None or self._rate is None or not self._resamplers:
            return
        rest = np.stack([resampler.flush() for resampler in self._resamplers])
        mixed = self._reader.mix(rest, self._rate), self._reader.flush()
        self._resamplers = []
        self._shape = 0, 0
        yield np.concatenate(mixed, axis=1), self._rate


@contextmanager
def opened_decoder(
    source: Source, options: ReadOptions, stop: StopFlag | None = None
) -> Iterator[Decoder]:
    """The recording, closed in the end if it was given by path. Raises BadAudio."""
    with opened_input(source, stop) as data, ExitStack() as stack:
        yield Decoder(data, options, stack)
