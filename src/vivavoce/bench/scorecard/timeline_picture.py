"""The timeline of a call: both voices, and what was decided when."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from . import svg
from .measure import TurnOutcome
from .script import CHUNK_S
from .timeline import RecordedCall, TimelineMark

_LEFT = 90.0
_SECOND = 90.0
_QUIET_DB, _LOUD_DB = -60.0, -5.0
_LANES = (
    ("caller", 20.0),
    ("agent", 80.0),
    ("vad", 140.0),
    ("turn", 190.0),
    ("heard", 240.0),
    ("draft", 285.0),
    ("reply", 305.0),
)
_HEIGHT = 345.0
_LANE = 45.0
_TIP = 400


def timeline(call: RecordedCall, turns: Sequence[TurnOutcome]) -> str:
    """The picture and, below it, what became of each step."""
    width = _LEFT + max(4.0, call.seconds) * _SECOND + 20
    shapes = [*_frame(call), *_voices(call), *_probabilities(call), *_heard(call), *_replies(call)]
    picture = svg.picture(round(width), _HEIGHT, shapes, f"{call.scenario}, {call.label}")
    fates = "".join(f"<li>{escape(fate(turn))}</li>" for turn in turns)
    trouble = f'<p class="bad">{escape(call.failure)}</p>' if call.failure else ""
    return f'<div class="scroll">{picture}</div>{trouble}<ul>{fates}</ul>'


def fate(turn: TurnOutcome) -> str:
    """What became of a step, in words."""
    told = [f"{turn.expect}: {turn.said or turn.what}"]
    if turn.heard:
        told.append(f"understood: {turn.heard}")
    if turn.gap is not None:
        told.append(f"gap {1000 * turn.gap:.0f} ms{', from a draft' if turn.draft else ''}")
    if turn.to_silence is not None:
        told.append(f"silent after {1000 * turn.to_silence:.0f} ms")
    if turn.held is not None:
        told.append(f"held for {1000 * turn.held:.0f} ms")
    told += [word for word, is_so in troubles(turn).items() if is_so]
    if turn.note:
        told.append(turn.note)
    return "; ".join(told)


def troubles(turn: TurnOutcome) -> dict[str, bool]:
    """What went wrong, by name."""
    return {
        "cut off": turn.cut_off is True,
        "no answer": turn.answered is False,
        "missed barge-in": turn.missed is True,
        "reply lost": turn.lost is True,
        "reply held": turn.held is not None,
        "unprompted reply": turn.unprompted is True,
    }


def _x(seconds: float) -> float:
    return round(_LEFT + seconds * _SECOND, 1)


def _frame(call: RecordedCall) -> list[str]:
    shapes = [svg.text(_LEFT - 8, y + 26, name, "label", "end") for name, y in _LANES[:5]]
    shapes += [svg.text(_LEFT - 8, y + 12, name, "label", "end") for name, y in _LANES[5:]]
    for second in range(int(call.seconds) + 1):
        shapes.append(svg.line(_x(second), 15, _x(second), _HEIGHT - 18, "grid"))
        shapes.append(svg.text(_x(second), _HEIGHT - 5, f"{second} s", "label", "middle"))
    return shapes


def _voices(call: RecordedCall) -> list[str]:
    shapes = []
    for said in call.said:
        for start, end in said.parts:
            shapes.append(svg.box(_x(start), 16, _x(end) - _x(start), _LANE, "said", said.text))
        if said.what == "speech":
            shapes.append(svg.line(_x(said.end), 12, _x(said.end), _HEIGHT - 18, "end"))
    shapes += [
        svg.box(_x(one.start), 78, _x(one.end) - _x(one.start), _LANE, "sounding", one.reply)
        for one in call.heard
    ]
    shapes += [
        svg.box(_x(hold.start), 78, _x(hold.end) - _x(hold.start), _LANE, "hold", "nothing to play")
        for hold in call.holds
    ]
    shapes.append(_level(call.near_levels, 16 + _LANE))
    shapes.append(_level(call.far_levels, 78 + _LANE))
    return shapes


def _level(levels: Sequence[float], bottom: float) -> str:
    up = svg.Axis(_QUIET_DB, _LOUD_DB, bottom, bottom - _LANE)
    return svg.path([(_x(i * CHUNK_S), up.at(db)) for i, db in enumerate(levels)], "level")


def _probabilities(call: RecordedCall) -> list[str]:
    up = svg.Axis(0.0, 1.0, 140 + _LANE, 140)
    shapes = [svg.path([(_x(at), up.at(value)) for at, value in call.vad], "vad")]
    turn = svg.Axis(0.0, 1.0, 190 + _LANE, 190)
    for mark in call.marks:
        if mark.kind in {"turn", "completeness"} and mark.value is not None:
            told = f"{mark.kind} {mark.value:.3f}: {mark.text[-_TIP:]}"
            kind = "turn" if mark.kind == "turn" else "complete"
            shapes.append(svg.dot(_x(mark.at), turn.at(mark.value), 4, kind, told))
        elif mark.kind == "silence":
            top = turn.at(0.0 if mark.value is None else mark.value)
            shapes.append(svg.box(_x(mark.at) - 1, top, 3, 190 + _LANE - top, "silence", mark.text))
    return shapes


def _heard(call: RecordedCall) -> list[str]:
    shapes = []
    for mark in call.marks:
        if mark.kind in {"partial", "final"}:
            shapes.append(svg.dot(_x(mark.at), 252, 3.5, mark.kind, mark.text[-_TIP:]))
        if mark.kind == "final":
            shapes.append(svg.text(_x(mark.at) + 6, 272, mark.text[-90:], "words"))
        if mark.kind in {"speech started", "speech stopped", "dropped"}:
            told = f"{mark.kind} {mark.text}".strip()
            shapes.append(svg.box(_x(mark.at), 243, 2, 18, mark.kind.split()[-1], told))
    return shapes


def _replies(call: RecordedCall) -> list[str]:
    ends: dict[str, TimelineMark] = {m.reply: m for m in call.marks if m.kind == "reply ended"}
    shapes = [
        svg.box(_x(mark.at), 286, 5, 14, "drafted", f"drafted to: {mark.text[-_TIP:]}")
        for mark in call.marks
        if mark.kind == "drafted"
    ]
    for mark in call.marks:
        if mark.kind == "reply started":
            end = ends.get(mark.reply)
            until = end.at if end else call.seconds
            text = "".join(
                m.text for m in call.marks if m.kind == "wrote" and m.reply == mark.reply
            )
            told = f"{mark.text or 'reply'} ({end.text if end else 'under way'}): {text[:_TIP]}"
            shapes.append(svg.box(_x(mark.at), 306, _x(until) - _x(mark.at), 14, "reply", told))
        elif mark.kind in {"paused", "resumed"}:
            shapes.append(svg.box(_x(mark.at), 304, 2, 18, mark.kind, mark.kind))
        elif mark.kind == "failed":
            shapes.append(svg.dot(_x(mark.at), 313, 5, "failed", mark.text[:_TIP]))
    return shapes
