"""The curves as a picture: holds cut off against the mean wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

_MOST_PANELS = 6


def draw(curves: Mapping[str, Mapping[str, Sequence[Mapping[str, float]]]], path: Path) -> None:
    """Write the picture; the ending says how: `.svg`, `.png`, `.pdf`.

    Raises ImportError without matplotlib.
    """
    from matplotlib.figure import Figure

    shown = [(name, each) for name, each in curves.items() if each["vivavoce"]][:_MOST_PANELS]
    figure = Figure(figsize=(4 * max(len(shown), 1), 3.5), layout="constrained")
    for number, (name, each) in enumerate(shown, 1):
        axes = figure.add_subplot(1, len(shown), number, title=name)
        for rule, points in each.items():
            waits = [point["wait_s"] for point in points]
            axes.plot(waits, [100 * point["cut"] for point in points], label=rule)
        axes.set_xlabel("mean wait after the end, s")
        axes.set_ylabel("pauses cut off, %")
        axes.set_xlim(0, 1.5)
        axes.legend()
    figure.savefig(path)
