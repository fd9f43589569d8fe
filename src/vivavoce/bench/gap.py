"""The gap: from the true end of a question to the first audible sample of its answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from vivavoce.audio import Audio
from vivavoce.config.configuration import Config
from vivavoce.conversation.session import Engines, Session
from vivavoce.conversation.sinks import MemorySink
from vivavoce.events import Event, Heard, ReplyEnded, ReplyStarted
from vivavoce.loading.open_engines import open_engines
from vivavoce.settings import SessionSettings

from .report import Figure, Report, milliseconds, quantile
from .speech import SpeechClip, recorded, synthesized

CHUNK_S = 0.02
_PATIENCE_S = 6.0
"""After the end of a question without an answer, the turn counts as unanswered."""


@dataclass(frozen=True, slots=True)
class GapTurn:
    """One question's fate. Times in seconds from the true end of speech."""

    clip: str
    heard: str
    gap: float | None
    cut_off: bool
    draft: bool
    stages: dict[str, float | bool | None] | None


async def bench_gap(config: Config, speech: Path | None, pauses: Sequence[float]) -> Report:
    """Gaps and cut-offs of questions fed at the speed of speech, with and without drafts."""
    async with open_engines(config) as engines:
        sets = {"synthesized": await synthesized(engines.tts)}
        for pause in pauses:
            sets[f"synthesized, pause {pause:g} s"] = await synthesized(engines.tts, pause=pause)
        if speech is not None:
            clips = sets["recorded"] = await asyncio.to_thread(recorded, speech)
            for pause in pauses:
                sets[f"recorded, pause {pause:g} s"] = [clip.with_pause(pause) for clip in clips]
        rows, turns = [], {}
        for name, clips in sets.items():
            for drafts in (True,) if "pause" in name else (True, False):
                settings = replace(config.session, drafts=drafts)
                label = name if drafts else f"{name}, no drafts"
                done = [await ask(engines, settings, clip) for clip in clips]
                rows.append(_row(label, done))
                turns[label] = [asdict(turn) for turn in done]
    notes = ["Gap: from the true end of speech to the first audible sample of the reply, in ms."]
    return Report("gap", rows, notes, {"turns": turns})


async def ask(engines: Engines, settings: SessionSettings, clip: SpeechClip) -> GapTurn:
    """One question, in real time, to a session of its own."""
    sink = MemorySink(engines.tts.rate)
    events: list[Event] = []
    session = Session(engines, sink, events.append, settings=settings)
    begun = time.perf_counter() + 0.3
    await session.run(_source(clip, begun, sink))
    gap = None if sink.first_sound is None else sink.first_sound - begun - clip.end
    heard = [event.transcript.text for event in events if isinstance(event, Heard) and event.final]
    ended = [event for event in events if isinstance(event, ReplyEnded) and event.times]
    started = [event for event in events if isinstance(event, ReplyStarted)]
    return GapTurn(
        clip.name,
        " | ".join(heard),
        gap,
        gap is not None and gap < 0,
        bool(started and started[0].draft),
        ended[0].times.as_dict() if ended and ended[0].times else None,
    )


async def _source(clip: SpeechClip, begun: float, sink: MemorySink) -> AsyncIterator[Audio]:
    """The question, then silence until a little of the answer was heard."""
    step = round(CHUNK_S * clip.audio.rate)
    silence = Audio.silence(CHUNK_S, clip.audio.rate)
    number = 0
    while True:
        number += 1
        due = begun + number * CHUNK_S
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        piece = clip.audio.samples[(number - 1) * step : number * step]
        yield Audio(piece, clip.audio.rate) if len(piece) else silence
        now = number * CHUNK_S - clip.end
        if now > _PATIENCE_S or (now > 0 and sink.first_sound is not None):
            return


def _row(label: str, turns: Sequence[GapTurn]) -> dict[str, Figure]:
    gaps = [turn.gap for turn in turns if turn.gap is not None and not turn.cut_off]
    return {
        "questions": label,
        "n": len(turns),
        "median": milliseconds(quantile(gaps, 0.5)),
        "90 %": milliseconds(quantile(gaps, 0.9)),
        "95 %": milliseconds(quantile(gaps, 0.95)),
        "worst": milliseconds(max(gaps, default=None)),
        "cut off": sum(turn.cut_off for turn in turns),
        "no answer": sum(turn.gap is None for turn in turns),
        "drafts used": sum(turn.draft for turn in turns),
    }
