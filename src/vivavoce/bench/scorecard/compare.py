"""What got better or worse from one run to another, beyond noise."""

from __future__ import annotations

from pathlib import Path

from vivavoce.bench.report import Figure as Cell
from vivavoce.bench.report import Report

from .figures import FIGURES, Figure, Results
from .statistics import Difference, difference, estimate
from .summary import OVERALL, ends, read_results, shown


def compare(before: Path, after: Path) -> Report:
    """A row for each figure that differs by more than chance makes; all of them as details.

    Raises BadRequest for files that `--json` did not write.
    """
    first, second = read_results(before), read_results(after)
    rows = differences(first, second)
    beyond = [row for row in rows if row["verdict"] != "no difference beyond noise"]
    notes = [f"{len(rows) - len(beyond)} more figures differ by no more than noise."]
    for left, right, where in ((first, second, before), (second, first, after)):
        alone = [name for name in left.scenarios if name not in right.scenarios]
        if alone:
            notes.append(f"Only in {where}: {', '.join(alone)}.")
    return Report("turns compared", beyond, notes, {"all": rows})


def differences(before: Results, after: Results) -> list[dict[str, Cell]]:
    """Every figure that both have, for each scenario that both have, and over these."""
    common = [name for name in before.scenarios if name in after.scenarios]
    rows = []
    for name in [*common, OVERALL] if len(common) > 1 else common:
        parts = [_part(results, name, common) for results in (before, after)]
        for figure in FIGURES:
            row = _row(name, figure, *parts)
            if row is not None:
                rows.append(row)
    return rows


def _part(results: Results, name: str, common: list[str]) -> Results:
    if name != OVERALL:
        return results.of(name)
    parts = [results.of(one) for one in common]
    return Results(
        [turn for part in parts for turn in part.turns],
        [tale for part in parts for tale in part.tales],
        [cost for part in parts for cost in part.costs],
    )


def _row(name: str, figure: Figure, before: Results, after: Results) -> dict[str, Cell] | None:
    first, second = list(figure.samples(before)), list(figure.samples(after))
    found = difference(first, second, figure.statistic)
    old, new = estimate(first, figure.statistic), estimate(second, figure.statistic)
    if found is None or old is None or new is None:
        return None
    return {
        "scenario": name,
        "figure": figure.name,
        "before": shown(figure, old.value),
        "after": shown(figure, new.value),
        "difference": shown(figure, found.value),
        "95 % confidence": ends(figure, found.low, found.high),
        "verdict": _verdict(figure, found),
    }


def _verdict(figure: Figure, found: Difference) -> str:
    if not found.beyond_noise:
        return "no difference beyond noise"
    if figure.better is None:
        return "different"
    return "better" if (found.value < 0) == (figure.better == "less") else "worse"
