"""Where the words of a phrase begin among its phonemes."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher

from vivavoce.engine.word_times import word_spans


def word_beginnings(
    phrase: str,
    sentences: Sequence[Sequence[str]],
    phonemes_of: Callable[[str], list[list[str]]],
) -> list[list[tuple[int, int]]]:
    """For each sentence, the words that begin in it: position in the phrase, phoneme in it.

    sentences: the phonemes of the whole phrase. phonemes_of: those of any text.
    In running speech words melt together (`out of` is one to espeak) or come apart (`25` is
    two), so each word's own sounds are looked for in order. A word that is not found is left out.
    """
    sounds = [
        (number, index, phoneme)
        for number, sentence in enumerate(sentences)
        for index, phoneme in enumerate(sentence)
        if _is_sound(phoneme)
    ]
    alone: list[str] = []
    owners: list[int] = []
    for span in word_spans(phrase):
        own = [phoneme for part in phonemes_of(span.text) for phoneme in part if _is_sound(phoneme)]
        alone += own
        owners += [span.start] * len(own)
    found: list[list[tuple[int, int]]] = [[] for _ in sentences]
    matcher = SequenceMatcher(None, alone, [sound for _, _, sound in sounds], autojunk=False)
    seen: set[int] = set()
    for block in matcher.get_matching_blocks():
        for step in range(block.size):
            position = owners[block.a + step]
            if position not in seen:
                seen.add(position)
                number, index, _ = sounds[block.b + step]
                found[number].append((position, _with_stress(sentences[number], index)))
    return found


def _with_stress(sentence: Sequence[str], index: int) -> int:
    """A stress mark before a sound belongs to it."""
    return index - 1 if index and sentence[index - 1] in {"ˈ", "ˌ"} else index


def _is_sound(phoneme: str) -> bool:
    return unicodedata.category(phoneme[0]) in {"Ll", "Lu", "Lo"}
