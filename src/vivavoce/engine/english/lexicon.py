"""How Americans say words: a good list, a bigger one, and their endings."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from vivavoce.models.word_lists import WordDatabase

from .stress import PRIMARY, SECONDARY, stressed

_FLAPPED_AFTER = frozenset("AIOWYiuæɑəɛɪɹʊʌ")
_LETTERS = re.compile(r"[A-Za-z'-]+")
_DOUBLED = re.compile(r"([bcdgklmnprstvxz])\1ing$|cking$")
_STRESS_OF_CAPITALIZED, _STRESS_OF_CAPITALS = 0.5, 2.0
_LONG_NAME = 7
"""Letters; longer names are looked up as the words that they may be."""


@dataclass(frozen=True, slots=True)
class Following:
    """What comes after a word, as far as it matters to it.

    vowel: whether a vowel does; None where a pause or nothing does. to: whether "to" does.
    """

    vowel: bool | None = None
    to: bool = False


class Lexicon:
    """The phonemes of words that are listed, or are listed ones with an ending.

    Raises ModelError for damaged word lists.
    """

    def __init__(self, words: WordDatabase) -> None:
        self._good = _either_case(words.table("lexicon_us_gold"))
        self._more = _either_case(words.table("lexicon_us_silver"))

    def phonemes(self, text: str, tag: str, after: Following) -> str | None:
        """The phonemes of a word in its sentence; None where it is not known.

        tag: its part of speech, as the Penn Treebank has it.
        """
        word = unicodedata.normalize("NFKC", text.replace("‘", "'").replace("’", "'"))
        level = None
        if word != word.lower():
            level = _STRESS_OF_CAPITALS if word == word.upper() else _STRESS_OF_CAPITALIZED
        said = self._special(word, tag, level, after)
        return said if said is not None else self._ordinary(word, tag, level, after)

    def spelled(self, word: str) -> str | None:
        """The names of its letters; None where one has no name."""
        names = [self._good(letter.upper()) for letter in word if letter.isalpha()]
        if not names or None in names:
            return None
        said = stressed("".join(name for name in names if name), 0)
        return PRIMARY.join(said.rsplit(SECONDARY, 1))

    def _special(self, word: str, tag: str, level: float | None, after: Following) -> str | None:
        """The words that sound after what they do, and what comes after them."""
        lower = word.lower()
        if "." in word.strip(".") and word.replace(".", "").isalpha():
            short = max(map(len, word.split("."))) < 3
            return self.spelled(word) if short else None
        match lower:
            case "a":
                return "ɐ" if tag == "DT" else "ˈA"
            case "am":
                return self._am(word, tag, level, after)
            case "an":
                return self.spelled(word) if word == "AN" and tag.startswith("NN") else "ɐn"
            case "i" if word == "I" and tag == "PRP":
                return f"{SECONDARY}I"
            case "by" if tag.startswith(("RB", "ADV")):
                return "bˈI"
            case "to" if word != "TO" or tag in {"TO", "IN"}:
                return (
                    self._said("to", tag) if after.vowel is None else "tʊ" if after.vowel else "tə"
                )
            case "in" if word != "IN" or tag != "NNP":
                return f"{PRIMARY if after.vowel is None or tag != 'IN' else ''}ɪn"
            case "the" if word != "THE" or tag == "DT":
                return "ði" if after.vowel else "ðə"
            case "vs" | "vs." if tag == "IN":
                return self._said("versus", tag)
            case "used":
                return self._said("used", "VBD" if tag in {"VBD", "JJ"} and after.to else "DEFAULT")
        return None

    def _am(self, word: str, tag: str, level: float | None, after: Following) -> str | None:
        if tag.startswith("NN"):
            return self.spelled(word)
        if after.vowel is None or word != "am" or (level is not None and level > 0):
            return self._said("am", tag)
        return "ɐm"

    def _ordinary(self, word: str, tag: str, level: float | None, after: Following) -> str | None:
        if self._is_capitalized_word(word, tag):
            word = word.lower()
        if self._is_known(word):
            return self._lookup(word, tag, level, after)
        for ending, rest in (("s'", "'s"), ("'", "")):
            if word.endswith(ending) and self._is_known(word.removesuffix(ending) + rest):
                return self._lookup(word.removesuffix(ending) + rest, tag, level, after)
        return self._inflected(word, tag, level, after)

    def _is_capitalized_word(self, word: str, tag: str) -> bool:
        """Whether a word is one that is listed in small letters, and stands for no name."""
        lower = word.lower()
        if len(word) < 2 or word == lower or not word.replace("'", "").isalpha():
            return False
        if word != word.upper() and word[1:] != word[1:].lower():
            return False
        if (tag == "NNP" and len(word) <= _LONG_NAME) or self._listed(word):
            return False
        return self._listed(lower) or self._inflected(lower, tag, None, Following()) is not None

    def _listed(self, word: str) -> bool:
        return self._good(word) is not None or self._more(word) is not None

    def _is_known(self, word: str) -> bool:
        if self._listed(word):
            return True
        if not word.isalpha() or not _LETTERS.fullmatch(word):
            return False
        if len(word) == 1 or (word == word.upper() and self._good(word.lower()) is not None):
            return True
        return word[1:] == word[1:].upper()

    def _lookup(self, word: str, tag: str, level: float | None, after: Following) -> str | None:
        name = False
        if word == word.upper() and self._good(word) is None:
            word, name = word.lower(), tag == "NNP"
        found = self._said(word, tag, after)
        if found is None and not name and self._good(word) is None:
            found = self._more(word)
        if found is None or (name and PRIMARY not in found):
            spelled = self.spelled(word)
            if spelled is not None:
                return spelled
        return None if found is None else stressed(found, level)

    def _said(self, word: str, tag: str, after: Following | None = None) -> str | None:
        """From the good list, as this part of speech."""
        found = self._good(word)
        if found is None or not found.startswith("{"):
            return found
        by_tag: dict[str, str | None] = json.loads(found)
        if after is not None and after.vowel is None and "None" in by_tag:
            return by_tag["None"]
        for key in (tag, _family(tag)):
            if key in by_tag:
                return by_tag[key]
        return by_tag["DEFAULT"]

    def _inflected(self, word: str, tag: str, level: float | None, after: Following) -> str | None:
        """A listed word with -s, -ed or -ing."""
        for stems, ending, stress in (
            (_stems_of_s(word), _with_s, level),
            (_stems_of_ed(word), _with_ed, level),
            (_stems_of_ing(word), _with_ing, 0.5 if level is None else level),
        ):
            for stem in stems:
                if self._is_known(stem):
                    said = self._lookup(stem, tag, stress, after)
                    if said:
                        return ending(said)
                    break
        return None


def _stems_of_s(word: str) -> list[str]:
    if len(word) < 3 or not word.endswith("s"):
        return []
    stems = [] if word.endswith("ss") else [word[:-1]]
    if word.endswith("'s") or (len(word) > 4 and word.endswith("es") and word[-3] != "i"):
        stems.append(word[:-2])
    if len(word) > 4 and word.endswith("ies"):
        stems.append(f"{word[:-3]}y")
    return stems


def _stems_of_ed(word: str) -> list[str]:
    if len(word) < 4 or not word.endswith("d"):
        return []
    stems = [] if word.endswith("dd") else [word[:-1]]
    if len(word) > 4 and word.endswith("ed") and not word.endswith("eed"):
        stems.append(word[:-2])
    return stems


def _stems_of_ing(word: str) -> list[str]:
    if len(word) < 5 or not word.endswith("ing"):
        return []
    stems = [word[:-3]] if len(word) > 5 else []
    stems.append(f"{word[:-3]}e")
    if len(word) > 5 and _DOUBLED.search(word):
        stems.append(word[:-4])
    return stems


def _with_s(stem: str) -> str:
    if stem[-1] in "ptkfθ":
        return f"{stem}s"
    return f"{stem}ᵻz" if stem[-1] in "szʃʒʧʤ" else f"{stem}z"


def _with_ed(stem: str) -> str:
    if stem[-1] in "pkfθʃsʧ":
        return f"{stem}t"
    if stem[-1] == "d":
        return f"{stem}ᵻd"
    if stem[-1] != "t":
        return f"{stem}d"
    if len(stem) < 2:
        return f"{stem}ɪd"
    return f"{stem[:-1]}ɾᵻd" if stem[-2] in _FLAPPED_AFTER else f"{stem}ᵻd"


def _with_ing(stem: str) -> str:
    flapped = len(stem) > 1 and stem[-1] == "t" and stem[-2] in _FLAPPED_AFTER
    return f"{stem[:-1]}ɾɪŋ" if flapped else f"{stem}ɪŋ"


def _either_case(table: Callable[[str], str | None]) -> Callable[[str], str | None]:
    """A table in which a word in small letters also finds the capitalized one, and the reverse."""

    def value(word: str) -> str | None:
        found = table(word)
        if found is None and len(word) > 1:
            lower = word.lower()
            if word == lower:
                found = table(lower.capitalize())
            elif word == lower.capitalize():
                found = table(lower)
        return found

    return value


def _family(tag: str) -> str:
    for start, family in (("VB", "VERB"), ("NN", "NOUN"), ("RB", "ADV"), ("JJ", "ADJ")):
        if tag.startswith(start):
            return family
    return tag
