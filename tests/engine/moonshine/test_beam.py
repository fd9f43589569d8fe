from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.engine.moonshine import beam
from vivavoce.engine.moonshine.beam import (
    WITHIN,
    Array,
    Beam,
    DecoderCache,
    Hypothesis,
    TokensRead,
    after,
)

END, BEGIN = 0, 1
VOCABULARY = 6
LIMIT = 12

Rows: TypeAlias = tuple[tuple[int, ...], ...]
Found: TypeAlias = list[Hypothesis[Rows]]


class Writer:
    """A model whose logits are a function of all that was read. passes: how often it was asked."""

    def __init__(self, logits: Callable[[tuple[int, ...]], Array]) -> None:
        self.logits = logits
        self.passes = 0

    def read(
        self, rows: Sequence[Sequence[int]], after: Sequence[DecoderCache[Rows]] = ()
    ) -> TokensRead[Rows]:
        self.passes += 1
        assert len({len(row) for row in rows}) == 1
        assert len({memory.length for memory in after}) <= 1
        past = [memory.read.state[memory.row][: memory.length] for memory in after]
        past = past or [()] * len(rows)
        whole = tuple((*before, *row) for before, row in zip(past, rows, strict=True))
        assert all(row[0] == BEGIN for row in whole)
        logits = [
            [self.logits(row[1 : at + 1]) for at in range(len(before), len(row))]
            for before, row in zip(past, whole, strict=True)
        ]
        return TokensRead(np.array(logits, np.float32), whole)


def invented(seed: int, sharpness: float) -> Callable[[tuple[int, ...]], Array]:
    def logits(ids: tuple[int, ...]) -> Array:
        random = np.random.default_rng([seed, *ids])
        row = sharpness * random.standard_normal(VOCABULARY)
        row[BEGIN] = -50.0
        return np.asarray(row, np.float32)

    return logits


def search(
    writer: Writer,
    guess: Sequence[int] = (),
    *,
    width: int = 4,
    limit: int = LIMIT,
    sure: int = 0,
    stopped: Callable[[], bool] = lambda: False,
) -> Found:
    found = Beam(
        writer,
        begin=BEGIN,
        end=END,
        starts_word=lambda token: token % 2 == 0,
        width=width,
        limit=limit,
    )
    return found.search(guess, sure, stopped)


def score(logits: Callable[[tuple[int, ...]], Array], ids: tuple[int, ...]) -> float:
    total = 0.0
    for at, token in enumerate((*ids, END)):
        row = logits(ids[:at])
        total += float(row[token] - np.log(np.exp(row).sum()))
    return total


seeds = st.integers(0, 10_000)
sharpnesses = st.sampled_from([0.5, 2.0, 6.0])
guesses = st.lists(st.integers(2, VOCABULARY - 1), max_size=LIMIT + 4)


@settings(deadline=None)
@given(seeds, sharpnesses, guesses, st.integers(1, 4))
def test_a_guess_changes_nothing_but_the_work(
    seed: int, sharpness: float, guess: list[int], width: int
) -> None:
    plain = search(Writer(invented(seed, sharpness)), width=width)
    guided = search(Writer(invented(seed, sharpness)), guess, width=width)
    assert [each.ids for each in guided] == [each.ids for each in plain]
    assert [each.total for each in guided] == pytest.approx([each.total for each in plain])


@settings(deadline=None)
@given(seeds, sharpnesses)
def test_one_path_takes_the_likeliest_token_each_time(seed: int, sharpness: float) -> None:
    logits = invented(seed, sharpness)
    ids: tuple[int, ...] = ()
    while len(ids) < LIMIT and (token := int(logits(ids).argmax())) != END:
        ids = (*ids, token)
    (only,) = search(Writer(logits), width=1)
    assert only.ids == ids or not only.ended  # a loop is cut


@settings(deadline=None)
@given(seeds)
def test_what_is_found_is_scored_right_and_sorted(seed: int) -> None:
    logits = invented(seed, 2.0)
    found = search(Writer(logits))
    totals = [each.total for each in found]
    assert 1 <= len(found) <= 4
    assert totals == sorted(totals, reverse=True)
    assert totals[-1] >= totals[0] - WITHIN - 1e-6
    for each in found:
        assert sum(each.scores) == pytest.approx(each.total) or not each.ended
        if each.ended:
            assert each.total == pytest.approx(score(logits, each.ids), abs=1e-4)


