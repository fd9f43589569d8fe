"""Word error rate: how far a transcript is from the reference, once both are normalized.

Normalization, so that only what was understood counts and not how it is written:

1. Unicode NFKC, lower case, typographic apostrophes made plain.
2. Hesitations (`uh`, `um`, `er`, `erm`, `hm`, `hmm`, `mm`) are dropped.
3. Contractions are written out: `don't` → `do not`, `I'll` → `i will`, `it's` → `it is`. Any other
   `'s` is taken for a possessive and joined: `John's` → `johns`.
4. Titles, `ok`, `&` and `%` are written as spoken: `Mr.` → `mister`.
5. Numbers become words: `42` → `forty two`, `3rd` → `third`, `1,250` → `one thousand two hundred
   fifty`, `2.5` → `two point five`, `$5` → `five dollars`. A bare 1100 to 1999 is read as a year:
   `1775` → `seventeen seventy five`. The `and` of `one hundred and five` is dropped.
6. Punctuation separates words. In scripts that write no spaces (Han, kana, Thai, Lao, Khmer,
   Burmese) each character counts as a word, so the rate there is a character error rate.

Rules 2 to 5 are English and leave other languages alone, but for digits, which are compared as
they stand unless `language` is `en`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import numpy as np

_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ((10**9, "billion"), (10**6, "million"), (10**3, "thousand"), (100, "hundred"))
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip
_HESITATIONS = frozenset(("uh", "um", "er", "erm", "hm", "hmm", "mm", "mhm"))
_WRITTEN_OUT = {
    "won't": "will not", "can't": "can not", "cannot": "can not", "shan't": "shall not",
    "ain't": "is not", "let's": "let us", "y'all": "you all", "gonna": "going to",
    "wanna": "want to", "gotta": "got to", "ok": "okay", "mr": "mister", "mrs": "missus",
    "dr": "doctor", "st": "saint", "vs": "versus", "prof": "professor",
}  # fmt: skip
_ENDINGS = (
    ("n't", " not"), ("'re", " are"), ("'ve", " have"), ("'ll", " will"), ("'d", " would"),
    ("'m", " am"),
)  # fmt: skip
_IS = frozenset((
    "it", "he", "she", "that", "this", "what", "who", "where", "there", "here", "how", "when",
    "why",
))  # fmt: skip
_CURRENCIES = {"$": "dollars", "£": "pounds", "€": "euros"}
_SCALE_WORDS = frozenset(("hundred", "thousand", "million", "billion"))
_NUMBER_WORDS = frozenset((*_ONES, *_TENS[2:]))

_TOKEN = re.compile(r"[$£€]?\d+(?:,\d{3})*(?:\.\d+)?(?:st|nd|rd|th)?|[^\W\d_]+(?:'[^\W\d_]+)*|[&%]")
_UNSPACED = re.compile(
    "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"
)
_SUBSTITUTION = (1 << 32) + 1
_OTHER = 1 << 32


@dataclass(frozen=True, slots=True)
class WordErrors:
    """What separates a transcript from its reference. Adds up over clips.

    words: how many the reference has.
    """

    words: int = 0
    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0

    @property
    def errors(self) -> int:
        """All three kinds together."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def rate(self) -> float:
        """Errors per word of the reference; may exceed 1. Of an empty reference, 0 or 1."""
        return self.errors / self.words if self.words else float(self.errors > 0)

    def __add__(self, other: WordErrors) -> WordErrors:
        return WordErrors(
            self.words + other.words,
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
        )


def word_errors(reference: str, transcript: str, language: str = "en") -> WordErrors:
    """How the transcript differs from the reference, after `normalize`."""
    return distance(normalize(reference, language), normalize(transcript, language))


