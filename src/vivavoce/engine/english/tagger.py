"""Parts of speech of English words, by an averaged perceptron; Penn Treebank tags.

They tell "to read" from "has read" and which "a" is a letter. A word that nearly always has one
tag is answered from a table, every other by the weights of what is around it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import lru_cache

from vivavoce.models.word_lists import WordDatabase

_BEFORE, _AFTER = ("-START2-", "-START-"), ("-END-", "-END2-")
_REMEMBERED = 4096


class Tagger:
    """Tells the tag of each word of a sentence. Raises ModelError for damaged word lists."""

    def __init__(self, words: WordDatabase) -> None:
        self._usual = words.table("tagger_tagdict")
        self._known = words.table("tagger_vocab")
        self._weights = _weights(words.table("tagger_weights"))

    def tags(self, words: Sequence[str]) -> list[str]:
        """The tags of these words, none of which is empty."""
        around = [*_BEFORE, *map(self._normal, words), *_AFTER]
        found: list[str] = []
        before, last = _BEFORE
        for index, word in enumerate(words):
            tag = self._usual(word) or self._likeliest(_features(index, word, around, last, before))
            found.append(tag)
            before, last = last, tag
        return found

    def _likeliest(self, features: Sequence[str]) -> str:
        scores: dict[str, float] = {}
        for feature in features:
            for tag, weight in self._weights(feature).items():
                scores[tag] = scores.get(tag, 0.0) + weight
        return max(scores, key=lambda tag: (scores[tag], tag)) if scores else "NN"

    def _normal(self, word: str) -> str:
        if "-" in word[1:] and word[0] != "-":
            normal = "!HYPHEN"
        elif word.isdigit() and len(word) == 4:
            normal = "!YEAR"
        elif word[0].isdigit():
            normal = "!DIGITS"
        else:
            normal = word.lower()
        return f"<{_shape(word)}>" if self._known(normal) is None else normal


def _weights(table: Callable[[str], str | None]) -> Callable[[str], dict[str, float]]:
    def of(feature: str) -> dict[str, float]:
        found = table(feature)
        read: dict[str, float] = json.loads(found) if found else {}
        return read

    return lru_cache(_REMEMBERED)(of)


def _shape(word: str) -> str:
    if word.isalpha():
        if word.islower():
            return "x"
        if word.isupper():
            return "XX" if len(word) > 1 else "X1"
        return "Xx" if word[0].isupper() and word[1:].islower() else "xX"
    if word.isdigit():
        return "d"
    return "".join("d" if c.isdigit() else "x" if c.isalpha() else c for c in word[:4])


def _features(
    index: int, word: str, around: Sequence[str], last: str, before: str
) -> tuple[str, ...]:
    """What the weights are for. around: the normal forms, two more at each end."""
    here = index + 2
    return (
        "b", f"s3={word[-3:]}", f"p1={word[0]}", f"w={around[here]}", f"sh={_shape(word)}",
        "i+" if index else "i0", f"t-1={last}", f"t-2={before}", f"t-12={last},{before}",
        f"w-1={around[here - 1]}", f"s3-1={around[here - 1][-3:]}", f"w-2={around[here - 2]}",
        f"w+1={around[here + 1]}", f"s3+1={around[here + 1][-3:]}", f"w+2={around[here + 2]}",
    )  # fmt: skip
