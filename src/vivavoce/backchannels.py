"""Telling "mm-hm" from an interruption; pure."""

from __future__ import annotations

import re

_SOUNDS = re.compile(r"(?:m+h*m*|h+m+|u+h+|a+h+a*|o+h+|e+h+|hu+h|uhhu+h|mmhm+|aha+|erm*|um+)")
"""Hesitations and listening sounds, letters only."""

_PHRASES = frozenset(
    word
    for line in (
        "yeah yes yep yup ya okay ok right sure alright fine cool great nice good wow really",
        "indeed exactly true absolutely totally i see i'm of course got it that's understood",
        "ja genau klar gut stimmt oui ouais bien sûr d'accord sí si claro vale bueno sì certo",
        "va bene sim pois はい うん ええ そう 네 응 嗯 对 好 是 да ага",
    )
    for word in line.split()
)
_MOST_WORDS = 3

_NOISES = re.compile(r"[\[(*][^\])*]*[\])*]")
"""What some engines write for a cough or for music: `[cough]`, `(laughs)`, `*music*`."""


def words_of(text: str) -> list[str]:
    """The words of a transcript in lower case, without punctuation and noted noises."""
    return [
        word
        for token in _NOISES.sub(" ", text).lower().replace("’", "'").split()
        if (word := re.sub(r"[^\w']", "", token))
    ]


def is_backchannel(text: str) -> bool:
    """Whether this only says that the user is listening: nothing, "mm-hm", "yeah, okay"."""
    words = words_of(text)
    if all(_SOUNDS.fullmatch(word.replace("'", "")) for word in words):
        return True
    return len(words) <= _MOST_WORDS and all(
        word in _PHRASES or _SOUNDS.fullmatch(word) is not None for word in words
    )
