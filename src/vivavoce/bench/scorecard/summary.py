"""Figures as tables, and as JSON that can be read back to be compared."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from vivavoce.bench.report import Figure as Cell
from vivavoce.bench.report import Report
from vivavoce.errors import BadRequest

from .figures import FIGURES, Cost, Figure, Results
from .measure import tales_of, turns_of
from .statistics import Estimate, estimate
from .timeline import RecordedCall

OVERALL = "all"
_NOTE = (
    "Gaps from the true end of speech, silence from the interruption's first sound; "
    "docs/scorecard.md explains each figure."
)
_LATE_S = 0.1
_DRAWN = ("near_levels", "far_levels", "vad")


@dataclass(frozen=True, slots=True)
class Scorecard:
    """What some calls came to. target: who was called."""

    target: str
    results: Results
    calls: Sequence[RecordedCall] = ()

    @classmethod
    def of(cls, target: str, calls: Sequence[RecordedCall]) -> Scorecard:
        """That of these calls."""
        turns = [turn for call in calls for turn in turns_of(call)]
        tales = [tale for call in calls for tale in tales_of(call)]
        return cls(target, Results(turns, tales, [cost_of(call) for call in calls]), calls)

    def estimates(self) -> dict[str, dict[str, Estimate]]:
        """Each figure of each scenario and over all, where there is one."""
        parts = {name: self.results.of(name) for name in self.results.scenarios}
        if len(parts) != 1:
            parts[OVERALL] = self.results
        return {name: _estimates(results) for name, results in parts.items()}

    def report(self) -> Report:
        """A row for each figure over all, as it is printed; in detail all there is."""
        estimates = self.estimates()
        overall = estimates[next(reversed(estimates))]
        rows: list[dict[str, Cell]] = [
            {
                "figure": figure.name,
                "value": shown(figure, overall[figure.key].value),
                "95 % confidence": interval(figure, overall[figure.key]),
                "n": overall[figure.key].n,
            }
            for figure in FIGURES
            if figure.key in overall
        ]
        return Report("turns", rows, (_NOTE, *self.warnings()), self._details(estimates))

    def by_scenario(self) -> Report:
        """A row for each scenario, of the figures that matter most; as it is printed."""
        estimates = self.estimates()
        figures = [
            one for one in FIGURES if one.short and any(one.key in f for f in estimates.values())
        ]
        rows: list[dict[str, Cell]] = []
        for name, found in estimates.items():
            if name != OVERALL:
                cells = {one.short: _cell(one, found.get(one.key)) for one in figures}
                rows.append({"scenario": name, **cells})
        return Report("turns by scenario", rows, ("Times in ms, shares in %.",))

    def warnings(self) -> list[str]:
        """What went wrong, so that figures are not taken for more than they are."""
        failed = [cost for cost in self.results.costs if cost.failure]
        told = [f"{cost.scenario}, {cost.label}: {cost.failure}" for cost in failed]
        unplayed = [turn for turn in self.results.turns if turn.what == "nothing"]
        if unplayed and not failed:
            told.append(f"{len(unplayed)} steps were not played: the reply they follow never came")
        late = [cost for cost in self.results.costs if cost.late_s > _LATE_S]
        if late:
            told.append(
                f"in {len(late)} of {len(self.results.costs)} calls the caller was more than "
                f"{1000 * _LATE_S:.0f} ms late: this machine is too busy for figures to be trusted"
            )
        return told

    def _details(self, estimates: dict[str, dict[str, Estimate]]) -> dict[str, object]:
        return {
            "target": self.target,
            "figures": {
                name: {key: asdict(one) for key, one in found.items()}
                for name, found in estimates.items()
            },
            "turns": [asdict(turn) for turn in self.results.turns],
            "tales": [asdict(tale) for tale in self.results.tales],
            "costs": [asdict(cost) for cost in self.results.costs],
            "calls": [_told(call) for call in self.calls],
        }


_RESULTS = TypeAdapter(Results)


def read_results(path: Path) -> Results:
    """What `--json` wrote. Raises BadRequest for a file that is something else."""
    try:
        data = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BadRequest(f"cannot read {path}: {error.strerror}") from None
    except ValueError:
        raise BadRequest(f"{path} is not JSON") from None
    if not isinstance(data, dict) or data.get("benchmark") != "turns":
        raise BadRequest(f"{path} was not written by `vivavoce bench turns --json`")
    try:
        return _RESULTS.validate_python({key: data[key] for key in ("turns", "tales", "costs")})
    except (KeyError, ValidationError) as error:
        raise BadRequest(f"{path} is of another version: {_first_line(error)}") from None


def cost_of(call: RecordedCall) -> Cost:
    """What a call took."""
    used = sum(1 for mark in call.marks if mark.kind == "reply started" and mark.text == "draft")
    return Cost(
        call.scenario, call.label, call.seconds, call.cpu_s, call.drafts, used, call.late_s,
        call.failure,
    )  # fmt: skip


def shown(figure: Figure, value: float) -> str:
    """In ms, in %, or as it stands."""
    match figure.unit:
        case "s":
            return f"{1000 * value:.0f} ms"
        case "share":
            return f"{100 * value:.1f} %"
        case "number":
            return f"{value:.2f}"


def interval(figure: Figure, found: Estimate) -> str:
    """Its ends."""
    return ends(figure, found.low, found.high)


def _cell(figure: Figure, found: Estimate | None) -> Cell:
    if found is None:
        return None
    factor = {"s": 1000, "share": 100, "number": 1}[figure.unit]
    return round(factor * found.value)


def ends(figure: Figure, low: float | None, high: float | None) -> str:
    """Of an interval."""
    if low is None or high is None:
        return "too few"
    return f"{shown(figure, low)} to {shown(figure, high)}"


def _told(call: RecordedCall) -> dict[str, object]:
    """A call for JSON, without what is only drawn."""
    return {key: value for key, value in asdict(call).items() if key not in _DRAWN}


def _estimates(results: Results) -> dict[str, Estimate]:
    found = {
        figure.key: estimate(list(figure.samples(results)), figure.statistic) for figure in FIGURES
    }
    return {key: one for key, one in found.items() if one is not None}


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
