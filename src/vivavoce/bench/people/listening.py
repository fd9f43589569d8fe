"""A recording as a session's engines hear it, silence by silence, in lockstep."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from vivavoce.audio import Audio
from vivavoce.engines import (
    Foresight,
    Message,
    Stt,
    SttOptions,
    SttStream,
    TurnDetector,
    Vad,
)
from vivavoce.settings import TurnSettings
from vivavoce.turn_taking.speech_input import SpeechInput
from vivavoce.turn_taking.vad_edges import Edge

from .traces import MOMENTS, SHORTEST_S, SilenceTrace, Trace

_CHUNK_S = 0.02
_NEW_UTTERANCE_S = 1.5
"""After such a silence any rule has ended the turn."""


@dataclass(frozen=True, slots=True)
class Ears:
    """What hears. llm: None where no language model can tell whether words end."""

    vad: Vad
    stt: Stt
    turn: TurnDetector
    llm: Foresight | None
    system_prompt: str


@dataclass(frozen=True, slots=True)
class _Silence:
    since: float
    until: float | None
    start: float


async def listen(name: str, audio: Audio, ears: Ears, language: str | None = None) -> Trace:
    """What the engines tell about each silence in this."""
    settings = TurnSettings()
    edges = _edges(audio, ears, settings)
    voices = _voices(edges, audio.seconds)
    told: list[SilenceTrace] = []
    stream: SttStream | None = None
    start = fed = -1.0
    try:
        for silence in _silences(voices, settings.prefix_s):
            if silence.start != start or stream is None:
                if stream is not None:
                    await stream.aclose()
                stream = await ears.stt.open(SttOptions(language=language, partials=False))
                start = fed = silence.start
            told.append(await _ask(audio, silence, ears, stream, fed))
            fed = silence.since + SHORTEST_S
    finally:
        if stream is not None:
            await stream.aclose()
    return Trace(name=name, seconds=audio.seconds, voices=tuple(voices), silences=tuple(told))


def _edges(audio: Audio, ears: Ears, settings: TurnSettings) -> list[Edge]:
    heard = SpeechInput(ears.vad, ears.stt.rate, settings)
    return [edge for chunk in audio.slices(_CHUNK_S) for edge in heard.feed(chunk, settings).edges]


def _voices(edges: Sequence[Edge], seconds: float) -> list[tuple[float, float]]:
    voices: list[tuple[float, float]] = []
    began: float | None = None
    for edge in edges:
        if edge.kind == "pause":
            assert began is not None
            voices.append((began, edge.at))
            began = None
        else:
            began = edge.at
    if began is not None:
        voices.append((began, seconds))
    return voices


def _silences(voices: Sequence[tuple[float, float]], prefix_s: float) -> list[_Silence]:
    found: list[_Silence] = []
    start, ended = 0.0, -_NEW_UTTERANCE_S
    for number, (began, until) in enumerate(voices):
        if began - ended >= _NEW_UTTERANCE_S:
            start = max(began - prefix_s, ended, 0.0)
        ended = until
        last = number == len(voices) - 1
        resumes = None if last else voices[number + 1][0]
        if resumes is None or resumes - until >= SHORTEST_S:
            found.append(_Silence(until, resumes, start))
    return found


async def _ask(
    audio: Audio, silence: _Silence, ears: Ears, stream: SttStream, fed: float
) -> SilenceTrace:
    news = audio.cut(fed, silence.since + SHORTEST_S).resampled(ears.stt.rate).samples
    if len(news):
        await stream.feed(news)
    heard = await stream.finish()
    ends = None
    if ears.llm is not None and heard.text:
        prompt = [Message("system", ears.system_prompt), Message("user", heard.text)]
        ends = await ears.llm.completeness(prompt)
    until = audio.seconds if silence.until is None else silence.until
    sounds, began = [], time.perf_counter()
    for moment in MOMENTS:
        if silence.since + moment > until:
            break
        said = audio.cut(silence.start, silence.since + moment)
        sounds.append(await ears.turn.probability(said.resampled(ears.turn.rate), heard.text))
    took = time.perf_counter() - began
    return SilenceTrace(
        since=silence.since,
        until=silence.until,
        start=silence.start,
        text=heard.text,
        language=heard.language,
        confidence=heard.confidence,
        rivals=heard.rivals,
        ends=ends,
        sounds=tuple(sounds),
        sound_ms=1000 * took / max(len(sounds), 1),
    )
