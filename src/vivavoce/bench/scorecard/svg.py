"""Plain shapes of inline SVG."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True)
class Axis:
    """From values to pixels. low, high: values; start, end: their pixels."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The pixel of a value; one past the ends is drawn at the end."""
        span = self.high - self.low or 1.0
        share = min(max((value - self.low) / span, 0.0), 1.0)
        return round(self.start + share * (self.end - self.start), 1)


def picture(width: float, height: float, shapes: Iterable[str], title: str) -> str:
    """All of it."""
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="img">'
        f"<title>{escape(title)}</title>{''.join(shapes)}</svg>"
    )


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    """Words, at their baseline."""
    return f'<text x="{x:g}" y="{y:g}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A straight one."""
    return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" class="{kind}"/>'


def box(x: float, y: float, width: float, height: float, kind: str, title: str = "") -> str:
    """A rectangle."""
    return _told(
        "rect",
        f'x="{x:g}" y="{y:g}" width="{max(width, 0.5):g}" height="{height:g}" class="{kind}"',
        title,
    )


def dot(x: float, y: float, radius: float, kind: str, title: str = "") -> str:
    """A disc."""
    return _told("circle", f'cx="{x:g}" cy="{y:g}" r="{radius:g}" class="{kind}"', title)


def path(points: Sequence[tuple[float, float]], kind: str) -> str:
    """A line through the points."""
    if not points:
        return ""
    steps = " ".join(f"{x:g},{y:g}" for x, y in points)
    return f'<polyline points="{steps}" class="{kind}"/>'


def _told(shape: str, attributes: str, title: str) -> str:
    if not title:
        return f"<{shape} {attributes}/>"
    return f"<{shape} {attributes}><title>{escape(title)}</title></{shape}>"
