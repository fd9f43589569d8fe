"""A spoken question to a Realtime session, and when its answer is heard."""

from __future__ import annotations

import asyncio
import time
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vivavoce.audio import Audio, Samples, from_pcm16
from vivavoce.bench.report import Figure, milliseconds, quantile
from vivavoce.bench.speech import SpeechClip, room
from vivavoce.conversation.playout import AUDIBLE

from .realtime_client import RATE, Event, RealtimeClient, ServerFailed, appends

PATIENCE_S = 6.0
"""After the end of a question without an answer, it counts as unanswered."""
_REPLY_S = 60.0
_START_S = 0.05


@dataclass(frozen=True, slots=True)
class Asked:
    """One question's fate. gap: in seconds from the true end of speech; None is no answer.

    begun: when the question began, on `time.perf_counter`. reply: its words, as far as they came.
    """

    clip: str
    begun: float
    gap: float | None
    reply: str = ""

    @property
    def cut_off(self) -> bool:
        """Whether the reply began before the speech had ended."""
        return self.gap is not None and self.gap < 0


@dataclass(frozen=True, slots=True)
class Question:
    """A clip as messages of `chunk_s` each, and one of silence to go on with."""

    clip: SpeechClip
    messages: Sequence[str]
    silence: str
    chunk_s: float


def question_of(clip: SpeechClip, chunk_s: float) -> Question:
    """The clip, ready to be sent."""
    return Question(clip, appends(clip.audio, chunk_s), silence(chunk_s), chunk_s)


def silence(chunk_s: float) -> str:
    """A message of a quiet room's noise."""
    return appends(Audio(room(chunk_s), 16_000), chunk_s)[0]


class Playing:
    """When a reply is heard by who plays it as it comes, gap or no gap.

    first_sound: on `time.perf_counter`; until: where what came so far is played out.
    """

    def __init__(self) -> None:
        self.first_sound: float | None = None
        self.until = 0.0

    def feed(self, samples: Samples, rate: int, at: float) -> None:
        """More of it has come."""
        starts = max(at, self.until)
        if self.first_sound is None:
            audible = np.flatnonzero(np.abs(samples) > AUDIBLE)
            if len(audible):
                self.first_sound = starts + float(audible[0]) / rate
        self.until = starts + len(samples) / rate


async def ask(
    client: RealtimeClient,
    question: Question,
    *,
    whole: bool = False,
    patience_s: float = PATIENCE_S,
) -> Asked:
    """Ask at the speed of speech; back when the first sound is there.

    whole: hear the reply to its end first, as it takes to play it. patience_s: how long the answer
    may take.
    Raises ServerFailed when the session breaks off.
    """
    begun, heard = time.perf_counter() + _START_S, asyncio.Event()
    failure: BaseException | None = None
    asked = Asked(question.clip.name, begun, None)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_speak(client, question, begun, heard))
            asked = await _hear(client, question.clip, begun, patience_s, whole=whole)
            heard.set()
    except* ServerFailed as failed:
        failure = failed.exceptions[0]
    if failure is not None:
        raise failure
    return asked


def summary(label: dict[str, Figure], asked: Sequence[Asked]) -> dict[str, Figure]:
    """A table's row."""
    gaps = [one.gap for one in asked if one.gap is not None and not one.cut_off]
    return {
        **label,
        "n": len(asked),
        "median": milliseconds(quantile(gaps, 0.5)),
        "95 %": milliseconds(quantile(gaps, 0.95)),
        "worst": milliseconds(max(gaps, default=None)),
        "cut off": sum(one.cut_off for one in asked),
        "no answer": sum(one.gap is None for one in asked),
    }


async def _speak(
    client: RealtimeClient, question: Question, begun: float, heard: asyncio.Event
) -> None:
    """Each message when its sound has been spoken, as a microphone gives it."""
    number = 0
    while not heard.is_set():
        message = question.messages[number] if number < len(question.messages) else question.silence
        number += 1
        await asyncio.sleep(max(0.0, begun + number * question.chunk_s - time.perf_counter()))
        await client.send(message)


async def _hear(
    client: RealtimeClient, clip: SpeechClip, begun: float, patience_s: float, *, whole: bool
) -> Asked:
    playing, words, end = Playing(), [""], begun + clip.end
    deadline, over = end + patience_s, False
    while not (playing.first_sound is not None and (over or not whole)):
        event = await client.receive(within_s=deadline - time.perf_counter())
        if event is None:
            break
        at = time.perf_counter()
        match event["type"].replace("output_", ""):
            case "response.audio.delta":
                playing.feed(_sound(event), RATE, at)
                deadline = end + _REPLY_S if whole else deadline
            case "response.audio_transcript.delta":
                words.append(str(event.get("delta", "")))
            case "response.done":
                over = playing.first_sound is not None
    if whole:
        await asyncio.sleep(max(0.0, playing.until - time.perf_counter()))
    gap = None if playing.first_sound is None else playing.first_sound - end
    return Asked(clip.name, begun, gap, "".join(words))


def _sound(event: Event) -> Samples:
    try:
        return from_pcm16(b64decode(event["delta"], validate=True))
    except Exception as error:
        raise ServerFailed(f"the server sent invalid audio: {error}") from error
