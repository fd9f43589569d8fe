"""What a session tells its owner, in the order in which it happened.

Times are in seconds on the session's own clock, which counts the audio received.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias

from .engines import Kind, ToolCall, Transcript, Usage


@dataclass(frozen=True, slots=True)
class TurnTimes:
    """One turn's latency, in seconds on the wall clock from the end of the user's speech.

    Each is when the thing had happened, so they may be compared but not added; None means it
    did not happen. The end of speech is where the VAD last heard the user, its hangover taken
    off.

    stt: the transcript that the reply answers was final.
    first_token: the language model's first token was there.
    first_phrase: the first phrase was complete.
    first_audio: the first phrase's first audio was there.
    turn_over: it was decided that the user had finished.
    playout: the first audible sample left for the ear. This is the gap.
    draft: the reply had been prepared before the turn was over, and was used.
    """

    stt: float | None = None
    first_token: float | None = None
    first_phrase: float | None = None
    first_audio: float | None = None
    turn_over: float | None = None
    playout: float | None = None
    draft: bool = False

    @property
    def gap(self) -> float | None:
        """From the end of the user's speech to the first audible sample of the reply."""
        return self.playout

    def as_dict(self) -> dict[str, float | bool | None]:
        """For JSON."""
        return asdict(self)


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
    why: Literal["noise", "backchannel", "cleared", "failed", "hangup"]


@dataclass(frozen=True, slots=True)
class Signal:
    """What one thing says of whether the user is done.

    name: `bias`; `silence`, how long it lasted; `spoken`, seconds from the first voice to the
    silence, and `long`, the same where it is longer than a sentence; `paused`, the longest silence
    after which the user went on; `words`, how many there are; `ends`, the language model's
    probability that the words end here; `sound`, the turn detector's that the turn is over.
    value: as measured; None of the bias. odds: what it adds to the logarithm of the odds that the
    turn is over.
    """

    name: Literal["bias", "silence", "spoken", "long", "paused", "words", "ends", "sound"]
    value: float | None
    odds: float


@dataclass(frozen=True, slots=True)
class SilenceExplained:
    """A silence in the user's turn, or after it, is over: what was made of it. Told only where
    `session.explain` is set.

    at: where it began. lasted_s: until it ended, or ended the turn. text: what was understood
    before it. over: the probability that the turn was over, None where that was not known in time.
    signals: what it came from. bound: why it is no higher, or what was known without signals.
    wait_s: how long a silence would have ended the turn, None where none would have or it was not
    known. outcome: the turn `ended`, the user `resumed`, or it was `dropped`. why: in words.
    """

    turn: int
    at: float
    lasted_s: float
    text: str
    over: float | None
    signals: tuple[Signal, ...]
    bound: str
    wait_s: float | None
    outcome: Literal["ended", "resumed", "dropped"]
    why: str


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
class Reasoned:
    """What the model thinks while it makes the reply; no part of it. Told only where
    `session.show_reasoning` is set.
    """

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
    | SilenceExplained
    | ReplyStarted
    | Wrote
    | Reasoned
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


failure_report: ContextVar[Callable[[Failed], None] | None] = ContextVar(
    "failure_report", default=None
)
"""Where a session wants to be told that an engine of its own was replaced."""
