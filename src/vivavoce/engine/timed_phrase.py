"""A phrase's audio in pieces with the times of its words, from when its phonemes begin."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vivavoce.audio import Samples
from vivavoce.engines import Speech, Word

from .word_times import WordTimes

_AUDIBLE = 0.01
_MARGIN = 0.005
"""Seconds kept around what is audible, so that it does not begin and end with a click."""
_PAUSES = {
    ",": 0.15, ";": 0.2, ":": 0.2, "—": 0.15, ".": 0.3, "!": 0.3, "?": 0.3, "…": 0.3,
}  # fmt: skip
"""Seconds of silence after a piece, by the mark that it ends with."""


class TimedPhrase:
    """Makes the pieces of one phrase, in order.

    beginnings: for each piece, the words that begin in it: position in the phrase, phoneme in it.
    """

    def __init__(
        self, phrase: str, rate: int, beginnings: Sequence[Sequence[tuple[int, int]]]
    ) -> None:
        self._times = WordTimes(phrase, rate)
        self._rate = rate
        self._beginnings = beginnings
        self._passed = 0

    def piece(self, index: int, samples: Samples, starts: NDArray[np.int64], mark: str) -> Speech:
        """One piece without the silence around it, then its pause; and the words that end in it.

        starts: of its phonemes, in samples; where it is empty, no words are told. mark: the last.
        """
        samples, lead = _trimmed(samples, self._rate)
        pause = _PAUSES.get(mark, 0.0)
        whole = np.concatenate([samples, np.zeros(round(pause * self._rate), np.float32)])
        words: list[Word] = []
        if len(starts):
            words = self._words(index, samples, starts - lead)
            words += self._last_words(index, self._passed + len(samples), len(whole))
        self._passed += len(whole)
        return Speech(whole, tuple(words))

    def _words(self, index: int, samples: Samples, starts: NDArray[np.int64]) -> list[Word]:
        """starts: of the phonemes, in these samples."""
        loud = np.flatnonzero(np.abs(samples) > _AUDIBLE)
        words: list[Word] = []
        for position, phoneme in self._beginnings[index]:
            start = min(max(int(starts[phoneme]), 0), len(samples))
            before = int(np.searchsorted(loud, start))
            heard_to = int(loud[before - 1]) + 1 if before else 0
            words += self._times.began(
                position, self._passed + start, heard_to=self._passed + heard_to
            )
        return words

    def _last_words(self, index: int, heard_to: int, length: int) -> list[Word]:
        """Those that end with the piece; the next piece's first word begins after it."""
        for beginnings in self._beginnings[index + 1 :]:
            for position, _ in beginnings:
                return self._times.began(position, self._passed + length, heard_to=heard_to)
        return self._times.ended(heard_to)


def _trimmed(samples: Samples, rate: int) -> tuple[Samples, int]:
    """The samples without the silence at both ends, and how many went from the start."""
    loud = np.flatnonzero(np.abs(samples) > _AUDIBLE)
    if not len(loud):
        return samples, 0
    margin = round(_MARGIN * rate)
    lead = max(int(loud[0]) - margin, 0)
    return samples[lead : int(loud[-1]) + margin], lead
