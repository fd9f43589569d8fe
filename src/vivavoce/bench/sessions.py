"""What a session costs by itself: many at once on one core, with scripted engines."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections.abc import AsyncIterator

from vivavoce.audio import Audio
from vivavoce.conversation.session import Engines, Session
from vivavoce.conversation.sinks import MemorySink
from vivavoce.events import ReplyEnded
from vivavoce.testing import (
    ScriptedLlm,
    ScriptedStt,
    ScriptedTts,
    ScriptedTurn,
    ScriptedVad,
    hush,
    say,
)

from .report import Report, quantile

FRAME_S = 0.02


async def bench_sessions(count: int = 200, seconds: float = 20.0) -> Report:
    """Frames that came late, with `count` callers who talk and listen in turns."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    late: list[float] = []
    replies = 0

    def on_event(event: object) -> None:
        nonlocal replies
        replies += isinstance(event, ReplyEnded)

    gc.collect()
    gc.freeze()  # as a server does once its engines are loaded
    begun = time.perf_counter() + 1.0
    cpu = time.process_time()
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            stt = ScriptedStt(*["what time is it"] * 1000)
            engines = Engines(
                ScriptedVad(), ScriptedTurn(), stt, ScriptedLlm(answer=_answer), ScriptedTts()
            )
            session = Session(engines, MemorySink(16_000), on_event)
            offset = number / count * FRAME_S
            group.create_task(session.run(_caller(begun + offset, number, seconds, late)))
    cpu = time.process_time() - cpu
    row = {
        "sessions": count,
        "frames": len(late),
        "late median ms": _ms(quantile(late, 0.5)),
        "late 99 % ms": _ms(quantile(late, 0.99)),
        "latest ms": _ms(max(late)),
        "frames over 20 ms late": sum(value > FRAME_S for value in late),
        "CPU of one core %": round(100 * cpu / seconds),
        "replies": replies,
    }
    note = f"{seconds:.0f} s, 20 ms frames, scripted engines, one core; a third of the time speech"
    return Report("sessions", [row], [note])


def _answer(messages: object) -> str:
    return "It is noon now, I think."


async def _caller(
    begun: float, number: int, seconds: float, late: list[float]
) -> AsyncIterator[Audio]:
    """Someone who asks, listens, and asks again; lateness is of the frame taken before."""
    chunks = _frames(number)
    for i in range(round(seconds / FRAME_S)):
        due = begun + i * FRAME_S
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        yield chunks[i % len(chunks)]
        late.append(time.perf_counter() - due)


def _frames(number: int) -> list[Audio]:
    cycle = [hush(0.1 * (number % 20)), say(1.0), hush(2.5)]
    return [frame for part in cycle for frame in part.slices(0.02)]


def _ms(value: float | None) -> float | None:
    return None if value is None else round(1000 * value, 2)
