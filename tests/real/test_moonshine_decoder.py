"""Moonshine's decoder: what a guess may change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pytest

from vivavoce import models
from vivavoce.audio import Samples
from vivavoce.engine.moonshine.beam import DecoderCache
from vivavoce.engine.moonshine.model import BEGIN, MoonshineModel, _Reader

if TYPE_CHECKING:
    from tests.real.conftest import Clips, Recording

NEAR_TIE = 1.2
"""Logits this close may change places by how 8-bit passes round."""


@pytest.fixture(scope="module")
def model() -> MoonshineModel:
    return MoonshineModel(models.fetch("moonshine-tiny-en"))


def margins(model: MoonshineModel, samples: Samples, tokens: Sequence[int]) -> list[float]:
    """By how much the best logit beats the second, after the beginning and after each token."""
    reader = _Reader(model._decoder, model.encode(samples))
    found = []
    read = None
    for length, token in enumerate((BEGIN, *tokens)):
        read = reader.read([[token]], [DecoderCache(read, 0, length)] if read else [])
        second, first = np.sort(read.logits[0, -1])[-2:]
        found.append(float(first - second))
    return found


@pytest.mark.slow
def test_a_guess_changes_the_speed_and_not_the_words(model: MoonshineModel, clips: Clips) -> None:
    same = total = 0
    for samples, _ in clips(7.0):
        plain = model.decode(model.encode(samples), limit=80).ids
        for part in (0.4, 0.9):
            cut = samples[: int(part * len(samples))]
            guess = model.decode(model.encode(cut), limit=60).ids
            guided = model.decode(model.encode(samples), limit=80, guess=guess).ids
            total += 1
            same += guided == plain
            if guided != plain:
                pairs = zip(guided, plain, strict=False)
                first = next(
                    (at for at, (one, other) in enumerate(pairs) if one != other),
                    min(len(guided), len(plain)),
                )
                margin = margins(model, samples, plain)[first]
                assert margin < NEAR_TIE, f"token {first} changed, by a margin of {margin:.2f}"
    assert same >= 0.7 * total, f"{same} of {total}"


def test_a_good_guess_saves_most_of_the_passes(model: MoonshineModel, recording: Recording) -> None:
    samples = recording("leopard/test.wav").samples
    polls = 0

    def counted() -> bool:
        nonlocal polls
        polls += 1
        return False

    heard_whole = model.encode(samples)
    ids = model.decode(heard_whole, limit=60, stopped=counted).ids
    assert polls > len(ids)
    polls = 0
    assert model.decode(heard_whole, limit=60, guess=ids, stopped=counted).ids == ids
    assert polls <= len(ids) / 2


def test_along_one_path_a_good_guess_is_checked_in_a_pass_or_two(recording: Recording) -> None:
    single = MoonshineModel(models.fetch("moonshine-tiny-en"), beams=1)
    heard_whole = single.encode(recording("leopard/test.wav").samples)
    ids = single.decode(heard_whole, limit=60).ids
    answers = iter([False, False, True])
    guided = single.decode(heard_whole, limit=60, guess=ids, stopped=lambda: next(answers))
    assert guided.ids == ids
    assert guided.ended


def test_a_stopped_decoder_ends_within_a_pass(model: MoonshineModel, recording: Recording) -> None:
    heard_whole = model.encode(recording("leopard/test.wav").samples)
    answers = iter([False, False, False, True])
    tokens = model.decode(heard_whole, limit=60, stopped=lambda: next(answers))
    assert len(tokens.ids) == 3
    assert not tokens.ended


def test_a_limit_is_kept_whatever_is_guessed(model: MoonshineModel, recording: Recording) -> None:
    heard_whole = model.encode(recording("leopard/test.wav").samples)
    whole = model.decode(heard_whole, limit=60).ids
    for guess in ((), whole):
        cut = model.decode(heard_whole, limit=5, guess=guess)
        assert cut.ids == whole[:5]
        assert not cut.ended