def test_a_better_whole_is_found_behind_a_worse_beginning() -> None:
    said = {
        (): [-9.0, 0.0, 0.6, 0.4],
        (2,): [0.3, 0.0, 0.35, 0.35],
        (3,): [0.97, 0.0, 0.02, 0.01],
    }

    def logits(ids: tuple[int, ...]) -> Array:
        row = np.array(said.get(ids, [0.97, 0.0, 0.02, 0.01]), np.float32)
        return np.log(np.maximum(row, 1e-9))

    assert search(Writer(logits), width=1)[0].ids[0] == 2
    assert search(Writer(logits), width=3)[0].ids == (3,)


def test_wide_enough_it_finds_the_likeliest_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beam, "WITHIN", 1e9)
    monkeypatch.setattr(beam, "SAME", 99)
    logits = invented(7, 1.0)
    all_ = [ids for n in range(4) for ids in itertools.product(range(2, VOCABULARY), repeat=n)]
    best = max(all_, key=lambda ids: score(logits, ids))
    found = search(Writer(logits), width=400, limit=4)
    assert next(each.ids for each in found if each.ended) == best


def test_where_it_is_sure_a_right_guess_is_checked_in_one_pass() -> None:
    ids = (2, 3, 4, 5, 3, 2, 5)

    def logits(before: tuple[int, ...]) -> Array:
        row = np.full(VOCABULARY, -20.0, np.float32)
        right = before == ids[: len(before)] and len(before) < len(ids)
        row[ids[len(before)] if right else END] = 0.0
        return row

    writer = Writer(logits)
    assert search(writer, ids)[0].ids == ids
    assert writer.passes == 1
    writer = Writer(logits)
    assert search(writer)[0].ids == ids
    assert writer.passes == len(ids) + 1


def test_a_path_that_comes_back_to_a_better_one_is_given_up() -> None:
    ids = (2, 3, 4, 5, 2, 4, 3, 5)

    def logits(before: tuple[int, ...]) -> Array:
        row = np.full(VOCABULARY, -20.0, np.float32)
        row[ids[len(before)] if len(before) < len(ids) else END] = 0.0
        if not before:
            row[5] = -0.5
        return row

    writer = Writer(logits)
    found = search(writer)
    assert [each.ids for each in found] == [ids]


def test_stable_tokens_stand_unless_another_is_clearly_likelier() -> None:
    def logits(before: tuple[int, ...]) -> Array:
        row = np.full(VOCABULARY, -20.0, np.float32)
        if len(before) == 2:
            row[END] = 0.0
        else:
            row[2], row[3], row[4] = 0.0, -1.0, -4.0
        return row

    assert search(Writer(logits), (3, 3))[0].ids == (2, 2)
    assert search(Writer(logits), (3, 3), sure=1)[0].ids == (3, 2)
    assert search(Writer(logits), (4, 3), sure=2)[0].ids == (2, 2)


@settings(deadline=None)
@given(seeds, guesses, st.integers(1, 6))
def test_a_limit_is_kept(seed: int, guess: list[int], limit: int) -> None:
    found = search(Writer(invented(seed, 2.0)), guess, limit=limit)
    assert found
    assert all(len(each.ids) <= limit for each in found)


def test_a_loop_is_cut_off() -> None:
    def logits(before: tuple[int, ...]) -> Array:
        row = np.full(VOCABULARY, -20.0, np.float32)
        row[2 + len(before) % 2] = 0.0
        return row

    (found,) = search(Writer(logits), limit=100)
    assert found.ids == (2, 3)
    assert not found.ended


def test_when_stopped_it_returns_what_is_there() -> None:
    def logits(before: tuple[int, ...]) -> Array:
        row = np.full(VOCABULARY, -20.0, np.float32)
        row[2 + len(before)] = 0.0
        return row

    answers = iter([False, False, False, True])
    (found,) = search(Writer(logits), stopped=lambda: next(answers))
    assert not found.ended
    assert found.ids == (2, 3, 4)


def test_a_guess_goes_on_after_the_last_two_tokens() -> None:
    guess = [5, 6, 7, 8, 5, 6, 9]
    assert after(guess, [5, 6]) == [7, 8, 5, 6, 9]
    assert after(guess, [1, 2, 3, 4, 5, 6]) == [9]
    assert after(guess, [6]) == []
    assert after(guess, [8, 6]) == []
    assert after(guess, [6, 9]) == []
