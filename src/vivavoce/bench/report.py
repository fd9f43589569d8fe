"""Figures as a table for people and as JSON for programs."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np

from vivavoce import __version__

Figure: TypeAlias = float | int | str | bool | None


@dataclass(frozen=True, slots=True)
class Report:
    """One benchmark's result. rows have the same keys, the table's columns."""

    name: str
    rows: Sequence[Mapping[str, Figure]]
    notes: Sequence[str] = ()
    details: Mapping[str, object] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """As JSON, with what the machine is."""
        _write(path, {"benchmark": self.name, **_here(), **self.as_dict()})

    def as_dict(self) -> dict[str, object]:
        """Its figures as JSON has them."""
        return {"rows": list(self.rows), "notes": list(self.notes), **self.details}

    def print(self) -> None:
        """As a table on stdout."""
        from rich.console import Console
        from rich.table import Table

        table = Table(title=f"{self.name} — {machine()['cpus']} cores, {machine()['processor']}")
        for i, column in enumerate(self.rows[0] if self.rows else ()):
            table.add_column(column, justify="left" if i == 0 else "right")
        for row in self.rows:
            table.add_row(*(_shown(value) for value in row.values()))
        console = Console(width=None if sys.stdout.isatty() else 140)
        console.print(table)
        for note in self.notes:
            console.print(note, highlight=False)


@dataclass(frozen=True, slots=True)
class Reports:
    """A benchmark of several parts, each with a table of its own."""

    name: str
    parts: Sequence[Report]

    def write(self, path: Path) -> None:
        """As JSON, with what the machine is."""
        parts = {part.name: part.as_dict() for part in self.parts}
        _write(path, {"benchmark": self.name, **_here(), "parts": parts})

    def print(self) -> None:
        """As tables on stdout."""
        for part in self.parts:
            part.print()


def machine() -> dict[str, Figure]:
    """What the figures were measured on."""
    affinity = getattr(os, "sched_getaffinity", None)
    return {
        "cpus": len(affinity(0)) if affinity else os.cpu_count(),
        "processor": _processor(),
        "system": platform.platform(terse=True),
        "python": sys.version.split()[0],
    }


def quantile(values: Sequence[float], q: float) -> float | None:
    """The q-quantile, 0 to 1, interpolated; None of nothing."""
    return float(np.quantile(values, q)) if len(values) else None


def milliseconds(seconds: float | None) -> int | None:
    """For tables."""
    return None if seconds is None else round(1000 * seconds)


def _here() -> dict[str, object]:
    return {"version": __version__, "machine": machine()}


def _write(path: Path, result: Mapping[str, object]) -> None:
    partial = path.with_name(path.name + ".tmp")
    partial.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    partial.replace(path)


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _shown(value: Figure) -> str:
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
        case _:
            return str(value)
