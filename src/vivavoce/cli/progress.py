"""Progress bars on stderr, where a person may see them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn, TaskID


class Show(Protocol):
    """Takes how much is done. A label is a bar; it goes when all of it is done."""

    def __call__(self, label: str, done: float, total: float | None) -> None:
        """total: how much it is in all; None when that is not known."""
        ...


@contextmanager
def progress_bars(unit: Literal["bytes", "seconds"], *, wanted: bool = True) -> Iterator[Show]:
    """What to call with each label's progress; shows nothing where stderr is no terminal."""
    if not wanted or not sys.stderr.isatty():
        yield lambda label, done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(*_columns(unit), console=Console(stderr=True), transient=True) as progress:
        bars: dict[str, TaskID] = {}
        yield lambda label, done, total: _show(progress, bars, label, done, total)


def _show(
    progress: Progress, bars: dict[str, TaskID], label: str, done: float, total: float | None
) -> None:
    if label not in bars:
        bars[label] = progress.add_task(label, total=total)
    progress.update(bars[label], completed=done, total=total)
    if total is not None and done >= total:
        progress.remove_task(bars.pop(label))


def _columns(unit: Literal["bytes", "seconds"]) -> list[ProgressColumn]:
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    bar = [TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn()]
    if unit == "bytes":
        return [*bar, DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()]
    return [*bar, TimeRemainingColumn()]