def normalize(text: str, language: str = "en") -> list[str]:
    """The words that count, by the rules in the module's docstring."""
    text = unicodedata.normalize("NFKC", text).lower().replace("’", "'").replace("‘", "'")
    text = _UNSPACED.sub(lambda found: f" {found[0]} ", text)
    if language.partition("-")[0] != "en":
        return re.findall(r"\w(?:[\w'\u0300-\u036f]*\w)?", text)
    words: list[str] = []
    for piece in _TOKEN.findall(text):
        words += _spoken(piece)
    return [word for at, word in enumerate(words) if not _is_filler(words, at)]


def distance(reference: list[str], transcript: list[str]) -> WordErrors:
    """The fewest edits that turn one into the other; among those, the most words kept."""
    ids = {word: number for number, word in enumerate({*reference, *transcript})}
    columns = np.array([ids[word] for word in transcript], np.int64)
    steps = np.arange(len(columns) + 1, dtype=np.int64) * _OTHER
    # A cell holds edits << 32 | substitutions; insertions and deletions follow from the lengths.
    row = steps
    for word in reference:
        below = row + _OTHER
        differs = np.where(columns == ids[word], 0, _SUBSTITUTION)
        below[1:] = np.minimum(below[1:], row[:-1] + differs)
        row = np.minimum.accumulate(below - steps) + steps
    edits, substitutions = divmod(int(row[-1]), 1 << 32)
    rest, surplus = edits - substitutions, len(reference) - len(transcript)
    return WordErrors(len(reference), substitutions, (rest + surplus) // 2, (rest - surplus) // 2)


def _is_filler(words: list[str], at: int) -> bool:
    if words[at] in _HESITATIONS:
        return True
    between_numbers = (
        0 < at < len(words) - 1 and words[at - 1] in _SCALE_WORDS and words[at + 1] in _NUMBER_WORDS
    )
    return words[at] == "and" and between_numbers


def _spoken(piece: str) -> list[str]:
    """One token as the words that a reader would say."""
    if piece in _WRITTEN_OUT:
        return _WRITTEN_OUT[piece].split()
    if piece in "&%":
        return ["and" if piece == "&" else "percent"]
    if piece[-1].isdecimal() or piece[0] in _CURRENCIES or piece[0].isdecimal():
        return _number(piece)
    stem, _, ending = piece.rpartition("'")
    if ending == "s":
        return [stem, "is"] if stem in _IS else [stem.replace("'", "") + "s"]
    for short, long in _ENDINGS:
        if piece.endswith(short):
            return (piece.removesuffix(short) + long).split()
    return [piece.replace("'", "")]


def _number(piece: str) -> list[str]:
    currency = _CURRENCIES.get(piece[0])
    digits = piece.lstrip("$£€")
    if digits[-1].isalpha():
        *head, last = _cardinal(int(digits[:-2].replace(",", "").partition(".")[0]))
        return [*head, _ordinal(last)]
    whole, _, fraction = digits.replace(",", "").partition(".")
    year = not (currency or fraction or "," in digits) and 1100 <= int(whole) <= 1999
    if year and len(whole) == 4 and whole[2:] != "00":
        rest = ["oh", _ONES[int(whole[3])]] if whole[2] == "0" else _cardinal(int(whole[2:]))
        words = [*_cardinal(int(whole[:2])), *rest]
    else:
        words = _cardinal(int(whole))
    if fraction:
        words += ["point", *(_ONES[int(digit)] for digit in fraction)]
    if currency:
        words.append(currency.removesuffix("s") if whole == "1" and not fraction else currency)
    return words


def _cardinal(number: int) -> list[str]:
    if number >= 10**12:
        return [_ONES[int(digit)] for digit in str(number)]
    for scale, name in _SCALES:
        if number >= scale:
            head, rest = divmod(number, scale)
            return [*_cardinal(head), name, *(_cardinal(rest) if rest else ())]
    if number < 20:
        return [_ONES[number]]
    tens, ones = divmod(number, 10)
    return [_TENS[tens], *([_ONES[ones]] if ones else [])]


def _ordinal(word: str) -> str:
    if word in _ORDINALS:
        return _ORDINALS[word]
    return word.removesuffix("y") + "ieth" if word.endswith("y") else word + "th"
