"""The silences of recordings, and what each is: a hold, a sentence's end, or the end of a turn."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal, TypeAlias

from vivavoce.engines import Transcript
from vivavoce.turn_taking.evidence import Evidence

from .recordings import TAIL_S, Recording
from .traces import SilenceTrace, Trace

HOLD_S = 0.25
"""Shorter silences are the closures of consonants as often as pauses."""

Role: TypeAlias = Literal["hold", "sentence", "end", "unknown"]
_CUT_OFF_S = 0.05
_NOISE_S = 0.25


@dataclass(frozen=True, slots=True)
class Silence:
    """One silence. lasts_s: None after the end of the recording's voice.

    role: a `hold` within a sentence, the end of a `sentence` after which the person goes on, or
    the `end`; `unknown` where the recording breaks off.
    """

    recording: Recording
    role: Role
    lasts_s: float | None
    known: SilenceTrace
    spoken_s: float
    paused_s: float

    def evidence(self) -> Evidence:
        """What a session knows in it, with the turn detector's first word."""
        known = self.known
        heard = Transcript(
            known.text,
            language=known.language,
            confidence=known.confidence,
            rivals=known.rivals,
        )
        sound = known.sounds[0] if known.sounds else None
        return Evidence(heard, known.ends, sound, self.spoken_s, self.paused_s)


def silences_of(recordings: Iterable[Recording], traces: Mapping[str, Trace]) -> list[Silence]:
    """Of all recordings that were listened to."""
    return [
        silence
        for recording in recordings
        if recording.name in traces
        for silence in _of(recording, traces[recording.name])
    ]


def _of(recording: Recording, trace: Trace) -> Iterator[Silence]:
    paused, start = 0.0, -1.0
    told = _without_noise(trace)
    for number, (known, lasts) in enumerate(told):
        if known.start != start:
            paused, start = 0.0, known.start
        last = number == len(told) - 1
        role = _end(recording, trace, known) if last else _pause(recording, known)
        spoken = known.since - min(b for b, _ in trace.voices if b >= known.start)
        yield Silence(recording, role, None if last else lasts, known, spoken, paused)
        paused = max(paused, lasts)


def _without_noise(trace: Trace) -> list[tuple[SilenceTrace, float]]:
    """Each silence and how long it lasts. A click in the room long after the voice, of which no
    word is understood, does not end one.
    """
    kept: list[tuple[SilenceTrace, float]] = []
    for known in trace.silences:
        voice_s = known.since - (trace.silences[0].start if not kept else _voice(trace, known))
        until = trace.seconds if known.until is None else known.until
        noise = kept and not known.text and voice_s < _NOISE_S
        if noise:
            before, _ = kept.pop()
            kept.append((before, until - before.since))
        else:
            kept.append((known, until - known.since))
    return kept


def _voice(trace: Trace, known: SilenceTrace) -> float:
    """Where the voice before this silence began."""
    return max(began for began, until in trace.voices if until <= known.since + 1e-6)


def _end(recording: Recording, trace: Trace, known: SilenceTrace) -> Role:
    cut_off = known.since >= trace.seconds - TAIL_S - _CUT_OFF_S
    return "end" if recording.complete and not cut_off else "unknown"


def _pause(recording: Recording, known: SilenceTrace) -> Role:
    if recording.punctuated and recording.text and ends_sentence(recording.text, known.text):
        return "sentence"
    return "hold"


def ends_sentence(reference: str, heard: str) -> bool:
    """Whether what was heard so far is the reference up to the end of one of its sentences."""
    words = reference.split()
    plain = [_plain(word) for word in words]
    said = [_plain(word) for word in heard.split()]
    blocks = SequenceMatcher(None, plain, said, autojunk=False).get_matching_blocks()
    matched = [block for block in blocks if block.size]
    if not matched:
        return False
    last = matched[-1].a + matched[-1].size - 1 + (len(said) - matched[-1].b - matched[-1].size)
    return last < len(words) - 1 and words[last].endswith((".", "?", "!"))


def _plain(word: str) -> str:
    return re.sub(r"\W", "", word.lower())


def talkers(silences: Sequence[Silence]) -> set[str]:
    """Everybody who is heard."""
    return {silence.recording.speaker for silence in silences}
