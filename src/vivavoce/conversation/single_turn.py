"""One spoken turn: a question in, what was heard, the reply and its audio out."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from vivavoce.audio import Audio
from vivavoce.engines import Transcript
from vivavoce.errors import BadAudio, EngineError
from vivavoce.events import Event, Failed, Heard, ReplyEnded, TurnDropped, TurnTimes
from vivavoce.settings import SessionSettings

from .history import Memory
from .playout import Sink
from .recorder import Recorder
from .session import Engines, Session
from .sinks import MemorySink
from .sources import at_speed_of_speech, in_lockstep
from .tools import Toolbox

_PATIENCE_S = 5.0
"""Silence after the question, on the session's clock, after which no answer will come."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A spoken turn. times: on the wall clock; only real-time turns have meaningful ones."""

    heard: Transcript
    text: str
    audio: Audio
    times: TurnTimes | None


async def answer(
    engines: Engines,
    question: Audio,
    *,
    settings: SessionSettings | None = None,
    toolbox: Toolbox | None = None,
    history: Memory | None = None,
    on_event: Callable[[Event], None] = lambda event: None,
    real_time: bool = False,
    record: Path | None = None,
) -> Answer:
    """Play the question to a session and wait until its answer has been played out.

    history: read, and given what was said on both sides; None is an empty one.
    real_time: at the speed of speech, as a caller would; else as fast as the engines compute.
    record: a folder to keep the session in, for `vivavoce replay`.
    Raises BadAudio when no words were heard in it, EngineError when the reply failed.
    """
    events: list[Event] = []

    def handle(event: Event) -> None:
        events.append(event)
        on_event(event)

    def over() -> bool:
        if session.replying or session.hearing:
            return False
        return any(isinstance(event, ReplyEnded) for event in events) or (
            session.now > question.seconds + _PATIENCE_S
        )

    settings = settings or SessionSettings()
    speech = MemorySink(engines.tts.rate)
    with ExitStack() as stack:
        sink: Sink = speech
        recorder = None
        if record is not None:
            recorder = stack.enter_context(Recorder(record, engines, settings))
            sink, handle_event = recorder.sink(sink), recorder.events(handle)
        else:
            handle_event = handle
        session = Session(
            engines,
            sink,
            handle_event,
            settings=settings,
            toolbox=toolbox,
            history=history,
            clock=time.perf_counter,
        )
        source = (
            at_speed_of_speech(question, over)
            if real_time
            else in_lockstep(question, session.settled, over)
        )
        await session.run(recorder.source(source) if recorder else source)
    return _answer(events, speech)


def _answer(events: list[Event], sink: MemorySink) -> Answer:
    heard = [event for event in events if isinstance(event, Heard) and event.final]
    replies = [event for event in events if isinstance(event, ReplyEnded)]
    failures = [event for event in events if isinstance(event, Failed)]
    if failures and (not heard or any(reply.why == "failed" for reply in replies)):
        failed = failures[-1]
        raise EngineError(f"{failed.kind} {failed.engine}: {failed.message}")
    if not heard:
        noise = any(isinstance(event, TurnDropped) for event in events)
        what = "recognized no words" if noise else "found no speech"
        raise BadAudio(f"{what} in the question; check that it is loud and long enough")
    words = " ".join(event.transcript.text for event in heard)
    text = " ".join(reply.heard for reply in replies)
    return Answer(
        replace(heard[-1].transcript, text=words),
        text,
        sink.audio,
        replies[-1].times if replies else None,
    )
