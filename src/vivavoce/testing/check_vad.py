"""What every voice activity detector must keep to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

import numpy as np

from vivavoce.audio import Audio, Samples
from vivavoce.engines import Vad

from .chunks import odd_chunks

_SAME = 1e-4


async def check_vad(vad: Vad, speech: Audio | None = None) -> None:
    """Raise AssertionError, saying what is wrong, unless the engine keeps the contract.

    speech: someone speaking, in which the engine should find speech; at any rate.
    The engine is loaded, but not closed.
    """
    await asyncio.gather(vad.load(), vad.load())
    await vad.load()
    assert vad.rate >= 8_000, f"rate is {vad.rate} Hz: too low for speech"
    seconds = vad.frame / vad.rate
    assert 0.005 <= seconds <= 0.1, f"a frame of {vad.frame} samples lasts {seconds} s"
    samples = _sound(vad.rate) if speech is None else speech.resampled(vad.rate).samples
    _check_frames(vad, samples)
    _check_reset(vad, samples)
    _check_streams_apart(vad, samples)
    silence = np.zeros(2 * vad.rate, np.float32)
    assert max(_judge(vad, [silence])) < 0.5, "digital silence is taken for speech"
    if speech is not None:
        assert max(_judge(vad, [samples])) >= 0.5, "no speech is found where someone speaks"


def _check_frames(vad: Vad, samples: Samples) -> None:
    whole = _judge(vad, [samples])
    frames = len(samples) // vad.frame
    assert len(whole) == frames, f"{frames} frames gave {len(whole)} probabilities"
    assert all(0.0 <= p <= 1.0 for p in whole), "a probability is not within 0 to 1"
    parts = _judge(vad, odd_chunks(samples))
    assert _alike(parts, whole), "the size of the chunks changes the probabilities"


def _check_reset(vad: Vad, samples: Samples) -> None:
    stream = vad.open()
    fresh = [*stream.feed(samples)]
    stream.feed(samples[: (vad.frame - 1 - len(samples)) % vad.frame])
    stream.reset()
    assert _alike([*stream.feed(samples)], fresh), "reset must forget earlier audio"


def _check_streams_apart(vad: Vad, samples: Samples) -> None:
    alone = _judge(vad, [samples])
    stream, other, together = vad.open(), vad.open(), list[float]()
    for at in range(0, len(samples), vad.frame):
        chunk = samples[at : at + vad.frame].copy()
        before = chunk.copy()
        together += stream.feed(chunk)
        assert np.array_equal(chunk, before), "feed must not change the samples that it is given"
        chunk[:] = 0.5
        other.feed(chunk)
    assert _alike(together, alone), "two streams mix, or samples are kept after feed returned"


def _judge(vad: Vad, chunks: Iterable[Samples]) -> list[float]:
    stream = vad.open()
    return [probability for chunk in chunks for probability in stream.feed(chunk)]


def _alike(one: Sequence[float], other: Sequence[float]) -> bool:
    return len(one) == len(other) and bool(np.allclose(one, other, atol=_SAME))


def _sound(rate: int) -> Samples:
    """A second of something that comes and goes."""
    time = np.arange(rate) / rate
    wave = np.sin(2 * np.pi * 180 * time) * np.sin(2 * np.pi * 3 * time)
    return (0.3 * wave).astype(np.float32)
