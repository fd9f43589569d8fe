"""A conversation as people see it: live on a terminal, else as plain lines or JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Protocol, Self, TypeAlias

import click
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from vivavoce.engines import Transcript
from vivavoce.events import (
    Event,
    Failed,
    Heard,
    Paused,
    ReplyEnded,
    ReplyStarted,
    Resumed,
    Spoke,
    ToolCalled,
    TurnDropped,
    TurnTimes,
    as_dict,
)

State: TypeAlias = Literal["waiting", "listening", "thinking", "speaking", "paused"]

_REFRESH_S = 0.1
_NOTHING = "no speech was recorded; press Space, speak, and press Space again"
_QUIETEST_DB, _CELLS = -60.0, 12
_STYLES: dict[State, str] = {
    "waiting": "dim", "listening": "green", "thinking": "yellow", "speaking": "cyan",
    "paused": "magenta",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ConversationLine:
    """What stays on the screen. who: empty for remarks."""

    who: str
    text: str


@dataclass(slots=True)
class Scene:
    """Where the conversation stands.

    open: whether the microphone is; push-to-talk closes it. partial: what the user has said so
    far. reply: the words spoken so far.
    """

    open: bool = True
    state: State = "listening"
    partial: Transcript = field(default_factory=lambda: Transcript(""))
    reply: str = ""
    times: TurnTimes | None = None

    def handle(self, event: Event) -> list[ConversationLine]:
        """Follow an event; give what it completes."""
        match event:
            case Heard(_, transcript, final=False):
                self.partial = transcript
            case Heard(_, transcript):
                self.partial, self.state = Transcript(""), "thinking"
                return [ConversationLine("You", transcript.text)]
            case TurnDropped():
                self.partial = Transcript("")
            case ReplyStarted():
                self.reply, self.state = "", "thinking"
            case Spoke(_, text):
                self.reply += text
                self.state = "speaking"
            case Paused():
                self.state = "paused"
            case Resumed():
                self.state = "speaking"
            case ReplyEnded(_, heard, why, times):
                self.reply, self.state = "", "listening"
                self.times = times or self.times
                return _reply_lines(heard, why, times)
            case ToolCalled(_, call):
                return [ConversationLine("", f"tool {call.name} {call.arguments}")]
            case Failed(kind, engine, message, remedy):
                if kind == "stt":
                    self.partial = Transcript("")
                return [ConversationLine("", f"{kind} {engine}: {message}; {remedy}")]
        return []

    @property
    def shown(self) -> State:
        """The state, or `waiting` where the user must press a key first."""
        return "waiting" if self.state == "listening" and not self.open else self.state


def latency(times: TurnTimes) -> str:
    """A turn's latency in one line: milliseconds from the end of the user's speech."""
    stages = (
        ("transcript", times.stt),
        ("first word", times.first_token),
        ("voice", times.first_audio),
        ("turn over", times.turn_over),
    )
    parts = [f"{label} {round(1000 * at)}" for label, at in stages if at is not None]
    gap = "no sound" if times.gap is None else f"answered after {round(1000 * times.gap)} ms"
    return f"{gap} ({', '.join(parts)}{'; drafted' if times.draft else ''})"


def meter(level_db: float) -> str:
    """A level as a bar."""
    full = round(_CELLS * (1 - max(level_db, _QUIETEST_DB) / _QUIETEST_DB))
    return "█" * min(full, _CELLS) + "░" * (_CELLS - full)


class Display(Protocol):
    """Shows a conversation; used as `with`."""

    scene: Scene

    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
    def handle(self, event: Event) -> None:
        """Show what happened."""
        ...

    def tick(self, seconds: float, level_db: float) -> None:
        """So much more audio was captured, of this level."""
        ...

    def opened(self, is_open: bool) -> None:
        """Push-to-talk opened or closed the microphone."""
        ...

    def nothing(self) -> None:
        """Push-to-talk ended, and nothing was heard."""
        ...


class Lines:
    """Plain lines, or an event a line as JSON, on stdout."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.scene = Scene()
        self._as_json = as_json

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass

    def handle(self, event: Event) -> None:
        """Print what is complete; remarks go to stderr."""
        if self._as_json:
            click.echo(json.dumps(as_dict(event), ensure_ascii=False))
            return
        for line in self.scene.handle(event):
            click.echo(f"{line.who}: {line.text}" if line.who else line.text, err=not line.who)

    def tick(self, seconds: float, level_db: float) -> None:
        """Nothing to show."""

    def opened(self, is_open: bool) -> None:
        """Tell on stderr."""
        click.echo("talk; press Enter to stop" if is_open else "Enter: talk", err=True)

    def nothing(self) -> None:
        """Tell on stderr."""
        click.echo(_NOTHING, err=True)


class Screen:
    """The conversation so far, and below it what is happening now, on a terminal."""

    def __init__(self, console: Console) -> None:
        self.scene = Scene()
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._since = 0.0
        self._level_db = _QUIETEST_DB

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def handle(self, event: Event) -> None:
        """Print what is complete above what is happening."""
        lines = self.scene.handle(event)
        if lines:
            self._live.update(now(self.scene, self._level_db), refresh=True)
        for line in lines:
            self._live.console.print(_said(line))

    def tick(self, seconds: float, level_db: float) -> None:
        """Show the present, some times a second."""
        self._level_db = max(level_db, self._level_db - 30 * seconds)
        self._since += seconds
        if self._since >= _REFRESH_S:
            self._since = 0.0
            self._live.update(now(self.scene, self._level_db), refresh=True)

    def opened(self, is_open: bool) -> None:
        """Seen with the next tick."""
        self.scene.open = is_open

    def nothing(self) -> None:
        """Say so."""
        self._live.console.print(_said(ConversationLine("", _NOTHING)))


def now(scene: Scene, level_db: float) -> Group:
    """What is happening, in as few lines as it takes."""
    rows = []
    if scene.partial.text:
        words = scene.partial.text.split()
        stable = " ".join(words[: scene.partial.stable])
        rest = " ".join(words[scene.partial.stable :])
        rows.append(Text.assemble(*_name("You"), stable, " " if stable else "", (rest, "dim")))
    if scene.reply:
        rows.append(_said(ConversationLine("Vivavoce", scene.reply.strip())))
    status = Text(no_wrap=True, overflow="ellipsis")
    status.append(f"{'● ' + scene.shown:<12}", _STYLES[scene.shown])
    status.append(meter(level_db), "dim")
    if scene.shown == "waiting":
        status.append("  Space: talk", "dim")
    if scene.times is not None:
        status.append(f"  {latency(scene.times)}", "dim")
    return Group(*rows, status)


def _said(line: ConversationLine) -> Text:
    return Text.assemble(*_name(line.who), line.text) if line.who else Text(line.text, "dim")


def _name(who: str) -> Sequence[tuple[str, str]]:
    return ((f"{who + ':':<10}", "bold"),)


def _reply_lines(heard: str, why: str, times: TurnTimes | None) -> list[ConversationLine]:
    lines = []
    if heard:
        lines.append(ConversationLine("Vivavoce", heard + (" —" if why == "interrupted" else "")))
    if times is not None:
        lines.append(ConversationLine("", latency(times)))
    return lines
