"""What the engines tell about each silence in a recording, kept so that rules can be tried in no
time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from vivavoce.errors import BadRequest

MOMENTS = (0.2,)
"""So long into a silence the turn detector is asked."""

SHORTEST_S = 0.15
"""Nothing is asked about shorter silences; nothing ends a turn in them."""


class SilenceTrace(BaseModel):
    """A silence and what is known in it.

    since, until: in seconds of the recording with its room; until is None for the last one.
    start: where its utterance begins. ends: the completeness, None where it is not known. sounds:
    what the turn detector says at each of `MOMENTS` that it lasts for.
    """

    model_config = ConfigDict(frozen=True)

    since: float
    until: float | None
    start: float
    text: str
    language: str | None
    confidence: float | None
    rivals: tuple[tuple[str, float], ...]
    ends: float | None
    sounds: tuple[float, ...]
    sound_ms: float = 0.0


class Trace(BaseModel):
    """One recording's. voices: where somebody speaks, as the VAD finds it."""

    model_config = ConfigDict(frozen=True)

    name: str
    seconds: float
    voices: tuple[tuple[float, float], ...]
    silences: tuple[SilenceTrace, ...]


_LINE = TypeAdapter(Trace)


def read_traces(file: Path) -> dict[str, Trace]:
    """The traces in this file by the names of their recordings; none where there is no file."""
    if not file.is_file():
        return {}
    return {trace.name: trace for trace in _lines(file)}


def append_trace(file: Path, trace: Trace) -> None:
    """Add one at the end."""
    with file.open("a", encoding="utf-8") as out:
        out.write(trace.model_dump_json() + "\n")


def _lines(file: Path) -> Iterator[Trace]:
    lines: Sequence[str] = file.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        try:
            yield _LINE.validate_json(line)
        except ValidationError as error:
            if number == len(lines):
                return  # the run that wrote it was stopped
            raise BadRequest(f"{file}, line {number}: {error}") from error
