"""Telling "mm-hm" from an interruption; pure."""

from __future__ import annotations

import re

from vivavoce.text.language.pack import TurnWords

_SOUNDS = re.compile(
    r"(?:m+h*m*|h+m+|u+h+|a+h+a*|o+h+|e+h+|hu+h|uhhu+h|mmhm+|aha+|erm*|um+|a?(?:ha+h?)+|(?:he+h?){2,})"
)
"""Hesitations, laughter and listening sounds, letters only."""

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


def is_backchannel(text: str, words: TurnWords) -> bool:
    """Whether this only says that the user is listening: nothing, "mm-hm", "yeah, okay"."""
    said = _spelled(text, words)
    if all(_is_sound(word) for word in said):
        return True
    return len(said) <= _MOST_WORDS and all(_listens(word, words) for word in said)


def begins_backchannel(text: str, words: TurnWords) -> bool:
    """Whether this, which was broken off, may become one: nothing, "mm", "yeah, o", "I"."""
    said = _spelled(text, words)
    if is_backchannel(text, words):
        return True
    *whole, last = said
    others = (other for other, _ in words.respellings)
    begins = any(word.startswith(last) for word in (*words.backchannels, *others))
    return len(said) <= _MOST_WORDS and begins and all(_listens(word, words) for word in whole)


def _spelled(text: str, words: TurnWords) -> list[str]:
    line = f" {' '.join(words_of(text))} "
    for other, usual in words.respellings:
        line = line.replace(f" {other} ", f" {usual} ")
    return line.split()


def _listens(word: str, words: TurnWords) -> bool:
    return word in words.backchannels or _is_sound(word)


def _is_sound(word: str) -> bool:
    return _SOUNDS.fullmatch(word.replace("'", "")) is not None
