"""What is said for a passage whose reading is given; pure."""

from __future__ import annotations

from typing import assert_never

from vivavoce.text.language.pack import LanguagePack

from .marked_text import Alias, Passage, Phonemes, SayAs
from .pronunciations import FixedReading, WordSound
from .say_as import read_as, usual


def fixed_reading(pack: LanguagePack, passage: Passage, start: int) -> FixedReading:
    """The passage as it stands at `start` in a text of this language."""
    end = start + len(passage.text)
    match passage.reading:
        case None:
            return FixedReading(start, end, usual(pack, passage.text))
        case Alias(text):
            return FixedReading(start, end, usual(pack, text))
        case SayAs() as wanted:
            return FixedReading(start, end, read_as(pack, passage.text, wanted))
        case Phonemes(ipa):
            return FixedReading(start, end, passage.text, WordSound(passage.text, ipa))
        case other:
            assert_never(other)
