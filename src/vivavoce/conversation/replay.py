"""Running a recorded session again, and saying what changed."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vivavoce.errors import BadRequest
from vivavoce.events import Event, SilenceExplained, as_dict
from vivavoce.kinds import kinds
from vivavoce.media.decode import read_audio
from vivavoce.settings import SessionSettings

from .session import Engines, Session
from .sinks import MemorySink
from .sources import in_lockstep
from .tools import Toolbox


@dataclass(frozen=True, slots=True)
class Replay:
    """A session run again.

    before, after: what happened, a line each. seconds: of input. silences: what was made of each of
    the user's silences this time.
    """

    before: Sequence[str]
    after: Sequence[str]
    seconds: float
    engines_before: Mapping[str, str]
    engines_after: Mapping[str, str]
    silences: Sequence[SilenceExplained]

    @property
    def changes(self) -> list[str]:
        """What changed, as a unified diff without its header; empty when nothing did."""
        lines = difflib.unified_diff(self.before, self.after, "before", "after", lineterm="", n=1)
        return list(lines)[2:]


async def replay(
    folder: Path,
    engines: Engines,
    settings: SessionSettings,
    *,
    toolbox: Toolbox | None = None,
) -> Replay:
    """Play a recording's input to a new session in lockstep: faster than real time, and with
    the same result each time.

    Raises BadRequest when the folder holds no recording.
    """
    lines, about = _read(folder)
    audio = read_audio(folder / "input.wav")
    events: list[dict[str, object]] = []
    silences: list[SilenceExplained] = []

    def keep(event: Event) -> None:
        if isinstance(event, SilenceExplained):
            silences.append(event)
        events.append({"t": session.now, **as_dict(event)})

    session = Session(
        engines,
        MemorySink(engines.tts.rate),
        keep,
        settings=replace(settings, explain=True),
        toolbox=toolbox,
        clock=lambda: session.now,
    )
    await session.run(in_lockstep(audio, session.settled, lambda: True))
    names = {kind: it.name for kind in kinds() if (it := engines.find(kind)) is not None}
    return Replay(_told(lines), _told(events), audio.seconds, about, names, silences)


def _read(folder: Path) -> tuple[list[dict[str, object]], dict[str, str]]:
    try:
        text = (folder / "events.jsonl").read_text(encoding="utf-8")
        about = json.loads((folder / "session.json").read_text(encoding="utf-8"))
        lines = [json.loads(line) for line in text.splitlines()]
        engines = {str(kind): str(name) for kind, name in about["engines"].items()}
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise BadRequest(
            f"cannot read a recording in {folder} ({error}); make one with --record FOLDER"
        ) from error
    return lines, engines


def _told(events: Iterable[Mapping[str, object]]) -> list[str]:
    """What a reader wants to compare: who said what, and how it ended."""
    told = []
    for event in events:
        match event:
            case {"event": "Heard", "final": True, "transcript": {"text": text}}:
                told.append(f"user: {text}")
            case {"event": "ReplyEnded", "heard": text, "why": why}:
                told.append(f"reply ({why}): {text}")
            case {"event": "TurnDropped", "why": why}:
                told.append(f"dropped: {why}")
            case {"event": "ToolCalled", "call": {"name": name, "arguments": arguments}}:
                told.append(f"tool: {name}({arguments})")
            case {"event": "Failed", "kind": kind, "message": message}:
                told.append(f"failed: {kind}: {message}")
    return told
