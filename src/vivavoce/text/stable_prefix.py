"""Which words of a growing transcript will not change any more; pure.

A word is stable once two hypotheses in a row have it and agree on the word after it too
(LocalAgreement-2, Liu et al. 2020, and one word more: the last word of a cut utterance is the one
that is most often misheard).
"""

from __future__ import annotations

from collections.abc import Sequence


class StablePrefix:
    """Turns hypotheses, each of the whole utterance so far, into partials whose beginning holds.

    words: those that are stable; only ever added to.
    """

    def __init__(self) -> None:
        self.words: tuple[str, ...] = ()
        self._previous: Sequence[str] = ()

    def update(self, hypothesis: Sequence[str]) -> tuple[str, ...]:
        """Take the next hypothesis; return the words to show, which begin with the stable ones.

        A hypothesis that contradicts them is shown from where it goes on after them.
        """
        agreed = _common(self._previous, hypothesis) - 1
        self._previous = tuple(hypothesis)
        if agreed > len(self.words) and _common(self.words, hypothesis) == len(self.words):
            self.words = tuple(hypothesis[:agreed])
        return self.words + tuple(hypothesis[_nearest(self.words, hypothesis) :])

    def settle(self, words: Sequence[str]) -> tuple[str, ...]:
        """The same words as they are shown from now on, whatever follows them.

        words: from the utterance's beginning up to some point that will not be heard again. They
        may cover fewer words than are stable.
        """
        if len(words) < len(self.words):
            return self.words[: _nearest(words, self.words)]
        return self.words + tuple(words[_nearest(self.words, words) :])


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words both begin with."""
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _nearest(words: Sequence[str], longer: Sequence[str]) -> int:
    """How many of the first words of `longer` are most likely the same speech as `words`.

    By the fewest insertions, deletions and substitutions; of equals, the one nearest in length.
    """
    same = _common(words, longer)
    words, rest = words[same:], longer[same:]
    costs = list(range(len(rest) + 1))
    for word in words:
        diagonal, costs[0] = costs[0], costs[0] + 1
        for at, other in enumerate(rest, 1):
            kept = diagonal + (word != other)
            diagonal = costs[at]
            costs[at] = min(kept, costs[at] + 1, costs[at - 1] + 1)
    best = min(range(len(costs)), key=lambda at: (costs[at], abs(at - len(words))))
    return same + best
