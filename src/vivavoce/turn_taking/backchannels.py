"""Telling "mm-hm" from an interruption; pure."""

from __future__ import annotations

import re

_SOUNDS = re.compile(
    r"(?:m+h*m*|h+m+|u+h+|a+h+a*|o+h+|e+h+|hu+h|uhhu+h|mmhm+|aha+|erm*|um+|a?(?:ha+h?)+|(?:he+h?){2,})"
)
"""Hesitations, laughter and listening sounds, letters only."""

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

_SAME = {"all right": "alright", "i c": "i see", "o k": "ok", "uh huh": "uhhuh"}
"""Other spellings of phrases; some are what an STT makes of one that is said alone."""

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
    words = _spelled(text)
    if all(_is_sound(word) for word in words):
        return True
    return len(words) <= _MOST_WORDS and all(_listens(word) for word in words)


def begins_backchannel(text: str) -> bool:
    """Whether this, which was broken off, may become one: nothing, "mm", "yeah, o", "I"."""
    words = _spelled(text)
    if is_backchannel(text):
        return True
    *whole, last = words
    begins = any(word.startswith(last) for word in (*_PHRASES, *_SAME))
    return len(words) <= _MOST_WORDS and begins and all(_listens(word) for word in whole)


def _spelled(text: str) -> list[str]:
    line = f" {' '.join(words_of(text))} "
    for other, usual in _SAME.items():
        line = line.replace(f" {other} ", f" {usual} ")
    return line.split()


def _listens(word: str) -> bool:
    return word in _PHRASES or _is_sound(word)


def _is_sound(word: str) -> bool:
    return _SOUNDS.fullmatch(word.replace("'", "")) is not None
