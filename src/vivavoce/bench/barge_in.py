"""Barge-in: from the first sound of an interruption to silence."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass

import numpy as np

from vivavoce.audio import Audio
from vivavoce.config.configuration import Config
from vivavoce.conversation.session import Engines, Session
from vivavoce.conversation.sinks import MemorySink
from vivavoce.events import Event, ReplyEnded
from vivavoce.loading.open_engines import open_engines
from vivavoce.settings import SessionSettings

from .report import Report, milliseconds, quantile
from .speech import RATE, SpeechClip, synthesized

CHUNK_S = 0.02
LEAD_IN_S = 0.3
_INTERRUPTIONS = (
    "Stop, that is enough.",
    "Wait a moment please.",
    "No, I meant something else.",
    "Hold on, I have a question.",
    "Can you say that again?",
    "Please stop talking now.",
)
_TALE = (
    "Once upon a time there was a small village by the sea, where an old fisherman lived with "
    "his three daughters and a very clever cat. Every morning they went down to the harbour to "
    "look at the boats, and every evening they came home with a story to tell each other."
)


@dataclass(frozen=True, slots=True)
class Interruption:
    """One try. to_silence, to_end: in seconds from the first sound; None: it went on."""

    said: str
    after: float
    to_silence: float | None
    to_end: float | None


async def bench_barge_in(config: Config) -> Report:
    """Interruptions at several moments of a long reply, in real time."""
    async with open_engines(config) as engines:
        clips = await synthesized(engines.tts, _INTERRUPTIONS)
        tries = [
            await _interrupt(engines, config.session, clip, after)
            for after in (0.5, 1.7, 3.1)
            for clip in clips
        ]
    silence = [one.to_silence for one in tries if one.to_silence is not None]
    ends = [one.to_end for one in tries if one.to_end is not None]
    row = {
        "interruptions": len(tries),
        "to silence, median": milliseconds(quantile(silence, 0.5)),
        "95 %": milliseconds(quantile(silence, 0.95)),
        "worst": milliseconds(max(silence, default=None)),
        "to the reply's end, median": milliseconds(quantile(ends, 0.5)),
        "missed": sum(one.to_end is None for one in tries),
    }
    notes = ["In ms from the first sound of the interruption, its own prefix of silence taken off."]
    return Report("barge-in", [row], notes, {"tries": [asdict(one) for one in tries]})


async def _interrupt(
    engines: Engines, settings: SessionSettings, clip: SpeechClip, after: float
) -> Interruption:
    sink = MemorySink(engines.tts.rate)
    ended: list[float] = []

    def on_event(event: Event) -> None:
        if isinstance(event, ReplyEnded) and event.why == "interrupted":
            ended.append(time.perf_counter())

    session = Session(engines, sink, on_event, settings=settings)
    begun = time.perf_counter() + 0.1
    first_sound = begun + after + _first_sound(clip)
    await session.run(_source(session, clip, begun, after))
    fell_silent = (sink.last_write or 0.0) + sink.lead_s
    interrupted = [at for at in ended if at < begun + after + clip.end + 1.0]
    return Interruption(
        clip.text,
        after,
        max(0.0, fell_silent - first_sound) if interrupted else None,
        interrupted[0] - first_sound if interrupted else None,
    )


async def _source(
    session: Session, clip: SpeechClip, begun: float, after: float
) -> AsyncIterator[Audio]:
    """Silence while the reply begins, then the interruption; ends with it."""
    samples = np.concatenate((np.zeros(round(after * RATE), np.float32), clip.audio.samples))
    session.say(_TALE)
    for number, part in enumerate(Audio(samples, RATE).slices(CHUNK_S), start=1):
        await asyncio.sleep(max(0.0, begun + number * CHUNK_S - time.perf_counter()))
        yield part


def _first_sound(clip: SpeechClip) -> float:
    """Where its speech begins, in seconds: above -40 dB of its peak."""
    samples = np.abs(clip.audio.samples)
    return float(np.argmax(samples > samples.max() * 0.01)) / RATE
