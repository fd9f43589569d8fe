"""What the turn's reducer is told, and what it asks for: `step(state, input) -> commands`.

Inputs are facts that have happened; commands are carried out in order by `TurnLoop`. A silence and
a reply each have a number of their own, so that what comes too late is known to be so. Times are
in seconds of audio heard, unless they say otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from vivavoce.engines import Message, Transcript
from vivavoce.events import Event, Failed
from vivavoce.settings import SessionSettings
from vivavoce.turn_taking.fits import Fits

from .spoken_language import SpokenLanguage
from .tools import Toolbox

Why: TypeAlias = Literal["done", "interrupted", "failed"]

# --- inputs: what was heard ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TimePassed:
    """The session's clock moved on. Told with what happens next, not by itself."""

    seconds: float


@dataclass(frozen=True, slots=True)
class VoiceStarted:
    """Somebody began to speak at `at`; with what came before, the utterance begins at `start`.

    heard_s: how much of the reply under way was heard by then.
    """

    at: float
    start: float
    now: float
    heard_s: float


@dataclass(frozen=True, slots=True)
class VoicePaused:
    """The voice fell silent at `at`."""

    at: float
    now: float


@dataclass(frozen=True, slots=True)
class VoiceResumed:
    """The voice goes on from `at`. heard_s: as of `VoiceStarted`."""

    at: float
    now: float
    heard_s: float


@dataclass(frozen=True, slots=True)
class AudioHeard:
    """A chunk was heard to its end, at `now`; last of what it brings.

    seconds: how far the session's clock moved on since it was last told. loud: the voice of the
    utterance stands out of the room; told while a reply may be interrupted.
    """

    seconds: float
    now: float
    loud: bool


@dataclass(frozen=True, slots=True)
class PartialHeard:
    """What the utterance under way was taken for so far. counted: what of it counts against a
    reply, which is nothing of a mere hum.
    """

    transcript: Transcript
    counted: str


# --- inputs: what was found out about a silence --------------------------------------------------


@dataclass(frozen=True, slots=True)
class TranscriptReady:
    """What was said before a silence. counted: as of `PartialHeard`."""

    silence: int
    transcript: Transcript
    counted: str


@dataclass(frozen=True, slots=True)
class TranscriptFailed:
    """What was said before a silence is lost."""

    silence: int
    failure: Failed


@dataclass(frozen=True, slots=True)
class CompletenessKnown:
    """How probable the language model makes it that the words end here; None: it cannot tell."""

    silence: int
    ends: float | None


@dataclass(frozen=True, slots=True)
class SoundKnown:
    """How probable the turn detector makes it that the turn is over.

    failure: why it could not tell; what else is known decides then.
    """

    silence: int
    sound: float
    failure: Failed | None = None


# --- inputs: what became of a reply, and what the owner wants ------------------------------------


@dataclass(frozen=True, slots=True)
class ReplyFinished:
    """A reply's task is over: it was played out, or given up.

    failed: something of it could not be made. failure: why it was given up, if nobody told yet.
    """

    reply: int
    failed: bool = False
    failure: Failed | None = None


@dataclass(frozen=True, slots=True)
class SayRequested:
    """Say this as it stands."""

    text: str


@dataclass(frozen=True, slots=True)
class TextReceived:
    """The user wrote this instead of speaking."""

    text: str


@dataclass(frozen=True, slots=True)
class ReplyRequest:
    """How the owner wants a reply made. prompt: read instead of the history. keep: remember it."""

    settings: SessionSettings
    toolbox: Toolbox
    prompt: Sequence[Message] | None
    keep: bool


@dataclass(frozen=True, slots=True)
class ReplyRequested:
    """Reply to the history as it is. made: the reply under way only plays on."""

    request: ReplyRequest
    made: bool


@dataclass(frozen=True, slots=True)
class CommitRequested:
    """The user's turn is over now. respond: whether it is answered, where turns are."""

    respond: bool


@dataclass(frozen=True, slots=True)
class ClearRequested:
    """Forget what the user has said in this turn."""


