"""From IPA as dictionaries write it to misaki's alphabet."""

from __future__ import annotations

import re

from .stress import CONSONANTS, PRIMARY, SECONDARY, VOWELS

_SOUNDS = {
    "eɪ": "A", "aɪ": "I", "oʊ": "O", "əʊ": "O", "aʊ": "W", "ɔɪ": "Y", "dʒ": "ʤ", "tʃ": "ʧ",
    "ɝ": "ɜɹ", "ɚ": "əɹ", "ɜː": "ɜ", "r": "ɹ", "g": "ɡ", "e": "ɛ", "ɬ": "l", "ʀ": "ɹ", "x": "k",
    "ɾ": "T", "ʁ": "ɹ", "ɫ": "l", "o": "O", "ɨ": "ɪ", "ʉ": "u", "ʔ": "t", ".": "", "'": "ˈ",
}  # fmt: skip
_ENGLISH = VOWELS | CONSONANTS | {PRIMARY, SECONDARY, " ", "ᵊ", "ɐ", "T"}
_STRESSED = re.compile(f"([{PRIMARY}{SECONDARY}])([{''.join(sorted(CONSONANTS))}T]+)")
_TIED = re.compile("[\u0361\u035c.ː\u0329\u032f]")
_ANY = re.compile("|".join(sorted(map(re.escape, _SOUNDS), key=len, reverse=True)))


def from_ipa(phonemes: str) -> str | None:
    """The same sounds in misaki's letters, which are taken as well; None where one is not English.

    Stress stands before the vowel there, not before the syllable.
    """
    plain = _ANY.sub(lambda found: _SOUNDS[found.group()], _TIED.sub("", phonemes)).strip()
    if not plain or not _ENGLISH.issuperset(plain):
        return None
    return _STRESSED.sub(r"\2\1", plain)
