"""Word error rate: how far a transcript is from the reference, once both are normalized.

Both are as elsewhere, so that figures compare: jiwer counts the edits, and the words are those of
the normalizers that Whisper was measured with (`whisper-normalizer`). The English one drops
hesitations, writes contractions out and numbers as digits, and spells the American way. For other
languages the basic one drops punctuation and symbols; in languages that write no spaces each
character counts as a word, so that the rate there is a character error rate.

Needs the extra `bench`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from vivavoce.registry import missing

try:
    import jiwer
    from whisper_normalizer.basic import BasicTextNormalizer
    from whisper_normalizer.english import EnglishTextNormalizer
except ImportError as error:
    raise missing("counting word errors", error) from error

NORMALIZER = "Whisper's normalizer"
"""What to say beside a figure."""
_UNSPACED = frozenset(("ja", "km", "lo", "my", "th", "yue", "zh"))


@dataclass(frozen=True, slots=True)
class WordErrors:
    """What separates a transcript from its reference. Adds up over clips.

    words: how many the reference has.
    """

    words: int = 0
    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0

    @property
    def errors(self) -> int:
        """All three kinds together."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def rate(self) -> float:
        """Errors per word of the reference; may exceed 1. Of an empty reference, 0 or 1."""
        return self.errors / self.words if self.words else float(self.errors > 0)

    def __add__(self, other: WordErrors) -> WordErrors:
        return WordErrors(
            self.words + other.words,
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
        )


def word_errors(reference: str, transcript: str, language: str = "en") -> WordErrors:
    """How the transcript differs from the reference, after `normalize`."""
    return distance(normalize(reference, language), normalize(transcript, language))


def normalize(text: str, language: str = "en") -> list[str]:
    """The words that count. language: a code such as `en` or `pt-BR`."""
    return _normalizer(language.partition("-")[0].lower())(text).split()


def distance(reference: list[str], transcript: list[str]) -> WordErrors:
    """The fewest edits that turn one into the other."""
    found = jiwer.process_words(" ".join(reference), " ".join(transcript))
    return WordErrors(len(reference), found.substitutions, found.deletions, found.insertions)


@cache
def _normalizer(language: str) -> Callable[[str], str]:
    if language == "en":
        english: Callable[[str], str] = EnglishTextNormalizer()
        return english
    basic: Callable[[str], str] = BasicTextNormalizer(split_letters=language in _UNSPACED)
    return basic
