"""What every turn detector must keep to."""

from __future__ import annotations

import asyncio

import numpy as np

from vivavoce.audio import Audio
from vivavoce.engines import TurnDetector

_LENGTHS = (0.0, 0.05, 1.0, 8.0, 30.0)


async def check_turn(
    turn: TurnDetector, finished: Audio | None = None, unfinished: Audio | None = None
) -> None:
    """Raise AssertionError, saying what is wrong, unless the engine keeps the contract.

    finished, unfinished: utterances up to their end, and up to some point within them; the
    first should be the likelier to be over. At any rate.
    The engine is loaded, but not closed.
    """
    tasks = asyncio.all_tasks()
    await asyncio.gather(turn.load(), turn.load())
    await turn.load()
    assert turn.rate >= 8_000, f"rate is {turn.rate} Hz: too low for speech"
    for seconds in _LENGTHS:
        await _probability(turn, _noise(seconds, turn.rate))
    utterance = _noise(2.0, turn.rate)
    await asyncio.gather(*(_probability(turn, utterance) for _ in range(3)))
    await _check_cancel(turn, utterance)
    if finished is not None and unfinished is not None:
        over = await _probability(turn, finished.resampled(turn.rate))
        not_over = await _probability(turn, unfinished.resampled(turn.rate))
        assert over > not_over, (
            f"a finished utterance is over with {over:.2f}, an unfinished one with {not_over:.2f}"
        )
    left = asyncio.all_tasks() - tasks
    assert not left, f"tasks are left running: {left}"


async def _probability(turn: TurnDetector, utterance: Audio) -> float:
    before = utterance.samples.copy()
    probability = await turn.probability(utterance, "")
    assert np.array_equal(utterance.samples, before), "the utterance's samples were changed"
    assert 0.0 <= probability <= 1.0, (
        f"{probability} for {utterance.seconds} s of audio is not within 0 to 1"
    )
    return probability


async def _check_cancel(turn: TurnDetector, utterance: Audio) -> None:
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(turn.probability(utterance, ""))
        await asyncio.sleep(0)
        asking.cancel()
    await _probability(turn, utterance)


def _noise(seconds: float, rate: int) -> Audio:
    noise = np.random.default_rng(0).standard_normal(round(seconds * rate))
    return Audio((0.01 * noise).astype(np.float32), rate)
