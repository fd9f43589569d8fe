"""How many pauses a rule cuts off, and how long it waits after ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vivavoce.bench.report import Figure
from vivavoce.bench.scorecard.statistics import Sample, estimate

from .rules import Rule
from .silences import HOLD_S, Silence

_DELAYS_S = (0.3, 0.6)
_SHARES = (0.05, 0.1)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a rule makes of some silences. holds: 1 for each that is cut off, else 0; sentences:
    the same of ends of sentences after which the person goes on; waits: after ends, in seconds.
    """

    holds: Sequence[Sample]
    sentences: Sequence[Sample]
    waits: Sequence[Sample]

    @property
    def cut(self) -> float | None:
        """The share of holds that are cut off; None of none."""
        return _mean(self.holds)

    @property
    def wait_s(self) -> float | None:
        """The mean."""
        return _mean(self.waits)


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What one price of a cut gives."""

    price_s: float
    cut: float
    wait_s: float


def measure(silences: Sequence[Silence], rule: Rule) -> Measured:
    """What the rule makes of these."""
    holds, sentences, waits = [], [], []
    for silence in silences:
        talker, wait = silence.recording.speaker, rule.wait_s(silence)
        if silence.role == "end":
            waits.append(Sample(talker, wait))
        elif silence.lasts_s is not None and silence.lasts_s >= HOLD_S:
            cut = Sample(talker, float(wait < silence.lasts_s))
            if silence.role == "hold":
                holds.append(cut)
            elif silence.role == "sentence":
                sentences.append(cut)
    return Measured(holds, sentences, waits)


def row(name: str, found: Measured) -> dict[str, Figure]:
    """For a table: shares in %, waits in seconds, intervals of 95 % by talker."""
    waits = [sample.value for sample in found.waits]
    return {
        "rule": name,
        "holds": len(found.holds),
        "cut %": _percent(found.cut),
        "95 %": _interval(found.holds),
        "sentences cut %": _percent(_mean(found.sentences)),
        "ends": len(waits),
        "wait": _rounded(np.median(waits)) if waits else None,
        "90 % of waits": _rounded(np.quantile(waits, 0.9)) if waits else None,
        "mean": _rounded(np.mean(waits)) if waits else None,
    }


def curve(
    silences: Sequence[Silence], rule_of: Callable[[float], Rule], values: Sequence[float]
) -> list[CurvePoint]:
    """Holds cut off against the mean wait, as a rule's value moves. Nothing without both."""
    points = []
    for value in values:
        found = measure(silences, rule_of(value))
        if found.cut is not None and found.wait_s is not None:
            points.append(CurvePoint(value, found.cut, found.wait_s))
    return points


def eot_terms(points: Sequence[CurvePoint]) -> Mapping[str, Figure]:
    """In the terms of eot-bench: the share cut off at a delay, and the delay at a share."""
    if not points:
        return {}
    by_wait = sorted(points, key=lambda point: point.wait_s)
    waits, cuts = [p.wait_s for p in by_wait], [p.cut for p in by_wait]
    told: dict[str, Figure] = {
        f"cut % at {1000 * delay:.0f} ms": _percent(float(np.interp(delay, waits, cuts)))
        for delay in _DELAYS_S
    }
    for share in _SHARES:
        enough = [p.wait_s for p in by_wait if p.cut <= share]
        told[f"delay at {100 * share:.0f} % cut"] = _rounded(min(enough)) if enough else None
    return told


def _mean(samples: Sequence[Sample]) -> float | None:
    return sum(s.value for s in samples) / len(samples) if samples else None


def _interval(samples: Sequence[Sample]) -> str:
    found = estimate(samples, "ratio")
    if found is None or found.low is None or found.high is None:
        return "–"
    return f"{100 * found.low:.0f}–{100 * found.high:.0f}"


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 1)


def _rounded(seconds: float | np.floating) -> float:
    return round(float(seconds), 2)
