"""The words of decoded windows with their times, from the decoder's attention to the audio."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import ctranslate2
import faster_whisper
import numpy as np
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import merge_punctuations

from vivavoce.engines import Word

BEFORE, AFTER = "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、"
"""Marks that belong to the word after them, and before them."""
ENDS = ".。!！?？"

TYPICAL_S = 0.7
"""The longest that a window's typical word may last; twice that is too long for any word beside a
pause, which the attention counts in."""


class _Aligned(TypedDict):
    """A word as faster-whisper aligns it."""

    word: str
    tokens: list[int]
    start: float
    end: float
    probability: float


def timed_words(
    model: faster_whisper.WhisperModel,
    tokenizer: Tokenizer,
    texts: Sequence[list[int]],
    output: ctranslate2.StorageView,
    frames: Sequence[int],
) -> list[tuple[Word, ...]]:
    """Each window's words, with times from the window's beginning.

    texts: each window's tokens. output: of the encoder. frames: of 10 ms, of each window.
    """
    aligned = model.find_alignment(tokenizer, list(texts), output, list(frames))
    return [_words(words) for words in aligned]


def _words(aligned: list[_Aligned]) -> tuple[Word, ...]:
    lengths = [it["end"] - it["start"] for it in aligned if it["end"] > it["start"]]
    longest = 2 * min(TYPICAL_S, float(np.median(lengths))) if lengths else 0.0
    for at, word in enumerate(aligned):
        if word["end"] - word["start"] <= longest:
            continue
        if at == 0 or aligned[at - 1]["word"] in ENDS:
            word["start"] = word["end"] - longest
        elif word["word"] in ENDS:
            word["end"] = word["start"] + longest
    merge_punctuations(aligned, BEFORE, AFTER)
    return tuple(
        Word(
            it["word"].strip(),
            float(it["start"]),
            float(max(it["start"], it["end"])),
            min(1.0, float(it["probability"])),
        )
        for it in aligned
        if it["word"].strip()
    )
