"""A turn's latency as a picture in text."""

from __future__ import annotations

from vivavoce.events import TurnTimes

_WIDTH = 40
_STAGES = (
    ("stt", "transcript final"),
    ("first_token", "model's first token"),
    ("first_phrase", "first phrase written"),
    ("first_audio", "first phrase's audio"),
    ("turn_over", "turn judged over"),
    ("playout", "first sound of the reply"),
)


def waterfall(times: TurnTimes) -> list[str]:
    """A line a stage: when it was done, in milliseconds from the end of the user's speech."""
    done = {name: getattr(times, name) for name, _ in _STAGES}
    last = max([value for value in done.values() if value is not None], default=0.0)
    lines = ["from the end of speech (ms)"]
    for name, label in _STAGES:
        value = done[name]
        if value is None:
            continue
        at = round(_WIDTH * max(value, 0.0) / last) if last > 0 else 0
        mark = "█" if name == "playout" else "●"
        lines.append(f"  {label:<25}{round(1000 * value):>6} {'·' * at}{mark}")
    kind = "prepared before the turn was over" if times.draft else "started after the turn was over"
    lines.append(f"  The reply was {kind}.")
    return lines
