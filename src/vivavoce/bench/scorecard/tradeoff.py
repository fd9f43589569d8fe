"""The gap against cut-offs as thresholds move, from probabilities that calls recorded; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from vivavoce.engines import Transcript
from vivavoce.settings import TurnSettings
from vivavoce.turn_taking.endpointing import patience
from vivavoce.turn_taking.evidence import Evidence
from vivavoce.turn_taking.fits import load_fit

from .timeline import CallerSpeech, RecordedCall, TimelineMark

_FIT = "en"
"""What the calls' probabilities are judged by: their scripts are in English."""

_LONGEST_S = tuple(float(x) for x in np.geomspace(0.15, 6.0, 40))


@dataclass(frozen=True, slots=True)
class PauseOrEnd:
    """One silence in an utterance, or after it.

    seconds: how long it lasted; None is the end. told: what the engines said in it. known: seconds
    from its beginning until that was computed.
    """

    utterance: str
    seconds: float | None
    told: Evidence
    known: float


@dataclass(frozen=True, slots=True)
class TradeoffPoint:
    """What a setting would have given. Gaps in seconds, cut_offs a share of the utterances."""

    wait_max_s: float
    median: float
    p95: float
    cut_offs: float


def silences_of(calls: Sequence[RecordedCall]) -> list[PauseOrEnd]:
    """Those of utterances that are to be answered, for which a probability was recorded."""
    return [
        silence
        for call in calls
        for said in call.said
        if said.expect == "answer" and said.what == "speech"
        for silence in _of(call, said)
    ]


def curve(
    silences: Sequence[PauseOrEnd], settings: TurnSettings, longest: Sequence[float] = _LONGEST_S
) -> list[TradeoffPoint]:
    """A point for each longest wait; the other settings stay. Nothing without silences."""
    if not any(silence.seconds is None for silence in silences):
        return []
    return [point(silences, replace(settings, wait_max_s=value)) for value in longest]


def point(silences: Sequence[PauseOrEnd], settings: TurnSettings) -> TradeoffPoint:
    """What these settings would have given. What takes longer than the wait is not in it but for
    the time it took to know the probability.
    """
    cut: dict[str, bool] = {}
    waits = []
    for silence in silences:
        wait = max(patience(silence.told, load_fit(_FIT), settings), silence.known)
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


def _of(call: RecordedCall, said: CallerSpeech) -> Iterator[PauseOrEnd]:
    utterance, paused_s = f"{call.scenario}/{call.label}/{said.step}", 0.0
    for i, (_, end) in enumerate(said.parts):
        following = said.parts[i + 1][0] if i + 1 < len(said.parts) else None
        seconds = None if following is None else following - end
        marks = _marks(call, end, following)
        sound = next((mark for mark in marks if mark.kind == "turn"), None)
        ends = next((mark for mark in marks if mark.kind == "completeness"), None)
        asked = [mark for mark in (sound, ends) if mark is not None]
        if asked:
            told = _told(sound, ends, end - said.parts[0][0], paused_s)
            yield PauseOrEnd(utterance, seconds, told, max(mark.at for mark in asked) - end)
        paused_s = max(paused_s, seconds or 0.0)


def _told(
    sound: TimelineMark | None, ends: TimelineMark | None, spoken_s: float, paused_s: float
) -> Evidence:
    written = ends.text if ends is not None else sound.text if sound is not None else ""
    return Evidence(
        Transcript(written) if written else None,
        None if ends is None else ends.value,
        None if sound is None else sound.value,
        spoken_s,
        paused_s,
    )


def _marks(call: RecordedCall, start: float, end: float | None) -> list[TimelineMark]:
    limit = call.seconds if end is None else end
    return [mark for mark in call.marks if start <= mark.at < limit]
