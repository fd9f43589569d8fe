"""A phrase as utterances: what the network says in one go, and where its words begin."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vivavoce.engine.english.ipa import from_ipa
from vivavoce.engine.english.phonemizer import EnglishPhonemizer, GivenSound, PhonemizedWord
from vivavoce.engines import Pronunciation
from vivavoce.text.normalizer import pieces

LONGEST = 200
"""Phonemes said in one go. The network was made for sentences, and takes a third of a second."""
_SENTENCE_ENDS = frozenset(".!?…")
_CLAUSE_ENDS = frozenset(",;:—")
_SPOKEN = "word"
"""Stands where the sounds are given, so that what is around it is read as around a word."""
_DIGITS = re.compile(r"(?:(?<=[^\W\d_])-)?(\d+(?:\.\d+)?)")
_SPACED_MARK = re.compile(r"\s+(?=[,.;:!?])")
_PLAIN = re.compile(r"[^\W\d_]|[\s.,;:!?'\"’“”()…—–-]")


@dataclass(frozen=True, slots=True)
class PhonemeSpan:
    """Where a word stands: its position in the phrase; its phonemes, from `start` to before `end`
    in the utterance.
    """

    position: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PhonemeText:
    """phonemes: in the model's alphabet. words: those that begin here."""

    phonemes: str
    words: tuple[PhonemeSpan, ...] = ()

    @property
    def mark(self) -> str:
        """The mark that it ends with; empty where there is none."""
        return self.phonemes[-1] if self.phonemes[-1] in _SENTENCE_ENDS | _CLAUSE_ENDS else ""


def utterances(
    phrase: str, phonemizer: EnglishPhonemizer, pronunciations: Sequence[Pronunciation] = ()
) -> list[PhonemeText]:
    """The utterances of a phrase; none where it has nothing to say.

    pronunciations: in order; those with sounds that English lacks are left out.
    """
    reading = _Reading(phrase, pronunciations)
    spoken = phonemizer.words(reading.text, reading.given)
    said = ((reading.position(word.start), word) for word in spoken if word.phonemes)
    return [_utterance(part) for part in _cut(list(said)) if any(_is_sound(w) for _, w in part)]


class _Reading:
    """What is read out of a phrase, and where in the phrase it stands."""

    def __init__(self, phrase: str, pronunciations: Sequence[Pronunciation]) -> None:
        self.text = ""
        self.given: list[GivenSound] = []
        self._offsets: list[int] = []
        self._positions: list[int] = []
        at = 0
        for told in pronunciations:
            sounds = from_ipa(told.ipa)
            if sounds is None:
                continue
            self._read(phrase[at : told.start], at)
            begin = len(self.text)
            self._put(_SPOKEN, told.start)
            self.given.append(GivenSound(begin, len(self.text), sounds))
            at = told.end
        self._read(phrase[at:], at)

    def position(self, offset: int) -> int:
        """Where in the phrase a character of the text comes from, or the word that it is of."""
        index = bisect_right(self._offsets, offset) - 1
        return self._positions[index]

    def _read(self, text: str, position: int) -> None:
        """Text as written; what has digits or signs in it is spelled."""
        if all(_PLAIN.match(character) for character in text):
            for match in re.finditer(r"\S+\s*|\s+", text):
                self._put(match.group(), position + match.start())
            return
        for piece in pieces(text, "en", line_start=False):
            said = _DIGITS.sub(lambda found: f" {_number(found[1])} ", piece.spoken)
            said = _SPACED_MARK.sub("", said)
            before = len(piece.written) - len(piece.written.lstrip())
            self._put(f" {said} " if before else f"{said} ", position + before)
            position += len(piece.written)

    def _put(self, text: str, position: int) -> None:
        self._offsets.append(len(self.text))
        self._positions.append(position)
        self.text += text


def _number(digits: str) -> str:
    spoken = " ".join(piece.spoken for piece in pieces(digits, "en"))
    if spoken.isascii() and not spoken.isdigit():
        return spoken
    return " ".join(piece.spoken for digit in digits for piece in pieces(digit, "en"))


def _is_sound(word: PhonemizedWord) -> bool:
    return any(map(str.isalpha, word.phonemes))


def _cut(
    words: Sequence[tuple[int, PhonemizedWord]],
) -> Iterator[Sequence[tuple[int, PhonemizedWord]]]:
    """After sentences; and a sentence that is too long after its clauses, or else its words."""
    begin, size, clause = 0, 0, 0
    for index, (_, word) in enumerate(words):
        mark = word.phonemes[-1]
        if size + len(word.phonemes) > LONGEST and index > begin:
            end = clause if clause > begin else index
            yield words[begin:end]
            begin, size = end, sum(len(each.phonemes) + 1 for _, each in words[end:index])
        size += len(word.phonemes) + 1
        if mark in _SENTENCE_ENDS and word.spaced:
            yield words[begin : index + 1]
            begin, size = index + 1, 0
        elif mark in _CLAUSE_ENDS:
            clause = index + 1
    if begin < len(words):
        yield words[begin:]


def _utterance(words: Sequence[tuple[int, PhonemizedWord]]) -> PhonemeText:
    phonemes, began = "", list[PhonemeSpan]()
    for position, word in words:
        if _is_sound(word):
            start = len(phonemes)
            began.append(PhonemeSpan(position, start, start + len(word.phonemes)))
        phonemes += word.phonemes + (" " if word.spaced else "")
    return PhonemeText(phonemes.strip(), tuple(began))
