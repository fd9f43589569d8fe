"""What Vivavoce knows of a language, as plain data; a language is one frozen `LanguagePack`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias, get_args

from .grammar import SpokenForms, Words, words

__all__ = [
    "AddressWords",
    "BreakWords",
    "DefaultPhrases",
    "FormKind",
    "LanguagePack",
    "SpokenExample",
    "TurnWords",
    "Words",
    "spoken_examples",
    "words",
]

NONE: Words = frozenset()


@dataclass(frozen=True, slots=True)
class TurnWords:
    """What turn-taking needs of a language. All in lower case, without marks.

    hesitations: sounds of somebody who has not finished, as "um".
    backchannels: words that only say that one listens, as "right".
    respellings: what an STT writes for a backchannel, and what is meant.
    openers: words with which people interrupt before they say what they want, as "hold on".
    """

    hesitations: Words = NONE
    backchannels: Words = NONE
    respellings: tuple[tuple[str, str], ...] = ()
    openers: Words = NONE


@dataclass(frozen=True, slots=True)
class BreakWords:
    """Where running text may be cut. All in lower case, abbreviations without their last full stop.

    never_last: abbreviations that something always follows. before_number: those that are ones only
    before a number: `No. 5` but `No. I won't`. late: those that may end a sentence; the word that
    follows tells, and `starters` are words that begin one more often than not. ordinal_dot: `3.` is
    third. noun_capitals: all nouns are written with capitals.
    bound: words that belong to the one that follows. conjunctions: those that often begin a new
    part of the sentence. clinging: those that belong to the one before.
    """

    never_last: Words = NONE
    before_number: Words = NONE
    late: Words = NONE
    starters: Words = NONE
    ordinal_dot: bool = False
    noun_capitals: bool = False
    bound: Words = NONE
    conjunctions: Words = NONE
    clinging: Words = NONE


@dataclass(frozen=True, slots=True)
class DefaultPhrases:
    """What is said where the settings do not say otherwise; empty: nothing is.

    greeting, idle_prompt: said where a setting asks for the language's own. apology: when a reply
    cannot be made. tool_filler: while a tool takes long. code: for a block of code in a reply.
    question: an easy one, which a server asks itself to show that it works.
    """

    greeting: str = ""
    apology: str = ""
    tool_filler: str = ""
    idle_prompt: str = ""
    code: str = ""
    question: str = ""


@dataclass(frozen=True, slots=True)
class AddressWords:
    """What is said for the signs in `jo.x@example.com/a-b_c`."""

    dot: str
    slash: str
    at: str
    dash: str
    underscore: str
    plus: str = "plus"


FormKind: TypeAlias = Literal[
    "numbers", "ordinals", "fractions", "dates", "times", "telephones", "money", "units", "signs",
    "ranges", "abbreviations",
]  # fmt: skip


class SpokenExample(NamedTuple):
    """What is said for what is written, as proof that a pack knows how to say this kind."""

    kind: FormKind
    written: str
    spoken: str


def spoken_examples(table: str) -> tuple[SpokenExample, ...]:
    """Examples, a line each, as `times: um 14:30 Uhr → um vierzehn Uhr dreißig`."""
    kinds: dict[str, FormKind] = {kind: kind for kind in get_args(FormKind)}
    found = []
    for line in table.strip().splitlines():
        kind, _, example = line.strip().partition(": ")
        written, _, spoken = example.partition(" → ")
        found.append(SpokenExample(kinds[kind], written, spoken))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class LanguagePack:
    """One language. What a pack lacks is not done in that language; `check_language` lists it.

    code: as in `en`. name: in the language itself. addresses, forms: how links, numbers, dates,
    money and signs are said; None leaves them to the voice. examples: one or more of each
    kind that `forms` knows how to say.
    """

    code: str
    name: str
    turns: TurnWords = field(default_factory=TurnWords)
    breaks: BreakWords = field(default_factory=BreakWords)
    phrases: DefaultPhrases = field(default_factory=DefaultPhrases)
    addresses: AddressWords | None = None
    forms: SpokenForms | None = None
    examples: tuple[SpokenExample, ...] = ()
