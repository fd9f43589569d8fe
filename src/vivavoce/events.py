"""What a session tells its owner, in the order in which it happened.

Times are in seconds on the session's own clock, which counts the audio received.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias

from .engines import Kind, ToolCall, Transcript, Usage
from .metrics import TurnTimes


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The user began to speak. at: where, less the prefix padding."""

    turn: int
    at: float


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """The user's turn is over. at: where the speech ended."""

    turn: int
    at: float


@dataclass(frozen=True, slots=True)
class Heard:
    """What was understood so far, or in the end. A turn has one final at most."""

    turn: int
    transcript: Transcript
    final: bool


@dataclass(frozen=True, slots=True)
class TurnDropped:
    """What began as an utterance was none; nothing was added to the history."""

    turn: int
    why: Literal["silence", "noise", "backchannel", "cleared", "failed"]


@dataclass(frozen=True, slots=True)
class ReplyStarted:
    """A reply is on its way to the ear. A session has one at a time."""

    turn: int
    draft: bool


@dataclass(frozen=True, slots=True)
class Wrote:
    """Text of the reply as it is written, ahead of the voice. Joined, it is the whole reply."""

    turn: int
    text: str


@dataclass(frozen=True, slots=True)
class ReplyMade:
    """All of the reply has been written and voiced; what is not played yet goes on playing.

    usage: what it cost, all rounds of tools together; None where the model does not tell.
    failed: something of it could not be made, which a Failed event told.
    """

    turn: int
    usage: Usage | None = None
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Spoke:
    """Words of the reply that have now been played out. Joined, they are what was heard."""

    turn: int
    text: str


@dataclass(frozen=True, slots=True)
class Paused:
    """The output holds its breath, for the user may be interrupting."""

    turn: int
    at: float


@dataclass(frozen=True, slots=True)
class Resumed:
    """It was no interruption; the output goes on where it stopped."""

    turn: int
    at: float


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """A tool is being run, or is to be run by the owner's client."""

    turn: int
    call: ToolCall


@dataclass(frozen=True, slots=True)
class ToolReturned:
    """A tool answered. failed: `result` says what went wrong."""

    turn: int
    call: ToolCall
    result: str
    failed: bool


@dataclass(frozen=True, slots=True)
class ReplyEnded:
    """The reply is over, and nothing of it follows; each ReplyStarted has exactly one.

    heard: the words that were played out; what the history holds.
    times: where the turn's latency came from; None for replies that answer no speech.
    """

    turn: int
    heard: str
    why: Literal["done", "interrupted", "failed"]
    times: TurnTimes | None


@dataclass(frozen=True, slots=True)
class Failed:
    """An engine or tool failed; the session goes on. remedy: what was done about it."""

    kind: Kind | Literal["tool"]
    engine: str
    message: str
    remedy: str


Event: TypeAlias = (
    SpeechStarted
    | SpeechStopped
    | Heard
    | TurnDropped
    | ReplyStarted
    | Wrote
    | ReplyMade
    | Spoke
    | Paused
    | Resumed
    | ToolCalled
    | ToolReturned
    | ReplyEnded
    | Failed
)


def as_dict(event: Event) -> dict[str, object]:
    """For JSON: the event's name under `event`, and its fields."""
    return {"event": type(event).__name__, **asdict(event)}
