"""English text as misaki's phonemes, word by word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vivavoce.models.word_lists import WordDatabase

from .lexicon import Following, Lexicon
from .stress import CONSONANTS, PRIMARY, VOWELS, stressed, weight
from .tagger import Tagger
from .tokens import EnglishToken, tokens
from .unknown_words import UnknownWords

_PAUSES = frozenset(";:,.!?—…")
_SILENT = frozenset("',-.‘’")


@dataclass(frozen=True, slots=True)
class PhonemizedWord:
    """A word or a mark as phonemes.

    start: where it begins in the text. spaced: whether a space comes after it.
    """

    start: int
    phonemes: str
    spaced: bool


@dataclass(frozen=True, slots=True)
class GivenSound:
    """The phonemes of a stretch of a text, from character `start` to before `end`."""

    start: int
    end: int
    phonemes: str


class EnglishPhonemizer:
    """Says English text as Americans do. Its methods block; one thread at a time.

    folder: of the `hibari` model.
    Raises ModelError for files that are missing or damaged.
    """

    def __init__(self, folder: Path) -> None:
        words = WordDatabase(folder)
        self._words = words
        self._lexicon = Lexicon(words)
        self._tagger = Tagger(words)
        self._unknown = UnknownWords(folder)

    def close(self) -> None:
        """Close the word lists."""
        self._words.close()

    def words(self, text: str, given: Sequence[GivenSound] = ()) -> list[PhonemizedWord]:
        """The words and marks of a text; digits and signs are left out, so spell them before.

        given: what stretches of the text sound like, in order.
        """
        found = tokens(text)
        if not found:
            return []
        self._tag(found)
        _give(found, given)
        after = Following()
        for token in reversed(found):
            if token.said is None:
                token.said = self._say(token, after).replace("ɾ", "T").replace("ʔ", "t")
            after = _following(token, after)
        return [PhonemizedWord(token.start, token.said or "", token.spaced) for token in found]

    def _tag(self, found: Sequence[EnglishToken]) -> None:
        pieces = [(token, word) for token in found for word in token.tagged]
        tags = self._tagger.tags([word for _, word in pieces])
        longest: dict[int, int] = {}
        for (token, word), tag in zip(pieces, tags, strict=True):
            size = sum(1 if c == c.lower() else 2 for c in word)
            if size > longest.get(id(token), 0):
                longest[id(token)], token.tag = size, tag

    def _say(self, token: EnglishToken, after: Following) -> str:
        """A word as a whole, or else the longest parts of it that are known, from its end."""
        parts, said = token.parts, list[str]()
        names: list[str] = []
        until = len(parts)
        while until:
            for start in range(until):
                text = "".join(parts[start:until])
                known = self._lexicon.phonemes(text, token.tag, after)
                if known is not None:
                    break
            else:
                if not set(parts[until - 1]) <= _SILENT:
                    return self._unknown.phonemes(token.text)
                start, text, known = until - 1, parts[until - 1], ""
            said.insert(0, known)
            names.insert(0, text)
            after = _vowel_after(known, after)
            until = start
        return _joined(names, said)


def _give(found: Sequence[EnglishToken], given: Sequence[GivenSound]) -> None:
    for sound in given:
        within = [token for token in found if sound.start <= token.start < sound.end]
        for index, token in enumerate(within):
            token.said = "" if index else sound.phonemes
            token.spaced = token.spaced and token is within[-1]


def _joined(names: Sequence[str], said: Sequence[str]) -> str:
    """The parts of a word as one: at most half of them keep their stress."""
    spoken = [(PRIMARY in part, weight(part), i) for i, part in enumerate(said) if part]
    parts = list(said)
    if len(spoken) == 2 and len(names[spoken[0][2]]) == 1:
        weaker = [spoken[1]]
    elif len(spoken) >= 2 and sum(primary for primary, _, _ in spoken) > (len(spoken) + 1) // 2:
        weaker = sorted(spoken)[: len(spoken) // 2]
    else:
        weaker = []
    for _, _, i in weaker:
        parts[i] = stressed(parts[i], -0.5)
    return "".join(parts)


def _following(token: EnglishToken, after: Following) -> Following:
    to = token.text in {"to", "To"} or (token.text == "TO" and token.tag in {"TO", "IN"})
    return Following(_vowel_after(token.said or "", after).vowel, to)


def _vowel_after(said: str, after: Following) -> Following:
    for sound in said:
        if sound in _PAUSES:
            return Following(None)
        if sound in VOWELS:
            return Following(vowel=True)
        if sound in CONSONANTS:
            return Following(vowel=False)
    return after
