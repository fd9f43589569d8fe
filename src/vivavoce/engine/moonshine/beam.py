"""Beam search over tokens, which checks what it can guess instead of writing it anew.

The tokens of an earlier transcript of the same audio go through the model in one pass. Only paths
that leave them are computed token by token, and those that have come back to a better one are
given up. So where the model is sure, the search is as fast as one that follows a single path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from vivavoce.engine.repetition import looped

Array: TypeAlias = NDArray[np.float32]
State = TypeVar("State")

WITHIN = 2.0
"""Paths so much less likely than the best, in nats, are given up."""

SAME = 3
"""Of two paths that agree in so many last tokens the better one is followed."""

AHEAD = 24
"""Guessed tokens that a pass checks; one over 24 costs as much as three or four over 1."""

SURE = 2.0
"""How far below the best a token's logit may be if it is a stable word's: the first hearing and
this one are then about as good."""

LOOP = 8
"""So many tokens that only repeat those before them, three times at least, are a loop."""


@dataclass(frozen=True, slots=True, eq=False)
class TokensRead(Generic[State]):
    """What a pass made of some rows of tokens. logits: (rows, n, vocabulary), after each of the
    last n. state: the model's memory of each row.
    """

    logits: Array
    state: State


@dataclass(frozen=True, slots=True, eq=False)
class DecoderCache(Generic[State]):
    """The first `length` tokens of a row."""

    read: TokensRead[State]
    row: int
    length: int


class TokenReader(Protocol[State]):
    """A model that writes token after token."""

    def read(
        self, rows: Sequence[Sequence[int]], after: Sequence[DecoderCache[State]] = ()
    ) -> TokensRead[State]:
        """Read rows of as many tokens each, which follow memories of as many tokens each.

        after: a memory for each row, or none for rows that begin.
        """


class TokenBias(Protocol):
    """What is added to the scores of tokens that are expected; see `hotwords`."""

    def bonuses(self, spelled: bytes) -> Mapping[int, float]:
        """The bonus of each token that has one."""

    def step(self, spelled: bytes, lent: float, token: int) -> tuple[bytes, float, float]:
        """What is spelled after the token, what is lent for it, and the change of the score."""


@dataclass(frozen=True, slots=True, eq=False)
class Hypothesis(Generic[State]):
    """Tokens in a row. scores: the natural logarithm of the probability of each; and of the end,
    where it has been reached. word: the logits and the place of the token that begins the last
    word. memory: of all tokens but the last. spelled, lent: of an expected word, and the bonus for
    it, which `total` has too.
    """

    ids: tuple[int, ...] = ()
    scores: tuple[float, ...] = ()
    total: float = 0.0
    ended: bool = False
    word: tuple[Array, int] | None = None
    memory: DecoderCache[State] | None = None
    spelled: bytes = b""
    lent: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Known(Generic[State]):
    """A row that has been read. ids: all of its tokens; of the first `first` the logits are not
    known.
    """

    ids: tuple[int, ...]
    first: int
    read: TokensRead[State]
    row: int


class Beam(Generic[State]):
    """One search. begin, end: marks; starts_word: of a token, whether a word begins with it.

    width: paths that are followed at once. limit: tokens that a path may have.
    """

    def __init__(
        self,
        reader: TokenReader[State],
        *,
        begin: int,
        end: int,
        starts_word: Callable[[int], bool],
        width: int,
        limit: int,
        bias: TokenBias | None = None,
    ) -> None:
        self._bias = bias
        self._reader = reader
        self._begin = begin
        self._end = end
        self._starts_word = starts_word
        self._width = width
        self._limit = limit
        self._known: list[_Known[State]] = []
        self._alive: list[Hypothesis[State]] = [Hypothesis()]
        self._done: list[Hypothesis[State]] = []

    def search(
        self,
        guess: Sequence[int] = (),
        sure: int = 0,
        stopped: Callable[[], bool] = lambda: False,
    ) -> list[Hypothesis[State]]:
        """The likeliest, best first, at least one; a loop is cut off.

        guess: of an earlier transcript. sure: how many of its first tokens are kept unless
        another is clearly likelier. stopped: polled between passes; when true, the best so far is
        returned as it is.
        """
        kept = tuple(guess[:sure])
        draft = list(guess[: self._limit - 1])
        while self._alive:
            found = [self._found(each.ids) for each in self._alive]
            unknown = [each for each, known in zip(self._alive, found, strict=True) if not known]
            if not unknown:
                self._step([known for known in found if known], kept)
                continue
            if stopped():
                return [self._alive[0]]
            alone = unknown[0].ids if len(self._alive) == 1 else ()
            if alone:
                draft = after(guess, alone)[: self._limit - len(alone) - 1]
            self._read(unknown, draft)
            draft = []
        return self._done

    def _found(self, ids: tuple[int, ...]) -> _Known[State] | None:
        """A row with the logits after these."""
        length = len(ids)
        for known in self._known:
            if known.first <= length and known.ids[:length] == ids:
                return known
        return None

    def _read(self, paths: Sequence[Hypothesis[State]], draft: Sequence[int]) -> None:
        """One pass over the last token of each path, and the draft that may follow it."""
        rows = [[each.ids[-1] if each.ids else self._begin, *draft] for each in paths]
        memories = [each.memory for each in paths if each.memory]
        read = self._reader.read(rows, memories)
        depth = len(paths[0].ids)
        self._known = [known for known in self._known if len(known.ids) >= depth]
        self._known += [
            _Known((*each.ids, *draft), depth, read, row) for row, each in enumerate(paths)
        ]

    def _step(self, found: Sequence[_Known[State]], sure: tuple[int, ...]) -> None:
        """Let each path grow by a token; the likeliest of what comes of that are followed."""
        grown: list[Hypothesis[State]] = []
        for path, known in zip(self._alive, found, strict=True):
            logits = known.read.logits[known.row, len(path.ids) - known.first]
            shares = _log_softmax(logits)
            memory = DecoderCache(known.read, known.row, len(path.ids) + 1)
            grown += [
                self._grown(path, token, float(shares[token]), logits, memory)
                for token in self._candidates(path, shares, sure)
            ]
        grown.sort(key=lambda each: -each.total)
        best = max(each.total for each in (grown[0], *self._done))
        self._alive = []
        for each in grown[: self._width]:
            if each.total < best - WITHIN:
                break
            if each.ended or len(each.ids) >= self._limit:
                self._done.append(each)
            elif once := looped(each.ids, LOOP):
                self._done.append(Hypothesis(each.ids[:once], each.scores[:once], each.total))
            elif not any(_joins(each, other) for other in self._alive):
                self._alive.append(each)
        self._done.sort(key=lambda each: -each.total)
        self._done = [each for each in self._done[: self._width] if each.total >= best - WITHIN]

    def _candidates(
        self, path: Hypothesis[State], shares: Array, sure: tuple[int, ...]
    ) -> Sequence[int]:
        depth = len(path.ids)
        stable = depth < len(sure) and path.ids == sure[:depth]
        if stable and shares[sure[depth]] > shares.max() - SURE:
            return [sure[depth]]
        if self._bias and (bonuses := self._bias.bonuses(path.spelled)):
            shares = shares.copy()
            shares[list(bonuses)] += list(bonuses.values())
        most = min(self._width, len(shares))
        best: list[int] = np.argpartition(shares, -most)[-most:].tolist()
        return best

    def _grown(
        self,
        path: Hypothesis[State],
        token: int,
        score: float,
        logits: Array,
        memory: DecoderCache[State],
    ) -> Hypothesis[State]:
        ended = token == self._end
        spelled, lent, change = b"", 0.0, 0.0
        if self._bias:
            spelled, lent, change = self._bias.step(path.spelled, path.lent, token)
        return Hypothesis(
            path.ids if ended else (*path.ids, token),
            (*path.scores, score),
            path.total + score + change,
            ended,
            (logits, token) if not ended and self._starts_word(token) else path.word,
            memory,
            spelled,
            lent,
        )


def after(guess: Sequence[int], ids: Sequence[int]) -> list[int]:
    """What comes in `guess` after the last two of `ids`, where nearest to their place."""
    if len(ids) < 2:
        return []
    places = [
        at for at in range(2, len(guess)) if guess[at - 2] == ids[-2] and guess[at - 1] == ids[-1]
    ]
    if not places:
        return []
    at = min(places, key=lambda place: abs(place - len(ids)))
    return list(guess[at : at + AHEAD])


def _joins(path: Hypothesis[State], better: Hypothesis[State]) -> bool:
    """Whether a path goes the way of a better one, be it a token before or after it."""
    last = path.ids[-SAME:]
    if len(last) < SAME:
        return False
    length = len(better.ids)
    return any(better.ids[at - SAME : at] == last for at in (length, length - 1)) or (
        better.ids[-SAME:] == path.ids[-SAME - 1 : -1]
    )


def _log_softmax(logits: Array) -> Array:
    shifted = logits - logits.max()
    return np.asarray(shifted - np.log(np.exp(shifted).sum()), np.float32)
