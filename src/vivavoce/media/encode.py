"""Writing sound files, piece by piece, so that no half-written one is ever seen."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import BinaryIO, Self, TypeAlias

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

from vivavoce.audio import Audio, Resampler, Samples, clean, slices
from vivavoce.errors import BadRequest

from .atomic_file import replacing

Target: TypeAlias = str | Path | BinaryIO
"""A file's path, or an open binary file, which stays open."""

_AT_ONCE = {"flush_packets": "1"}
_LIVE = {
    **dict.fromkeys(("wav", "mp3", "flac", "adts"), _AT_ONCE),
    "ogg": {**_AT_ONCE, "page_duration": "100000"},
}
"""Options of libav's writers, by container, for who hears the sound while it is being made: each
packet is written at once, an Ogg page every 0.1 s rather than every second."""

_STEP = 16_384
"""Samples encoded at once, so that memory stays the same however many are written at once."""


@dataclass(frozen=True, slots=True)
class FileFormat:
    """container, codec: libav's names. bit_rate: in bits a second, of lossy codecs."""

    container: str
    codec: str
    bit_rate: int | None = None


FORMATS = {
    "wav": FileFormat("wav", "pcm_s16le"),
    "mp3": FileFormat("mp3", "libmp3lame", 64_000),
    "ogg": FileFormat("ogg", "libopus", 32_000),
    "opus": FileFormat("ogg", "libopus", 32_000),
    "flac": FileFormat("flac", "flac"),
    "m4a": FileFormat("ipod", "aac", 64_000),
    "aac": FileFormat("adts", "aac", 64_000),
}
"""What can be written, by the name's ending."""


def write_audio(audio: Audio, target: Target, *, format: str | None = None) -> None:  # noqa: A002
    """Write a sound file; see `Writer`."""
    with Writer(target, audio.rate, format=format) as writer:
        writer.write(audio.samples)


class Writer:
    """A sound file in the making: `with Writer("a.mp3", 24_000) as out: out.write(samples)`.

    target: a path, whose file appears complete when the block ends well, and not at all
    otherwise; or an open binary file, which need not be seekable but for `m4a`.
    rate: of the samples, in Hz. A codec that cannot have it gets the next higher one it can.
    format: one of FORMATS; None goes by the path's ending.
    Raises BadRequest for a format or folder that is not there, OSError as files do.
    """

    def __init__(self, target: Target, rate: int, *, format: str | None = None) -> None:  # noqa: A002
        self._target = target
        self._rate = rate
        self._format = _format(target, format)
        self._open = ExitStack()
        self._lock = Lock()
        self._closed = False

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            if isinstance(self._target, str | Path):
                file = stack.enter_context(replacing(Path(self._target)))
            else:
                file = self._target
            self._sink = _Sink(file)
            if self._format.container == "ipod" and not self._sink.seekable():
                raise BadRequest("m4a needs a seekable file; try mp3 or ogg")
            options = {} if self._sink.seekable() else _LIVE.get(self._format.container, {})
            self._container = av.open(
                self._sink, "w", format=self._format.container, container_options=options
            )
            stack.callback(self._container.close)
            self._resampler = Resampler(self._rate, _possible_rate(self._format.codec, self._rate))
            rate = self._resampler.target_rate
            stream = self._container.add_stream(self._format.codec, rate=rate, layout="mono")
            assert isinstance(stream, AudioStream)
            self._stream = stream
            if self._format.bit_rate is not None:
                self._stream.bit_rate = self._format.bit_rate
            self._container.start_encoding()
            self._open = stack.pop_all()
        return self

    def write(self, samples: Samples) -> None:
        """Take the next samples; any number. Raises OSError when the disk is full."""
        with self._lock:
            if self._closed:
                raise ValueError("the sound file is closed")
            self._encode(self._resampler.feed(clean(samples)))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # libav crashes when it is closed while another thread encodes.
        with self._lock:
            self._closed = True
            if error is not None:
                self._sink.discard = True
                self._open.__exit__(kind, error, trace)
                return
            with self._open:
                self._encode(self._resampler.flush())
                self._container.mux(self._stream.encode(None))
                self._container.close()
                self._sink.check()

    def _encode(self, samples: Samples) -> None:
        for part in slices(samples, _STEP):
            frame = AudioFrame.from_ndarray(part[None], format="flt", layout="mono")
            frame.sample_rate = self._resampler.target_rate
            self._container.mux(self._stream.encode(frame))
            self._sink.check()


class _Sink:
    """Where libav writes. An error raised while it is in control would be lost: see `check`."""

    def __init__(self, file: BinaryIO) -> None:
        self.discard = False
        self._file = file
        self._error: BaseException | None = None

    def check(self) -> None:
        """Raise what went wrong, if anything did."""
        if self._error is not None:
            raise self._error

    def write(self, data: bytes) -> int:
        """As of a file; after an error, to nowhere."""
        try:
            if not self.discard and self._error is None:
                self._file.write(data)
        except BaseException as error:  # noqa: BLE001 - raised again by `check`
            self._error = error
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """As of a file; after an error, nowhere."""
        try:
            if not self.discard and self._error is None:
                return self._file.seek(offset, whence)
        except BaseException as error:  # noqa: BLE001 - raised again by `check`
            self._error = error
        return offset

    def tell(self) -> int:
        """As of a file."""
        return self._file.tell()

    def seekable(self) -> bool:
        """As of a file."""
        return self._file.seekable()


def _format(target: Target, wanted: str | None) -> FileFormat:
    if wanted is None and not isinstance(target, str | Path):
        raise BadRequest(f"choose a format: {', '.join(FORMATS)}")
    ending = wanted or Path(str(target)).suffix.removeprefix(".").lower()
    if ending not in FORMATS:
        what = f"{ending!r} files" if ending else f"{target}, which has no extension"
        raise BadRequest(f"cannot write {what}; use one of {', '.join(FORMATS)}")
    return FORMATS[ending]


def _possible_rate(codec: str, rate: int) -> int:
    """The lowest rate of the codec that loses nothing, or else its highest."""
    rates = sorted(av.codec.Codec(codec, "w").audio_rates or [rate])
    return next((possible for possible in rates if possible >= rate), rates[-1])
