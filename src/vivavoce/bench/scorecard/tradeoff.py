"""The gap against cut-offs as thresholds move, from probabilities that calls recorded; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from vivavoce.engines import Transcript
from vivavoce.settings import TurnSettings
from vivavoce.text.language.en import EN
from vivavoce.turn_taking.endpointing import by_sound, by_words, looks_unfinished, patience
from vivavoce.turn_taking.fits import Fit, load_fit

from .timeline import CallerSpeech, RecordedCall, TimelineMark

_FIT = "en"
"""What the calls' probabilities are judged by: their scripts are in English."""

_LONGEST_S = tuple(float(x) for x in np.geomspace(0.15, 6.0, 40))


@dataclass(frozen=True, slots=True)
class Silence:
    """One silence in an utterance, or after it.

    seconds: how long it lasted; None is the end. sure: the probability that the turn is over, as
    known at the time. known: seconds from its beginning until that was computed.
    """

    utterance: str
    seconds: float | None
    sure: float
    known: float


@dataclass(frozen=True, slots=True)
class TradeoffPoint:
    """What a setting would have given. Gaps in seconds, cut_offs a share of the utterances."""

    wait_max_s: float
    median: float
    p95: float
    cut_offs: float


def silences_of(calls: Sequence[RecordedCall]) -> list[Silence]:
    """Those of utterances that are to be answered, for which a probability was recorded."""
    return [
        silence
        for call in calls
        for said in call.said
        if said.expect == "answer" and said.what == "speech"
        for silence in _of(call, said)
    ]


def curve(
    silences: Sequence[Silence], settings: TurnSettings, longest: Sequence[float] = _LONGEST_S
) -> list[TradeoffPoint]:
    """A point for each longest wait; the other settings stay. Nothing without silences."""
    if not any(silence.seconds is None for silence in silences):
        return []
    return [point(silences, replace(settings, wait_max_s=value)) for value in longest]


def point(silences: Sequence[Silence], settings: TurnSettings) -> TradeoffPoint:
    """What these settings would have given. What takes longer than the wait is not in it but for
    the time it took to know the probability.
    """
    cut: dict[str, bool] = {}
    waits = []
    for silence in silences:
        wait = max(patience(silence.sure, settings, load_fit(_FIT).thresholds), silence.known)
        if silence.seconds is None:
            waits.append(wait)
        cut[silence.utterance] = cut.get(silence.utterance, False) or (
            silence.seconds is not None and wait < silence.seconds
        )
    median, p95 = (float(np.quantile(waits, q)) for q in (0.5, 0.95))
    return TradeoffPoint(settings.wait_max_s, median, p95, sum(cut.values()) / len(cut))


def settings_of(calls: Sequence[RecordedCall]) -> TurnSettings:
    """The turn settings that the calls were made with."""
    settings = TurnSettings()
    for call in calls:
        known = call.settings
        if "wait_max_s" in known:
            eagerness = known.get("eagerness", "auto")
            assert eagerness in {"low", "medium", "high", "auto"}
            return replace(
                settings,
                wait_min_s=float(known["wait_min_s"]),
                wait_max_s=float(known["wait_max_s"]),
                eagerness=eagerness,  # type: ignore[arg-type]
            )
    return settings


def _of(call: RecordedCall, said: CallerSpeech) -> Iterator[Silence]:
    utterance = f"{call.scenario}/{call.label}/{said.step}"
    for i, (_, end) in enumerate(said.parts):
        following = said.parts[i + 1][0] if i + 1 < len(said.parts) else None
        marks = _marks(call, end, following)
        sound = next((mark for mark in marks if mark.kind == "turn"), None)
        ends = next((mark for mark in marks if mark.kind == "completeness"), None)
        told = [mark for mark in (sound, ends) if mark is not None]
        sure = _sure(sound, ends, load_fit(_FIT))
        if sure is None:
            continue
        known = max(mark.at for mark in told) - end
        seconds = None if following is None else following - end
        yield Silence(utterance, seconds, sure, known)


def _sure(sound: TimelineMark | None, ends: TimelineMark | None, fit: Fit) -> float | None:
    """What the session made of them; of the words alone where it did not ask for more."""
    written = ends.text if ends is not None else sound.text if sound is not None else ""
    complete = 0.0 if looks_unfinished(written, EN.turns) else ends.value if ends else None
    if sound is None or sound.value is None:
        judged = by_words(complete, Transcript(written), EN.turns, fit)
    else:
        judged = by_sound(sound.value, complete, Transcript(written), EN.turns, fit)
    return None if judged is None else judged.over


def _marks(call: RecordedCall, start: float, end: float | None) -> list[TimelineMark]:
    limit = call.seconds if end is None else end
    return [mark for mark in call.marks if start <= mark.at < limit]
