"""Stress marks in misaki's phonemes: put, raised, lowered and taken away."""

from __future__ import annotations

PRIMARY, SECONDARY = "ˈ", "ˌ"
VOWELS = frozenset("AIOQWYaiuæɑɒɔəɛɜɪʊʌᵻ")
CONSONANTS = frozenset("bdfhjklmnpstvwzðŋɡɹɾʃʒʤʧθ")
_LONG = frozenset("AIOQWYʤʧ")


def weight(phonemes: str) -> int:
    """How much a part of a word weighs when its stress is weighed against another's."""
    return sum(2 if phoneme in _LONG else 1 for phoneme in phonemes)


def stressed(phonemes: str, level: float | None) -> str:
    """The phonemes with another stress.

    level: from -2, which takes all of it away, over 0, which leaves a secondary one, to 2, which
    makes it primary; None changes nothing.
    """
    if level is None:
        return phonemes
    has_primary, has_secondary = PRIMARY in phonemes, SECONDARY in phonemes
    if level < -1:
        return phonemes.replace(PRIMARY, "").replace(SECONDARY, "")
    if level == -1 or (level in (0, -0.5) and has_primary):
        return phonemes.replace(SECONDARY, "").replace(PRIMARY, SECONDARY)
    if has_primary or VOWELS.isdisjoint(phonemes):
        return phonemes
    if has_secondary:
        return phonemes.replace(SECONDARY, PRIMARY) if level >= 1 else phonemes
    if level in (0, 0.5, 1):
        return _before_vowel(SECONDARY, phonemes)
    return _before_vowel(PRIMARY, phonemes) if level > 1 else phonemes


def _before_vowel(mark: str, phonemes: str) -> str:
    at = next(i for i, phoneme in enumerate(phonemes) if phoneme in VOWELS)
    return phonemes[:at] + mark + phonemes[at:]
