"""One spoken turn of a conversation that is remembered."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vivavoce.audio import Audio
from vivavoce.engines import Transcript
from vivavoce.errors import BadAudio, EngineError
from vivavoce.events import Event, Failed, Heard, ReplyEnded
from vivavoce.history import Memory
from vivavoce.session import Engines, Session
from vivavoce.settings import SessionSettings
from vivavoce.sinks import MemorySink
from vivavoce.sources import in_lockstep

_PATIENCE_S = 5.0
"""Silence after the question, on the session's clock, after which no answer will come."""


@dataclass(frozen=True, slots=True)
class SpokenTurn:
    """What was heard, and what was said to it."""

    heard: Transcript
    reply: str
    audio: Audio


async def spoken_turn(
    engines: Engines, question: Audio, settings: SessionSettings, history: Memory
) -> SpokenTurn:
    """Play the question to a session as fast as it computes, until its answer was played out.

    history: gets what was said on both sides.
    Raises BadAudio when no words were heard in it, EngineError when an engine failed.
    """
    events: list[Event] = []
    sink = MemorySink(engines.tts.rate)
    session = Session(engines, sink, events.append, settings=settings, history=history)

    def over() -> bool:
        if session.replying or session.hearing:
            return False
        replied = any(isinstance(event, ReplyEnded) for event in events)
        return replied or session.now > question.seconds + _PATIENCE_S

    await session.run(in_lockstep(question, session.settled, over))
    heard = [event.transcript for event in events if isinstance(event, Heard) and event.final]
    replies = [event for event in events if isinstance(event, ReplyEnded)]
    failed = next((event for event in events if isinstance(event, Failed)), None)
    if failed is not None and (not heard or any(reply.why == "failed" for reply in replies)):
        raise EngineError(f"{failed.kind} {failed.engine}: {failed.message}")
    if not heard:
        raise BadAudio("no words were heard in the recording; is it loud and long enough?")
    words = " ".join(transcript.text for transcript in heard)
    return SpokenTurn(
        replace(heard[-1], text=words), " ".join(reply.heard for reply in replies), sink.audio
    )
