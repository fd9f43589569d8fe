"""English sentences as words, their parts, and the marks between them."""

from __future__ import annotations

import re
from dataclasses import dataclass

MARKS = frozenset(";:,.!?—…()")
"""What a voice reads as a pause or a melody; every other sign is dropped."""
_LETTER = r"[^\W\d_]"
_TOKEN = re.compile(
    rf"(?:{_LETTER}\.)+{_LETTER}(?!\w)(?:\.(?=\s*\S))?"  # a.m., whose last stop may end all
    rf"|['‘’]?{_LETTER}+(?:['‘’-]+{_LETTER}+)*['‘’]?(?!\w)"
    rf"|{_LETTER}+|\.\.\.|--+|\S"
)
_PART = re.compile(
    rf"['‘’]+|-+|[A-ZÀ-ÖØ-Þ]+(?=[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ])"
    rf"|{_LETTER}*?(?:['‘’]{_LETTER})*?[a-zß-öø-ÿ](?=[A-ZÀ-ÖØ-Þ])|{_LETTER}+(?:['‘’]{_LETTER})*|."
)
_CONTRACTED = re.compile(
    r"(?P<stem>.+)(?P<rest>n['’]t)|(?P<stem2>.+)(?P<rest2>['’](?:s|m|d|re|ve|ll))", re.IGNORECASE
)
_TWO_WORDS = {"cannot": 3, "gonna": 3, "gotta": 3, "wanna": 3, "lemme": 3, "gimme": 3}
_DASHES = frozenset("-–―")


@dataclass(slots=True)
class EnglishToken:
    """A word, or a mark.

    start: where it begins in the text. parts: those of a word, as `well`, `-` and `known`.
    spaced: whether a space comes after it. said: its phonemes, when they are known.
    """

    text: str
    start: int
    spaced: bool
    parts: tuple[str, ...] = ()
    tag: str = ""
    said: str | None = None

    @property
    def tagged(self) -> list[str]:
        """What the tagger takes for words: `do` and `n't`, `well`, `-` and `known`."""
        if not self.parts:
            return [self.text]
        words = [word for word in re.split("(-+)", self.text) if word]
        return [*words[:-1], *_split(words[-1])]


def tokens(text: str) -> list[EnglishToken]:
    """The words and marks of a text, in order."""
    found = []
    for match in _TOKEN.finditer(text):
        word = match.group()
        after = text[match.end() : match.end() + 1]
        token = EnglishToken(word, match.start(), after.isspace())
        if any(map(str.isalpha, word)):
            token.parts = tuple(_PART.findall(word))
        else:
            token.said = _mark(word) if not after.isalnum() else ""
        found.append(token)
    return found


def _mark(text: str) -> str:
    if text[0] in _DASHES:
        return "—"
    return text if text[0] in MARKS else ""


def _split(word: str) -> list[str]:
    if at := _TWO_WORDS.get(word.lower()):
        return [word[:at], word[at:]]
    if match := _CONTRACTED.fullmatch(word):
        return [match["stem"] or match["stem2"], match["rest"] or match["rest2"]]
    return [word[:-1], word[-1]] if word[-1] in "'’" and len(word) > 1 else [word]
