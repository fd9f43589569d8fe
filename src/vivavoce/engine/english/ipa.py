"""From IPA as dictionaries write it to misaki's alphabet."""

from __future__ import annotations

import re

_SOUNDS = {
    "eɪ": "A", "aɪ": "I", "oʊ": "O", "əʊ": "O", "aʊ": "W", "ɔɪ": "Y", "dʒ": "ʤ", "tʃ": "ʧ",
    "ɝ": "ɜɹ", "ɚ": "əɹ", "ɜː": "ɜ", "r": "ɹ", "g": "ɡ", "e": "ɛ", "ɬ": "l", "ʀ": "ɹ", "x": "k",
    "ɾ": "T", "'": "ˈ", "ˈ": "ˈ",
}  # fmt: skip
_TIED = re.compile("[\u0361\u035c.ː\u0329\u032f]")
_ANY = re.compile("|".join(sorted(map(re.escape, _SOUNDS), key=len, reverse=True)))


def from_ipa(phonemes: str) -> str:
    """The same sounds in misaki's letters; those that are its letters already stay."""
    plain = _TIED.sub("", phonemes)
    return _ANY.sub(lambda found: _SOUNDS[found.group()], plain).strip()
