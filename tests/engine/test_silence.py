from __future__ import annotations

import pytest

from vivavoce.audio import Audio
from vivavoce.engine.silence import SilenceOptions, SilenceTurn
from vivavoce.errors import BadConfig
from vivavoce.options import build
from vivavoce.testing.check_turn import check_turn


async def test_silence_keeps_the_contract() -> None:
    await check_turn(SilenceTurn())


async def test_every_utterance_has_the_same_probability() -> None:
    turn = SilenceTurn(SilenceOptions(probability=0.7))
    assert await turn.probability(Audio.silence(1.0, 16_000), "What time is it?") == 0.7
    assert await turn.probability(Audio.silence(0.0, 16_000), "") == 0.7


@pytest.mark.parametrize("wrong", [-0.1, 1.5, float("nan")])
def test_a_probability_out_of_range_is_refused(wrong: float) -> None:
    with pytest.raises(BadConfig, match=r"probability: it should be .* than or equal to [01], not"):
        build(SilenceOptions, {"probability": wrong})
