"""Sound files that tests make for themselves: tones in any container, with any times."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.stream import Disposition
from numpy.typing import NDArray

from vivavoce.audio import Audio, Samples

STEP = 960
LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}


def tone(seconds: float = 1.0, rate: int = 16_000, hertz: float = 440.0) -> Samples:
    times = np.arange(round(seconds * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * hertz * times)).astype(np.float32)


def sound_file(
    container: str,
    codec: str,
    channels: NDArray[np.float32] | Samples,
    rate: int = 16_000,
    *,
    starts_s: float = 0.0,
    holes: Sequence[tuple[float, float]] = (),
    video_s: float = 0.0,
    tags: dict[str, str] | None = None,
    options: dict[str, str] | None = None,
) -> bytes:
    """A file of these channels, (n,) or (channels, n).

    holes: (where in the sound, how long), in seconds. video_s: of a picture that starts at 0.
    options: of the container.
    """
    file = io.BytesIO()
    channels = np.atleast_2d(channels)
    with av.open(
        file, "w", format=container, metadata_encoding="latin-1", options=options or {}
    ) as out:
        picture = out.add_stream("mpeg4", rate=10) if video_s else None
        if picture is not None:
            picture.width = picture.height = 64
        voice = out.add_stream(codec, rate=rate, layout=LAYOUTS[len(channels)])
        assert isinstance(voice, AudioStream)
        out.metadata.update(tags or {})
        for _ in range(round(video_s * 10)):
            assert picture is not None
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            out.mux(picture.encode(frame))
        if picture is not None:
            out.mux(picture.encode(None))
        for first in range(0, channels.shape[1], STEP):
            late = starts_s + sum(length for at, length in holes if first / rate >= at)
            encode(out, voice, channels[:, first : first + STEP], rate, first + round(late * rate))
        out.mux(voice.encode(None))
    return file.getvalue()


def tracks_file(tracks: Sequence[tuple[Samples, dict[str, str], str]]) -> bytes:
    """A Matroska file of several tracks: their sound, their tags, and their dispositions."""
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as out:
        streams = []
        for _, tags, disposition in tracks:
            stream = out.add_stream("pcm_s16le", rate=16_000, layout="mono")
            assert isinstance(stream, AudioStream)
            stream.metadata.update(tags)
            stream.disposition = Disposition[disposition] if disposition else Disposition(0)
            streams.append(stream)
        for (samples, *_), stream in zip(tracks, streams, strict=True):
            for first in range(0, len(samples), STEP):
                encode(out, stream, samples[None, first : first + STEP], 16_000, first)
            out.mux(stream.encode(None))
    return file.getvalue()


def encode(
    out: av.container.OutputContainer,
    stream: AudioStream,
    channels: NDArray[np.float32],
    rate: int,
    at: int,
) -> None:
    piece = np.ascontiguousarray(channels)
    frame = AudioFrame.from_ndarray(piece, format="fltp", layout=LAYOUTS[len(channels)])
    frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), at
    out.mux(stream.encode(frame))


def pitch(audio: Audio, start: float, end: float) -> float:
    """The loudest pitch in this stretch, in Hz."""
    samples = audio.cut(start, end).samples
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * audio.rate / len(samples))


def sounding(audio: Audio) -> list[tuple[float, float]]:
    """The stretches in which something sounds, to a tenth of a second."""
    size = audio.rate // 100
    whole = len(audio.samples) // size * size
    loud = np.abs(audio.samples[:whole]).reshape(-1, size).max(axis=1) > 0.05
    edges = np.flatnonzero(np.diff(np.concatenate([[0], loud, [0]])))
    stretches = [[start / 100, end / 100] for start, end in edges.reshape(-1, 2)]
    joined: list[list[float]] = []
    for start, end in stretches:
        if joined and start - joined[-1][1] < 0.2:
            joined[-1][1] = end
        else:
            joined.append([start, end])
    return [(round(start, 1), round(end, 1)) for start, end in joined]
