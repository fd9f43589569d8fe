"""One container of a recording: its packets, its frames and their times."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import av
from av.audio.frame import AudioFrame
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream

from vivavoce.errors import BadAudio

from .clock import FrameClock, seconds
from .container import guarded, reason
from .source import Input
from .tracks import ranked_tracks

_SHORT_S = 0.5
"""A file that ends this much before it said it would is called cut short."""
_PATIENCE = 50
"""Errors in a row after which a container is given up."""
_WRAP_S = {"mpegts": 2**33 / 90_000, "mpeg": 2**33 / 90_000}
_COUNTED_BY_SIZE = ("mp3", "aac", "ac3", "eac3", "dts", "loas")
_TIMED = {
    "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "mpegts", "mpeg", "flv", "asf", "ogg", "avi",
    "flac", "nut", "rm", "mxf", "gxf", "wtv",
}  # fmt: skip
"""Containers that have time stamps; for others libav counts, and no better than we."""
_LENGTH_FROM_ZERO = ("ogg", "nut")
"""Those that state the last stamp as their length, whatever the first one is."""
_FROM_ZERO = ("mov", "matroska")
"""Containers whose time begins at 0, not with their first packet."""


class Link:
    """An open container and the track of it that is read.

    first: whether it is the first of its chain; the times of others go on from the one before.
    tried: how many of its tracks turned out to have nothing that can be decoded.
    """

    def __init__(
        self,
        container: InputContainer,
        data: Input,
        language: str | None,
        track: str | None,
        *,
        first: bool,
        tried: int = 0,
    ) -> None:
        self._damage: list[str] = []
        self.container = container
        self._data = data
        with guarded(data.name):
            self._tracks = ranked_tracks(container, data.name, language, track)
        self.stream = self._tracks[tried]
        self.others = len(self._tracks) - tried - 1
        self.count = 0
        name = container.format.name
        self._clock = FrameClock(wrap_s=_WRAP_S.get(name), spliced=name in _WRAP_S)
        self._timed = name in _TIMED
        self._zero = self._beginning(first=first)
        self._seen: float | None = None
        self._last = 0.0
        self._broken = 0
        self._why = ""
        self._ahead: list[tuple[AudioFrame, float | None, float | None]] = []
        self._source = self._decoded()

    def length(self) -> float | None:
        """How long the audio is by what the file says, from the recording's beginning."""
        stream, container = self.stream, self.container
        lasts = seconds(stream.duration, stream.time_base)
        if lasts is not None:
            begins = seconds(stream.start_time, stream.time_base)
            late = 0.0 if begins is None else self._clock.unwrapped(begins - self._zero)
            return max(0.0, late + lasts)
        return None if container.duration is None else container.duration / av.time_base

    def peek(self) -> tuple[int, int]:
        """The rate and the channels of the first frame. Raises BadAudio if there is none."""
        frame = next(self._source, None)
        if frame is None:
            raise BadAudio(self._nothing())
        self._ahead.append(frame)
        return frame[0].sample_rate, frame[0].layout.nb_channels

    def frames(self) -> Iterator[tuple[AudioFrame, float]]:
        """Each frame, and how much silence belongs before it, in seconds.

        Raises BadAudio when none of its packets can be decoded.
        """
        frames = itertools.chain(self._ahead, self._source)
        current = next(frames, None)
        while current is not None:
            following = next(frames, None)
            frame, stamp, seen = current
            length = frame.samples / frame.sample_rate if frame.sample_rate > 0 else 0.0
            then = following[1] if following else None
            self.count += 1
            yield frame, self._clock.place(stamp, length, then, seen)
            current = following
        self._data.check()
        if self._why and not self.count:
            raise BadAudio(self._nothing())

    def _decoded(self) -> Iterator[tuple[AudioFrame, float | None, float | None]]:
        """The frames, with their stamps, and the last stamp of the other streams."""
        for packet in self._packets():
            try:
                frames = self.stream.codec_context.decode(packet)
            except Exception as error:  # noqa: BLE001 - whatever libav raises
                self._why = reason(error)
                self._broken += 1
                self._clock.lost()
                continue
            for frame in frames:
                stamp = None
                if self._timed:
                    stamp = seconds(frame.pts, frame.time_base or self.stream.time_base)
                yield frame, None if stamp is None else stamp - self._zero, self._seen

    def _packets(self) -> Iterator[Packet[Stream] | None]:
        """The track's packets, and None in the end, which flushes the decoder."""
        streams = [self.stream, *self.container.streams.video]
        failures = 0
        while failures < _PATIENCE:
            try:
                for packet in self.container.demux(*streams):
                    # One without data is the end to a decoder.
                    if not packet.size:
                        continue
                    failures = 0
                    self._note(packet)
                    if packet.stream_index == self.stream.index:
                        yield packet
                break
            except Exception as error:  # noqa: BLE001 - whatever libav raises
                self._data.check()
                failures += 1
                if not self._why:
                    self._damage.append(
                        f"the recording is damaged after {self._last:.1f} s: {reason(error)}"
                    )
                self._why = reason(error)
        yield None

    def _beginning(self, *, first: bool) -> float:
        """The stamp at which the recording's time begins."""
        start = (self.container.start_time or 0) / av.time_base
        if first and self.container.format.name.startswith(_FROM_ZERO):
            stated = (self.container.duration or 0) / av.time_base
            # What was cut out of a longer broadcast begins with its first packet.
            return 0.0 if start < stated else start
        return start

    def _nothing(self) -> str:
        why = f" ({self._why})" if self._why else ""
        return f"{self._data.name} contains no audio that can be decoded{why}; try another file"

    def _note(self, packet: Packet[Stream]) -> None:
        """Keep how far the container has come."""
        stamp = seconds(packet.pts, packet.time_base)
        if stamp is None:
            return
        if packet.stream_index != self.stream.index:
            self._seen = stamp - self._zero
        length = seconds(packet.duration, packet.time_base) or 0.0
        self._last = max(self._last, stamp + length - self._zero)

    def findings(self, *, whole: bool) -> list[str]:
        """What a person should know, now that it was read. whole: no other file follows it."""
        found = self._damage
        if self._broken:
            found.append(
                f"the recording is damaged: {self._broken} of its packets cannot be decoded"
            )
        if self._clock.odd:
            found.append(
                "the recording's time stamps jump by hours; its times go on as if they did not"
            )
        told, there = self.length() or 0.0, self._clock.furthest
        if self.container.format.name in _LENGTH_FROM_ZERO:
            there += max(0.0, self._zero)
        if self.stream.duration is None:
            # What the container says goes for the picture, too.
            there = max(there, self._last)
            told = min(told, _tagged(self.stream))
        if whole and there < told - _SHORT_S and not self._guessed(told):
            found.append(f"the recording is cut short: it contains {there:.1f} s of {told:.1f} s")
        return found

    def _guessed(self, told: float) -> bool:
        """Whether that length is only the file's size divided by its first frame's bit rate."""
        if self.container.format.name in _COUNTED_BY_SIZE:
            bits = told * (self.stream.codec_context.bit_rate or 0)
            return bits < 8.16 * self.container.size
        return False


def _tagged(stream: Stream) -> float:
    """How long the track is by a tag that Matroska's writers leave; infinite without one."""
    tag = stream.metadata.get("DURATION", "")
    hours, _, rest = tag.partition(":")
    minutes, _, secs = rest.partition(":")
    try:
        return int(hours) * 3600 + int(minutes) * 60 + float(secs)
    except ValueError:
        return math.inf
