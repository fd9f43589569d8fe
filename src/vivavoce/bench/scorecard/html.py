"""The scorecard as one page that needs nothing else: figures, pictures, and every call."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

from vivavoce import __version__
from vivavoce.bench.report import machine
from vivavoce.media.atomic_file import replacing

from .figures import FIGURES
from .measure import turns_of
from .pictures import gaps, trade_off
from .statistics import Estimate
from .summary import Scorecard, interval, shown
from .timeline import RecordedCall
from .timeline_picture import timeline, troubles
from .tradeoff import curve, point, settings_of, silences_of

_STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 1100px; padding: 0 1rem;
  color: #1c1c1c; background: #fff; }
h1 { font-size: 1.6rem; } h2 { margin-top: 2.2rem; font-size: 1.2rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px; }
th, td { padding: 4px 8px; border-bottom: 1px solid #ddd; text-align: right; white-space: nowrap; }
th { vertical-align: bottom; white-space: normal; } th:first-child, td:first-child {
  text-align: left; position: sticky; left: 0; background: #fff; }
td small { color: #666; display: block; }
details { border-top: 1px solid #ddd; padding: .4rem 0; } summary { cursor: pointer; }
.bad { color: #a1260d; } .label { font-size: 11px; fill: #555; } .words { font-size: 11px; }
.grid { stroke: #e4e4e4; } .end { stroke: #a1260d; stroke-dasharray: 3 3; }
.gap { fill: #2563eb; fill-opacity: .45; }
.median, circle.median { stroke: #2563eb; fill: #2563eb; }
line.median { stroke: #111; stroke-width: 2; } line.tail { stroke: #c2410c; stroke-width: 2; }
.p95, circle.p95 { stroke: #c2410c; fill: #c2410c; } .curve { fill: none !important; }
.now { fill: none; stroke: #111; stroke-width: 2; }
.said { fill: #2563eb; fill-opacity: .18; } .sounding { fill: #15803d; fill-opacity: .22; }
.hold { fill: #a1260d; fill-opacity: .3; } .level { fill: none; stroke: #333; stroke-width: .8; }
.vad { fill: none; stroke: #7c3aed; } .turn { fill: #c2410c; } .complete { fill: #0e7490; }
.partial { fill: #bbb; } .final { fill: #2563eb; } .started { fill: #15803d; }
.stopped, .dropped { fill: #a1260d; } .drafted { fill: #ca8a04; } .failed { fill: #a1260d; }
.silence { fill: #475569; }
.reply { fill: #15803d; fill-opacity: .5; } .paused { fill: #a1260d; } .resumed { fill: #2563eb; }
"""
_HEAD = '<!doctype html><html lang="en"><head><meta charset="utf-8">'


def write(card: Scorecard, path: Path) -> None:
    """Write the page, whole or not at all."""
    with replacing(path) as file:
        file.write("".join(page(card)).encode())


def page(card: Scorecard) -> Iterator[str]:
    """The page, part by part."""
    about = machine()
    yield f"{_HEAD}<title>Turn-taking: {escape(card.target)}</title><style>{_STYLE}</style></head>"
    yield f"<body><h1>Turn-taking: {escape(card.target)}</h1>"
    yield (
        f"<p>vivavoce {__version__}, {about['cpus']} cores of {escape(str(about['processor']))}, "
        f"{len(card.calls)} calls. Small figures: the 95 % confidence interval and the number of "
        "observations.</p>"
    )
    for warning in card.warnings():
        yield f'<p class="bad">{escape(warning)}</p>'
    yield f'<h2>Figures</h2><div class="scroll">{_table(card)}</div>'
    yield f"<h2>The gap</h2>{gaps(card.results.turns)}"
    yield f"<h2>The gap against cut-offs</h2>{_trade_off(card)}"
    yield "<h2>Calls</h2><p>Point at a mark to read it. Dashed: the true end of speech.</p>"
    for call in card.calls:
        yield _call(call)
    yield "</body></html>\n"


def _table(card: Scorecard) -> str:
    estimates = card.estimates()
    wanted = [one for one in FIGURES if any(one.key in found for found in estimates.values())]
    head = "".join(f"<th>{escape(figure.name)}</th>" for figure in wanted)
    rows = [
        f"<tr><td>{escape(name)}</td>"
        + "".join(_cell(figure.key, found.get(figure.key)) for figure in wanted)
        + "</tr>"
        for name, found in estimates.items()
    ]
    return f"<table><tr><th>scenario</th>{head}</tr>{''.join(rows)}</table>"


def _cell(key: str, found: Estimate | None) -> str:
    if found is None:
        return "<td>–</td>"
    figure = next(one for one in FIGURES if one.key == key)
    small = f"<small>{interval(figure, found)}; {found.n}</small>"
    return f"<td>{shown(figure, found.value)}{small}</td>"


def _trade_off(card: Scorecard) -> str:
    silences, settings = silences_of(card.calls), settings_of(card.calls)
    points = curve(silences, settings)
    return trade_off(points, point(silences, settings) if points else None, settings)


def _call(call: RecordedCall) -> str:
    turns = turns_of(call)
    wrong = sorted({name for turn in turns for name, is_so in troubles(turn).items() if is_so})
    if call.failure:
        wrong.append("broke off")
    marked = f' <span class="bad">{escape(", ".join(wrong))}</span>' if wrong else ""
    title = f"{escape(call.scenario)}, {escape(call.label)}{marked}"
    return f"<details><summary>{title}</summary>{timeline(call, turns)}</details>"
