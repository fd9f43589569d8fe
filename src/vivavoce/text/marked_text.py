"""A text that says how it is to be spoken: passages and pauses, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from .pauses import Pause

SayAsKind: TypeAlias = Literal[
    "characters", "cardinal", "ordinal", "digits", "telephone", "date", "time"
]


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a passage is spoken, relative to the rest of the text.

    rate, pitch: factors. gain_db: 0 is as loud as the rest; -inf is silent.
    language: a code; None is the text's own.
    """

    rate: float = 1.0
    pitch: float = 1.0
    gain_db: float = 0.0
    language: str | None = None


PLAIN = Delivery()


@dataclass(frozen=True, slots=True)
class Alias:
    """Other words are said instead."""

    text: str


@dataclass(frozen=True, slots=True)
class SayAs:
    """What the text stands for. order: of a date's parts, such as `mdy`; empty where not told."""

    kind: SayAsKind
    order: str = ""


@dataclass(frozen=True, slots=True)
class Phonemes:
    """How the text sounds. ipa: as in `Pronunciation`."""

    ipa: str


@dataclass(frozen=True, slots=True)
class Passage:
    """Words that are spoken in one manner. reading: where the words alone do not tell it."""

    text: str
    delivery: Delivery = PLAIN
    reading: Alias | SayAs | Phonemes | None = None


MarkedText: TypeAlias = tuple[Passage | Pause, ...]
