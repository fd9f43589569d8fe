"""One call, as it went: what was said, what was heard, and what was decided meanwhile.

Times are in seconds since the call began, on the caller's clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from .scenario import Expectation

Kind: TypeAlias = Literal[
    "speech started",
    "speech stopped",
    "partial",
    "final",
    "dropped",
    "reply started",
    "wrote",
    "reply ended",
    "paused",
    "resumed",
    "turn",
    "completeness",
    "drafted",
    "silence",
    "heard words",
    "failed",
]


@dataclass(frozen=True, slots=True)
class TimelineMark:
    """Something that the agent told, or was seen to do.

    text: of `partial`, `final` and `wrote` the words; of `silence` how it ended, and why; of
    `reply started` `draft` or nothing; of `reply ended` `done`, `interrupted` or `failed`; of
    `heard words` the words that the history holds. value: of `turn` and `completeness` the
    probability, of `silence` that of the turn being over by all that was known, of `speech
    stopped` where. reply: which reply it is about.
    """

    at: float
    kind: Kind
    text: str = ""
    value: float | None = None
    reply: str = ""


@dataclass(frozen=True, slots=True)
class CallerSpeech:
    """One step of the script, as it was played.

    parts: where there was sound, without the pauses. text: the words, for what has words.
    """

    step: int
    start: float
    end: float
    parts: tuple[tuple[float, float], ...]
    text: str
    what: Literal["speech", "sound", "silence"]
    expect: Expectation


@dataclass(frozen=True, slots=True)
class Sounding:
    """Audible sound of the agent's, without a break, as it left the caller's loudspeaker."""

    reply: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Hold:
    """The loudspeaker had nothing to play in the middle of a reply."""

    reply: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word of a reply, and where its audio lies in the reply, in seconds."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class ReplyAudio:
    """How much of a reply was played, and which words it has, where that is known."""

    reply: str
    played: float
    words: tuple[SpokenWord, ...] | None


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One playing of a script.

    label: which text, voice and repeat. cpu_s: of computing, where the agent is in this process.
    late_s: how late the caller itself was at worst: the machine was too slow to be measured.
    failure: why the call broke off. levels: both voices in dB, 50 a second, to be drawn.
    vad: the probability of speech with its time.
    """

    scenario: str
    label: str
    seconds: float
    said: Sequence[CallerSpeech] = ()
    heard: Sequence[Sounding] = ()
    holds: Sequence[Hold] = ()
    marks: Sequence[TimelineMark] = ()
    replies: Sequence[ReplyAudio] = ()
    vad: Sequence[tuple[float, float]] = ()
    near_levels: Sequence[float] = ()
    far_levels: Sequence[float] = ()
    skipped: Sequence[int] = ()
    echo: bool = False
    cpu_s: float | None = None
    late_s: float = 0.0
    failure: str | None = None
    drafts: int | None = None
    settings: dict[str, float | str] = field(default_factory=dict)
