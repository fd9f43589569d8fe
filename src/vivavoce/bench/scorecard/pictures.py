"""The pictures of a scorecard: the gap's distribution, and what it costs in cut-offs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vivavoce.settings import TurnSettings

from . import svg
from .measure import TurnOutcome
from .tradeoff import TradeoffPoint

_WIDTH = 860.0
_LEFT = 170.0
_ROW = 26.0
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)


def gaps(turns: Sequence[TurnOutcome]) -> str:
    """A row for each scenario: a dot for each gap, the median and the 95th percentile."""
    rows: dict[str, list[float]] = {}
    for turn in turns:
        if turn.gap is not None:
            rows.setdefault(turn.scenario, []).append(turn.gap)
    if not rows:
        return "<p>No reply was heard.</p>"
    longest = max(max(values) for values in rows.values())
    axis = svg.Axis(0.0, max(1.0, longest), _LEFT, _WIDTH - 40)
    bottom = 20 + _ROW * len(rows)
    shapes = _grid(axis, bottom)
    for number, (name, values) in enumerate(rows.items()):
        y = 20 + _ROW * (number + 0.5)
        shapes.append(svg.text(_LEFT - 10, y + 4, name, "label", "end"))
        shapes += [
            svg.dot(axis.at(value), y, 3.5, "gap", f"{1000 * value:.0f} ms") for value in values
        ]
        for q, kind in ((0.5, "median"), (0.95, "tail")):
            x = axis.at(float(np.quantile(values, q)))
            shapes.append(svg.line(x, y - 10, x, y + 10, kind))
    return svg.picture(_WIDTH, bottom + 30, shapes, "Gaps by scenario")


def trade_off(
    points: Sequence[TradeoffPoint], now: TradeoffPoint | None, settings: TurnSettings
) -> str:
    """Cut-offs against the gap as the longest wait moves; `now` is the setting in use."""
    if not points:
        return (
            "<p>No turn probabilities were recorded; agents reached over a network do not "
            "report them.</p>"
        )
    worst = max(0.1, *(point.cut_offs for point in points))
    longest = max(point.p95 for point in points)
    across = svg.Axis(0.0, max(0.5, longest), _LEFT, _WIDTH - 40)
    up = svg.Axis(0.0, worst, 320, 30)
    shapes = _grid(across, 320)
    for share in np.linspace(0, worst, 5):
        y = up.at(float(share))
        shapes.append(svg.line(_LEFT, y, _WIDTH - 40, y, "grid"))
        shapes.append(svg.text(_LEFT - 10, y + 4, f"{100 * share:.0f} %", "label", "end"))
    for kind in ("median", "p95"):
        line = sorted((across.at(getattr(one, kind)), up.at(one.cut_offs)) for one in points)
        shapes.append(svg.path(line, f"curve {kind}"))
        shapes += [
            svg.dot(across.at(getattr(one, kind)), up.at(one.cut_offs), 3, kind, _told(one))
            for one in points
        ]
        if now is not None:
            x, y = across.at(getattr(now, kind)), up.at(now.cut_offs)
            shapes.append(svg.dot(x, y, 7, "now", f"as set: {_told(now)}"))
    shapes.append(svg.text(_LEFT, 18, "utterances cut off, against the wait", "label"))
    caption = (
        f"<p>Each dot is a longest wait; shortest wait {settings.wait_min_s:g} s, eagerness "
        f"{settings.eagerness}. Blue: median wait; orange: 95th percentile; ringed: as set. "
        "Computed from recorded probabilities: the longer of the wait and the time until the "
        "probability was known; without the start of the voice.</p>"
    )
    return svg.picture(_WIDTH, 350, shapes, "The gap against cut-offs") + caption


def _told(point: TradeoffPoint) -> str:
    return (
        f"longest wait {point.wait_max_s:.2f} s: median {1000 * point.median:.0f} ms, "
        f"95 % {1000 * point.p95:.0f} ms, {100 * point.cut_offs:.1f} % cut off"
    )


def _grid(axis: svg.Axis, bottom: float) -> list[str]:
    shapes = []
    for tick in _TICKS:
        if tick <= axis.high:
            x = axis.at(tick)
            shapes.append(svg.line(x, 20, x, bottom, "grid"))
            shapes.append(svg.text(x, bottom + 16, f"{tick:g} s", "label", "middle"))
    return shapes
