"""A phrase as pieces of phonemes, and where its words begin in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from vivavoce.engine.english.phonemizer import EnglishPhonemizer
from vivavoce.engine.espeak.library import library
from vivavoce.engine.espeak.voices import VoiceBook
from vivavoce.engine.hibari.utterances import utterances
from vivavoce.engine.speech_pieces import cut_all, ends
from vivavoce.engine.word_beginnings import word_beginnings

from .alphabet import TIE, from_espeak

_MARKS = re.compile(r"([,;:.!?…—–¡¿。、，；：！？।]+)[\"'”’»)\]]*(?=\s|$)|\s[—–-]\s")
_SAME = {
    "–": "—", "-": "—", "。": ".", "、": ",", "，": ",", "；": ";", "：": ":", "！": "!", "？": "?",
    "।": ".",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PhonemePiece:
    """What the network says in one go.

    words: those that begin in it: the position in the phrase, and the phoneme in it.
    """

    phonemes: Sequence[str]
    words: Sequence[tuple[int, int]]

    @property
    def mark(self) -> str:
        """Its last sign."""
        return "".join(self.phonemes).rstrip()[-1:]


def read_english(phrase: str, phonemizer: EnglishPhonemizer) -> list[PhonemePiece]:
    """American English by the word lists that the model was trained with."""
    pieces: list[PhonemePiece] = []
    wanted = 0
    for text in utterances(phrase, phonemizer):
        begin = 0
        for end in ends(text.phonemes, *((wanted,) if wanted else ())):
            start = begin + len(text.phonemes[begin:end]) - len(text.phonemes[begin:end].lstrip())
            words = [(w.position, w.start - start) for w in text.words if start <= w.start < end]
            pieces.append(PhonemePiece(text.phonemes[start:end], words))
            wanted = max(wanted, end - start)
            begin = end
    return pieces


def read_espeak(phrase: str, language: str) -> list[PhonemePiece]:
    """Any language as espeak-ng says it."""

    def said(text: str) -> list[list[str]]:
        return [list(part) for part in _parts(text, lambda chunk: _phonemes(chunk, language))]

    pieces = list(cut_all(said(phrase)))
    words = word_beginnings(phrase, pieces, said)
    return [PhonemePiece(*piece) for piece in zip(pieces, words, strict=True)]


def _parts(text: str, phonemes: Callable[[str], str]) -> Iterator[str]:
    """The sentences of a text, with their marks, as far as they have a sound."""
    sentence, begin = "", 0
    marks = [m for m in _MARKS.finditer(text) if not _abbreviates(m, text)]
    for found in [*marks, None]:
        chunk = text[begin : found.start() if found else len(text)]
        begin = found.end() if found else len(text)
        spoken = phonemes(chunk) if any(map(str.isalnum, chunk)) else ""
        if spoken:
            sentence = f"{sentence} {spoken}".strip()
        if found and sentence:
            mark = _mark(found.group())
            sentence += mark if spoken else ""
            if mark in ".!?…":
                yield sentence
                sentence = ""
    if sentence:
        yield sentence


def _abbreviates(mark: re.Match[str], text: str) -> bool:
    """Whether it is a full stop before a word in small letters, as in `e.g. this`."""
    return mark.group() == "." and text[mark.end() :].lstrip()[:1].islower()


def _mark(marks: str) -> str:
    """The one that counts, in the model's alphabet."""
    plain = [_SAME.get(mark, mark) for mark in marks if not mark.isspace()]
    if plain.count(".") > 1:
        return "…"
    return next((mark for wanted in "?!….:;,—" for mark in plain if mark == wanted), ",")


def _phonemes(text: str, language: str) -> str:
    said = library().ipa(text, voice=_espeak_voice(language), tie=TIE)
    return from_espeak(said, language)


@cache
def _espeak_voice(language: str) -> str:
    return VoiceBook(library().voices(), ()).path(language)
