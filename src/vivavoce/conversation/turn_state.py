"""All that a session knows of whose turn it is, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from vivavoce.engines import Transcript
from vivavoce.settings import SessionSettings
from vivavoce.turn_taking.evidence import Evidence
from vivavoce.turn_taking.fits import NEUTRAL, Fits
from vivavoce.turn_taking.interruption import Stance, Suspicion

from .spoken_language import SpokenLanguage
from .turn_messages import Command


@dataclass(frozen=True, slots=True)
class SilenceState:
    """A silence in an utterance, and what is known of it.

    number: of its own. since: where it began, in seconds of audio heard. counted: what of the
    transcript counts against a reply. known: all that tells whether the turn is over. words: what
    the language model said of them was told, or it is not asked. sound: whether the turn detector
    was asked, or has told. reply: the one that was prepared in it.
    """

    number: int
    since: float
    known: Evidence
    counted: str = ""
    words: bool = False
    sound: Literal["unasked", "asked", "told"] = "unasked"
    reply: int | None = None

    @property
    def transcript(self) -> Transcript | None:
        """What was said before it; None while that is not known."""
        return self.known.heard

    @property
    def settled(self) -> bool:
        """Whether it is known what was said, and nothing that was asked is left to be told."""
        return self.transcript is not None and self.words and self.sound != "asked"


@dataclass(frozen=True, slots=True)
class UtteranceState:
    """What the user says until the turn ends.

    start, at: where its audio begins, and its voice. suspicion: that it interrupts. silence: the
    one it is in. paused_s: the longest silence after which the user went on. committed: it is over
    by the owner's word or its length. unanswered: it is to enter the history only. read: the
    words that the model has read ahead.
    """

    turn: int
    start: float
    at: float
    suspicion: Suspicion
    silence: SilenceState | None = None
    paused_s: float = 0.0
    committed: bool = False
    unanswered: bool = False
    read: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReplyState:
    """The reply on its way to the ear. number: of its own. stance: how it is to sound."""

    number: int
    turn: int
    stance: Stance = "full"
    paused: bool = False


@dataclass(frozen=True, slots=True)
class TurnState:
    """Of one session.

    clock: seconds on the session's clock; now: seconds of audio heard; both when something was last
    told. turn, silences, replies: the last numbers that were given. quiet_since: on the clock, when
    somebody last stopped speaking. idle_prompts: said since the user last spoke. ended_at: where
    the silence began that ended the latest turn by its length. cut_offs: how often the user was cut
    off lately. loud: as of the last `AudioHeard`. far: the sink plays by itself, so that replies
    are neither ducked nor paused.
    """

    language: SpokenLanguage = field(default_factory=SpokenLanguage)
    far: bool = False
    fits: Fits = NEUTRAL
    clock: float = 0.0
    now: float = 0.0
    turn: int = 0
    silences: int = 0
    replies: int = 0
    quiet_since: float = 0.0
    idle_prompts: int = 0
    ended_at: float | None = None
    cut_offs: int = 0
    loud: bool = False
    utterance: UtteranceState | None = None
    reply: ReplyState | None = None

    @property
    def understood(self) -> bool:
        """Whether nothing that was said before a pause waits to be understood."""
        silence = None if self.utterance is None else self.utterance.silence
        return silence is None or silence.settled

    def interruptible(self, settings: SessionSettings) -> bool:
        """Whether there is a reply, and the user may interrupt it."""
        return self.reply is not None and settings.turns.barge_in


def with_silence(state: TurnState, silence: SilenceState | None) -> TurnState:
    """The same state, with this silence in its utterance."""
    assert state.utterance is not None
    return replace(state, utterance=replace(state.utterance, silence=silence))


@dataclass(slots=True)
class Transition:
    """A step under way: the state so far, by which settings, and the commands up to now."""

    state: TurnState
    settings: SessionSettings
    commands: list[Command] = field(default_factory=list)