@dataclass(frozen=True, slots=True)
class InterruptRequested:
    """Stop the reply, and leave a turn unanswered that was committed before."""


@dataclass(frozen=True, slots=True)
class HistoryChanged:
    """A reply that was prepared to the history of before is of no use."""


@dataclass(frozen=True, slots=True)
class Configured:
    """The settings changed. language: of the conversation by them. fits: what is to be used."""

    language: SpokenLanguage
    fits: Fits


@dataclass(frozen=True, slots=True)
class HungUp:
    """The caller is gone."""


Input: TypeAlias = (
    TimePassed
    | VoiceStarted
    | VoicePaused
    | VoiceResumed
    | AudioHeard
    | PartialHeard
    | TranscriptReady
    | TranscriptFailed
    | CompletenessKnown
    | SoundKnown
    | ReplyFinished
    | SayRequested
    | TextReceived
    | ReplyRequested
    | CommitRequested
    | ClearRequested
    | InterruptRequested
    | HistoryChanged
    | Configured
    | HungUp
)

# --- commands ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Emit:
    """Tell the owner."""

    event: Event


@dataclass(frozen=True, slots=True)
class OpenUtterance:
    """AskTranscript what is said from `start` on. doubtful: it may interrupt a reply."""

    turn: int
    at: float
    start: float
    doubtful: bool


@dataclass(frozen=True, slots=True)
class CloseUtterance:
    """It is over. learn: it was a turn of the caller's, and so loud are they."""

    turn: int
    learn: bool


@dataclass(frozen=True, slots=True)
class AskTranscript:
    """Find out what was said before this silence, which began `ago` seconds before now."""

    silence: int
    ago: float


@dataclass(frozen=True, slots=True)
class AskCompleteness:
    """Ask the language model how probable it is that the user's words end here."""

    silence: int
    text: str


@dataclass(frozen=True, slots=True)
class AskSound:
    """Ask the turn detector how probable it is that the turn is over. ago: as before."""

    silence: int
    ago: float


@dataclass(frozen=True, slots=True)
class DropSilence:
    """Nothing more is wanted of it."""

    silence: int


@dataclass(frozen=True, slots=True)
class PrepareReply:
    """Have a reply made to the history and these words, held back until `StartReply`."""

    reply: int
    turn: int
    text: str
    language: str | None


@dataclass(frozen=True, slots=True)
class DropReply:
    """A prepared reply is not wanted after all; it leaves no trace."""

    reply: int


@dataclass(frozen=True, slots=True)
class StartReply:
    """Let a reply be heard: the one that was prepared, or a new one.

    source: what it is made from: `prepared`, the `history`, a text to say as it stands, or what the
    owner asks for. silence: which it answers; None for one that answers no speech.
    """

    reply: int
    turn: int
    source: Literal["prepared", "history"] | SayRequested | ReplyRequest
    language: str | None
    silence: int | None = None


@dataclass(frozen=True, slots=True)
class EndReply:
    """The reply is over: its last event follows, and what was heard of it is remembered."""

    reply: int
    why: Why


@dataclass(frozen=True, slots=True)
class PauseReply:
    """Fall silent, keeping what was not heard."""


@dataclass(frozen=True, slots=True)
class ResumeReply:
    """Go on from where the reply fell silent."""


@dataclass(frozen=True, slots=True)
class Duck:
    """Whether the reply is to be heard at a low level."""

    ducked: bool


@dataclass(frozen=True, slots=True)
class ReadAhead:
    """Let the model read the history, and these words of the user's, ahead of time."""

    text: str | None


@dataclass(frozen=True, slots=True)
class StopReadingAhead:
    """The model is needed."""


@dataclass(frozen=True, slots=True)
class RememberUser:
    """The user said this."""

    text: str


Command: TypeAlias = (
    Emit
    | OpenUtterance
    | CloseUtterance
    | AskTranscript
    | AskCompleteness
    | AskSound
    | DropSilence
    | PrepareReply
    | DropReply
    | StartReply
    | EndReply
    | PauseReply
    | ResumeReply
    | Duck
    | ReadAhead
    | StopReadingAhead
    | RememberUser
)
